"""`fengqing check` writes what goes back, where it is told to, or not at all."""

import json

import pytest


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "in" / "空表.csv"
    path.parent.mkdir()
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    return path


def test_beside_the_file(cli, faulty, tmp_path):
    result = cli("check", faulty, "--home", tmp_path / "home")
    assert result.exit_code == 1
    assert "空表_退回补正清单.xlsx" in result.output.replace("\n", "")
    assert faulty.with_name("空表_退回补正清单.xlsx").exists()


def test_in_a_folder_and_in_json(cli, faulty, tmp_path):
    twin = tmp_path / "twin" / faulty.name
    twin.parent.mkdir()
    twin.write_text("丙,丁\n3,4\n", encoding="utf-8")
    out = tmp_path / "out"
    result = cli("check", faulty, twin, "--home", tmp_path / "home", "--out", out, "--json")
    reports = json.loads(result.stdout)
    assert sorted(r["return"] for r in reports) == sorted(str(p) for p in out.iterdir())
    assert len(reports) == 2
    assert list(faulty.parent.iterdir()) == [faulty]


def test_not_at_all(cli, faulty, tmp_path):
    result = cli("check", faulty, "--home", tmp_path / "home", "--no-return", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["return"] is None
    assert list(faulty.parent.iterdir()) == [faulty]


def test_english_has_its_own_words_and_signs(cli, faulty, tmp_path):
    said = cli("check", faulty, "--home", tmp_path / "home", "--no-return", "--lang", "en").output
    assert "rows read: accepted" in said
    assert "set aside" in said
    assert "：" not in said
