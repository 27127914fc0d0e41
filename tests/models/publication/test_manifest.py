import dataclasses

import polars as pl
import pytest

from models import warehouse
from models.assessment.methodology import load
from models.publication import manifest as manifests


@pytest.fixture
def built(published):
    with warehouse.open_reader(published) as con:
        return manifests.build(con, load(2025), 2025, seed=7)


def test_run_id_is_year_and_digest(built):
    assert built.run_id == f"2025-{built.digest[:10]}"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"year": 2024},
        {"inputs_hash": "x"},
        {"methodology_hash": "x"},
        {"methodology_version": "9"},
        {"code_version": "x"},
        {"past_hash": "x"},
        {"libraries": {}},
    ],
)
def test_any_change_gives_another_run(built, change):
    assert dataclasses.replace(built, **change).run_id != built.run_id


def test_the_same_inputs_give_the_same_run(built, published):
    with warehouse.open_reader(published) as con:
        assert manifests.build(con, load(2025), 2025, seed=7).run_id == built.run_id


def test_later_years_do_not_rename_an_old_run(fabricated, tmp_path):
    home = fabricated.publish(tmp_path, years=(2024,), n=3)
    with warehouse.open_reader(home) as con:
        before = manifests.inputs_hash(con, 2024)
    fabricated.fill_intake(home, fabricated.frames(3, 2025, 1), 2025)
    with warehouse.open_reader(home) as con:
        assert manifests.inputs_hash(con, 2024) == before
        assert manifests.inputs_hash(con, 2025) != before


def test_earlier_selections_count(published, built):
    past = pl.DataFrame({"society_id": ["51990000100000001P"], "year": [2024]})
    with warehouse.open_reader(published) as con:
        assert manifests.build(con, load(2025), 2025, 7, past).run_id != built.run_id


def test_code_version_follows_the_code(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "rule.sql"
    path.write_text("select 1")
    monkeypatch.setattr(manifests, "ROOT", tmp_path)
    manifests.code_version.cache_clear()
    first = manifests.code_version()
    path.write_text("select 2")
    manifests.code_version.cache_clear()
    try:
        assert manifests.code_version() != first
    finally:
        manifests.code_version.cache_clear()
