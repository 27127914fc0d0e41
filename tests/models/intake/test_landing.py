import hashlib
import os
import stat
import zipfile

import pytest

from models.errors import FengqingError
from models.home import Home
from models.intake import originals
from models.intake.landing import land
from models.intake.receipts import RECEIPTS, receipts


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def inbox(tmp_path):
    path = tmp_path / "inbox"
    (path / "2025").mkdir(parents=True)
    (path / "2025" / "b.xlsx").write_bytes(b"two")
    (path / "a.csv").write_bytes(b"one")
    return path


def stored(home):
    return {
        p.relative_to(home.landing).as_posix(): p.read_bytes() for p in home.landing.rglob("*") if p.is_file()
    }


def test_copies_lie_under_their_sha256_and_cannot_be_changed(inbox, home):
    landed = land(inbox, home)
    assert [f.name for f in landed] == ["2025/b.xlsx", "a.csv"]
    for file, content in zip(landed, (b"two", b"one"), strict=True):
        digest = hashlib.sha256(content).hexdigest()
        assert (file.file_id, file.bytes) == (digest, 3)
        assert file.path == home.landing / digest[:2] / f"{digest[2:]}{file.path.suffix}"
        assert file.path.read_bytes() == content
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o400


def test_landing_again_changes_nothing(inbox, home):
    first, before = land(inbox, home), stored(home)
    assert land(inbox, home) == first
    assert stored(home) == before


def test_same_content_twice_is_one_file_with_two_names(inbox, home):
    (inbox / "copy of b.XLSX").write_bytes(b"two")
    landed = {f.name: f for f in land(inbox, home)}
    one, two = landed["2025/b.xlsx"], landed["copy of b.XLSX"]
    assert (one.file_id, one.path, one.landed_at) == (two.file_id, two.path, two.landed_at)
    assert len(stored(home)) == 3  # two contents and the receipts
    assert len(receipts(home)) == 3


def test_landing_times_order_all_contents(inbox, home):
    first = land(inbox, home)
    (inbox / "0.csv").write_bytes(b"zero")
    later = {f.name: f.landed_at for f in land(inbox, home)}
    assert first[0].landed_at < first[1].landed_at < later["0.csv"]
    assert later["a.csv"] == first[1].landed_at


def test_a_changed_file_is_a_new_content_and_the_old_stays(inbox, home):
    land(inbox, home)
    (inbox / "a.csv").write_bytes(b"changed")
    land(inbox, home)
    assert {b"one", b"two", b"changed"} <= set(stored(home).values())
    assert [r.name for r in receipts(home)] == ["2025/b.xlsx", "a.csv", "a.csv"]


def test_leavings_of_programs_are_passed_over(inbox, home):
    (inbox / "__MACOSX").mkdir()
    for name in ("~$a.xlsx", ".DS_Store", "Thumbs.db", "._a.csv", "__MACOSX/a.csv"):
        (inbox / name).write_bytes(b"x")
    assert [f.name for f in land(inbox, home)] == ["2025/b.xlsx", "a.csv"]


def test_names_in_gbk_bytes_are_read(inbox, home):
    with open(os.path.join(os.fsencode(inbox), "签到".encode("gb18030") + b".csv"), "wb") as file:
        file.write(b"three")
    assert "签到.csv" in [f.name for f in land(inbox, home)]
    assert "签到.csv" in (home.landing / RECEIPTS).read_text(encoding="utf-8")


def test_odd_endings_are_not_carried_over(inbox, home):
    (inbox / "x.表 格").write_bytes(b"odd")
    [odd] = [f for f in land(inbox, home) if f.name == "x.表 格"]
    assert odd.path.suffix == ""


def test_progress_counts_files(inbox, home):
    seen = []
    land(inbox, home, lambda *step: seen.append(step))
    assert seen == [("land", 1, 2), ("land", 2, 2)]


def test_a_receipt_lost_in_a_crash_is_given_again(inbox, home):
    land(inbox, home)
    (home.landing / RECEIPTS).unlink()
    assert [f.name for f in land(inbox, home)] == ["2025/b.xlsx", "a.csv"]
    assert len(receipts(home)) == 2


@pytest.mark.parametrize("name", ["missing", "a.csv"])
def test_an_inbox_that_is_no_folder(inbox, home, name):
    path = inbox / name if name == "a.csv" else inbox.parent / name
    with pytest.raises(FengqingError) as caught:
        land(path, home)
    assert caught.value.code == "inbox_missing"


def test_an_empty_inbox(tmp_path, home):
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    (tmp_path / "empty" / ".DS_Store").write_bytes(b"x")
    with pytest.raises(FengqingError) as caught:
        land(tmp_path / "empty", home)
    assert caught.value.code == "inbox_empty"
    assert "放入" in caught.value.zh


def test_a_file_that_cannot_be_read_is_named(inbox, home, monkeypatch):
    def refusing(path, *args):
        if str(path).endswith("a.csv"):
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, *args)

    monkeypatch.setattr(originals, "open", refusing, raising=False)
    with pytest.raises(FengqingError) as caught:
        land(inbox, home)
    assert caught.value.code == "inbox_unreadable"
    assert "a.csv" in caught.value.en


def test_personal_numbers_in_names_are_kept_nowhere(tmp_path):
    """A name is shown on pages and kept in receipts; a credit code in it is no personal number."""
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    inbox.mkdir()
    (inbox / "王某13912345678报表.csv").write_bytes(b"a")
    (inbox / "51990000900000014W_2025_r1.csv").write_bytes(b"b")
    with zipfile.ZipFile(inbox / "c.zip", "w") as archive:
        archive.writestr("身份证11010519491231002X.csv", b"c")
    names = {one.name for one in land(inbox, home)}
    assert names == {
        "王某139****5678报表.csv", "51990000900000014W_2025_r1.csv", "c.zip", "c.zip/身份证1101****002X.csv",
    }  # fmt: skip
    assert {one.name for one in land(inbox, home)} == names
    kept = (home.landing / RECEIPTS).read_text(encoding="utf-8")
    assert "13912345678" not in kept and "11010519491231002X" not in kept
    assert stat.S_IMODE(home.landing.stat().st_mode) == 0o700
