import stat
import threading

import pytest

from models.errors import FengqingError
from models.home import Home

PARTS = ("landing", "snapshots", "exports", "runs", "secrets", "logs")


def test_option_then_environment_then_var(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENGQING_HOME", str(tmp_path / "env"))
    assert Home.resolve(tmp_path / "option").root == tmp_path / "option"
    assert Home.resolve(None).root == tmp_path / "env"
    monkeypatch.delenv("FENGQING_HOME")
    assert Home.resolve(None).root == tmp_path / "var"


def test_nothing_is_made_before_it_is_asked_for(tmp_path):
    home = Home.resolve(tmp_path / "home")
    assert not home.root.exists()
    assert home.warehouse == home.root / "warehouse.duckdb"
    assert list(home.root.iterdir()) == []


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_folders_of_the_root(tmp_path, part):
    path = getattr(Home(tmp_path / "home"), part)
    assert path == tmp_path / "home" / part
    assert path.is_dir()


def test_salt_is_made_once_and_only_the_owner_reads_it(tmp_path):
    home = Home(tmp_path)
    salt = home.salt
    assert len(salt) == 32
    assert Home(tmp_path).salt == salt
    assert stat.S_IMODE((home.secrets / "salt").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    assert [p.name for p in home.secrets.iterdir()] == ["salt"]


def test_two_homes_have_two_salts(tmp_path):
    assert Home(tmp_path / "a").salt != Home(tmp_path / "b").salt


def test_salt_asked_for_by_many_at_once_is_one(tmp_path):
    found, gate = [], threading.Barrier(8)

    def ask():
        gate.wait()
        found.append(Home(tmp_path).salt)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_cut_salt_is_refused(tmp_path):
    home = Home(tmp_path)
    (home.secrets / "salt").write_bytes(b"short")
    with pytest.raises(FengqingError) as caught:
        _ = home.salt
    assert caught.value.code == "salt_invalid"
    assert "备份" in caught.value.zh


def test_a_home_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FengqingError) as caught:
        _ = Home(tmp_path / "file").warehouse
    assert caught.value.code == "home_unusable"
    assert "--home" in caught.value.en
