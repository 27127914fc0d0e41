import hashlib
import io
import logging
import re
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest

from dashboards import filing
from dashboards.filing import Upload
from models.errors import FengqingError
from models.intake.check import check


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder in which private folders are made: nothing may be left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def upload(path, name=None):
    return Upload(name or path.name, path.read_bytes())


def test_the_verdicts_are_those_of_the_command(sample):
    paths = sorted(sample.glob("*.xlsx"))
    ours = filing.judge([upload(path) for path in paths])
    theirs = check(paths)
    assert [(r.file_id, r.status, r.rows, r.findings) for r in ours] == [
        (r.file_id, r.status, r.rows, r.findings) for r in theirs
    ]
    assert any(not r.is_clean for r in ours)


def test_two_files_may_bear_one_name(messy, flawless):
    reports = filing.judge([upload(messy, "a.xlsx"), upload(flawless, "a.xlsx")])
    assert [r.is_clean for r in reports] == [False, True]


def test_the_folder_is_for_the_owner_alone(temporary, flawless, monkeypatch):
    seen = []

    def look(paths, register=None):
        seen.append(next(temporary.iterdir()).stat().st_mode & 0o777)
        return check(paths)

    monkeypatch.setattr(filing, "check", look)
    filing.judge([upload(flawless)])
    assert seen == [0o700]


ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 40


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.xlsx", b""),
        ("corrupt.xlsx", b"PK\x03\x04 and no more"),
        ("encrypted.xlsx", ENCRYPTED),
        ("scanned.pdf", b"%PDF-1.7 scanned"),
        ("picture.png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_what_cannot_be_opened_is_told_by_intake(name, data):
    (report,) = filing.judge([Upload(name, data)])
    assert report.status == "refused" and not report.is_clean
    (finding,) = report.findings
    assert finding["verdict"] in filing.GRAVE and finding["sheet"] is None
    assert finding["message_zh"].strip() and finding["message_en"].strip()


def test_a_failure_says_nothing_of_the_content(monkeypatch, caplog):
    def fail(paths, register=None):
        raise ValueError(f"could not convert {paths[0].read_text()}")

    monkeypatch.setattr(filing, "check", fail)
    with caplog.at_level(logging.DEBUG), pytest.raises(FengqingError) as caught:
        filing.judge([Upload("secret-name.csv", b"secret-content")])
    assert caught.value.code == "CHECK_FAILED" and "ValueError" in caught.value.zh
    assert "ValueError" in caplog.text and "test_filing.py" in caplog.text
    for text in (caplog.text, str(caught.value), caught.value.en):
        assert "secret" not in text
    assert caught.value.__suppress_context__


def test_content_never_reaches_the_log(messy, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        filing.judge([upload(messy)])
    assert caplog.text == "" and capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("年报.xlsx", "年报.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\年报.xlsx", "年报.xlsx"),
        ("a\x00b\n.xlsx", "a_b_.xlsx"),
        ("cod\u202excod.xlsx", "cod_xcod.xlsx"),
        ("~$年报.xlsx", "$年报.xlsx"),
        (".~lock", "lock"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
    ],
)
def test_names_are_made_safe(given, safe):
    assert filing.safe_name(given) == safe


@pytest.mark.parametrize("sign", ["a", "学", "😀"])
def test_long_names_are_cut_between_signs_and_keep_their_ending(sign):
    name = filing.safe_name(sign * 300 + ".xlsx")
    assert name.endswith(f"{sign}.xlsx") and len(name.encode()) <= 160


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "home" / "inbox"
    folder.mkdir(parents=True)
    return folder


def test_submitting_writes_the_bytes_as_they_are(inbox, messy):
    one = upload(messy, "../年报.xlsx")
    receipt = filing.submit(one, inbox)
    assert [p.name for p in inbox.iterdir()] == [receipt.name]
    assert re.fullmatch(r"年报_[0-9a-f]{16}\.xlsx", receipt.name)
    assert (inbox / receipt.name).read_bytes() == messy.read_bytes()
    assert receipt.file_id == hashlib.sha256(messy.read_bytes()).hexdigest()
    assert receipt.bytes == messy.stat().st_size and receipt.is_new


def test_submitting_twice_keeps_one(inbox, messy):
    first = filing.submit(upload(messy), inbox)
    written = (inbox / first.name).stat().st_mtime_ns
    second = filing.submit(upload(messy), inbox)
    assert second.name == first.name and not second.is_new
    assert (inbox / first.name).stat().st_mtime_ns == written
    assert len(list(inbox.iterdir())) == 1


def test_another_content_of_the_same_name_lies_beside_it(inbox):
    names = {filing.submit(Upload("年报.csv", data), inbox).name for data in (b"a", b"b")}
    assert len(names) == len(list(inbox.iterdir())) == 2


def test_what_was_submitted_is_taken_in_under_its_name(inbox, flawless, fabricated):
    from models.intake.landing import land

    receipt = filing.submit(upload(flawless), inbox)
    (inbox / f"{filing.DRAFT_PREFIX}half").write_bytes(b"half written")
    landed = land(inbox, fabricated.Home(inbox.parent))
    assert [(one.name, one.file_id) for one in landed] == [(receipt.name, receipt.file_id)]


def test_a_full_disk_leaves_nothing(inbox, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(filing.os, "fsync", full)
    with pytest.raises(FengqingError, match="No space left") as caught:
        filing.submit(Upload("a.csv", b"x"), inbox)
    assert caught.value.code == "INBOX_UNWRITABLE"
    assert list(inbox.iterdir()) == []


def test_a_home_without_a_writable_inbox_takes_nothing(empty_home, monkeypatch):
    assert filing.inbox_of(empty_home) is None
    (empty_home.root / "inbox").mkdir()
    assert filing.inbox_of(empty_home) == empty_home.root / "inbox"
    monkeypatch.setattr(filing.os, "access", lambda *_: False)
    assert filing.inbox_of(empty_home) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_marked_workbook_is_the_senders_own(messy, lang):
    one = upload(messy)
    (report,) = filing.judge([one])
    assert filing.is_markable(one, report)
    marked = openpyxl.load_workbook(io.BytesIO(filing.return_workbook(one, report, lang)))
    sent = openpyxl.load_workbook(messy)
    assert set(sent.sheetnames) < set(marked.sheetnames)
    grave = next(f for f in report.findings if f["verdict"] == "R" and f["row"] and f["col"])
    assert marked[grave["sheet"]].cell(grave["row"], grave["col"]).comment is not None
    assert filing.return_name(one) == f"{Path(messy.name).stem}_退回补正.xlsx"


def test_there_is_nothing_to_mark_in_a_clean_or_unreadable_file(flawless):
    good, bad = upload(flawless), Upload("a.pdf", b"%PDF-1.4")
    reports = filing.judge([good, bad])
    assert not filing.is_markable(good, reports[0]) and not filing.is_markable(bad, reports[1])
    with pytest.raises(FengqingError) as caught:
        filing.return_workbook(good, reports[0], "zh")
    assert caught.value.code == "NOTHING_TO_RETURN"


def test_the_ending_of_a_macro_workbook_is_kept():
    assert filing.return_name(Upload("年报.XLSM", b"")) == "年报_退回补正.xlsm"
    assert filing.return_name(Upload("年报.ods", b"")) == "年报_退回补正.xlsx"


def test_a_bomb_is_refused_without_being_unpacked():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * 30_000_000)
    (report,) = filing.judge([Upload("bomb.xlsx", packed.getvalue())])
    assert report.status == "refused" and report.findings[0]["code"] == "S13"
