"""Zips: landed as themselves, their files as files of their own; all or none."""

import io
import json
import struct
import time
import zipfile

import pytest

from models.home import Home
from models.intake.archives import expand
from models.intake.batch import ingest
from models.intake.check import check
from models.intake.frames import Limits, SourceFile
from models.intake.landing import land
from models.intake.limits import Refusal
from models.intake.reading import read
from models.intake.receipts import RECEIPTS, receipts
from models.warehouse import open_reader


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_raw_names(members):
    """A zip whose names are these bytes, without the UTF-8 flag, as Windows in Chinese writes them."""
    stand_ins = {"n" * 3 + f"{k:0{len(raw) - 3}d}": raw for k, raw in enumerate(members)}
    data = zipped({name: members[raw] for name, raw in stand_ins.items()})
    for name, raw in stand_ins.items():
        assert len(name) == len(raw)
        data = data.replace(name.encode(), raw)
    return data


@pytest.fixture
def refusal(tmp_path):
    """(code, variant) with which the archive is refused, or the names of its files."""

    def of(data, limits=None):
        path, folder = tmp_path / "sent.zip", tmp_path / f"out{time.monotonic_ns()}"
        path.write_bytes(data)
        folder.mkdir()
        grid = read([SourceFile("id", path, path.name)], limits)
        found = grid.findings.select("code", "variant").rows()
        try:
            members = expand(path, folder, limits or Limits())
        except Refusal as refused:
            assert found == [(refused.code, refused.variant)]
            return refused.code, refused.variant
        assert found == [("D30", "archive")]
        assert all(m.path.parent == folder for m in members)
        return {m.name: m.path.read_bytes() for m in members}

    return of


def test_files_come_out_with_their_folders(refusal):
    assert refusal(zipped({"a.csv": b"1", "2025/b.xlsx": b"2", "empty/": b""})) == {
        "a.csv": b"1",
        "2025/b.xlsx": b"2",
    }


def test_names_in_gbk_and_in_utf8_without_the_flag(refusal):
    data = with_raw_names({"年报/签到.csv".encode("gbk"): b"1", "名册表.csv".encode(): b"2"})
    assert set(refusal(data)) == {"年报/签到.csv", "名册表.csv"}
    assert set(refusal(zipped({"签到.csv": b"1"}))) == {"签到.csv"}


def test_backslashes_are_folders(refusal):
    assert set(refusal(with_raw_names({b"2025\\a.csv": b"1"}))) == {"2025/a.csv"}


def test_leavings_of_programs_are_passed_over(refusal):
    data = zipped({"__MACOSX/a.csv": b"x", "~$a.xlsx": b"x", "d/.DS_Store": b"x", "a.csv": b"1"})
    assert refusal(data) == {"a.csv": b"1"}
    assert refusal(zipped({"__MACOSX/a.csv": b"x"})) == ("D30", "archive_empty")
    assert refusal(zipped({})) == ("D30", "archive_empty")


def test_an_archive_in_an_archive_but_no_deeper(refusal):
    one = zipped({"a.csv": b"1"})
    two = zipped({"in.zip": one, "b.csv": b"2"})
    assert refusal(two) == {"in.zip/a.csv": b"1", "b.csv": b"2"}
    assert refusal(zipped({"mid.zip": two})) == ("D30", "archive_nested")
    assert refusal(two, Limits(nesting=0)) == ("D30", "archive_nested")


def test_a_workbook_is_no_archive(tmp_path, book):
    inner = zipped({"report.xlsx": book.write().read_bytes()})
    (tmp_path / "a.zip").write_bytes(inner)
    (tmp_path / "out").mkdir()
    (member,) = expand(tmp_path / "a.zip", tmp_path / "out", Limits())
    assert member.name == "report.xlsx"


@pytest.mark.parametrize(
    "name",
    [
        "../a.csv", "d/../../a.csv", "/etc/a.csv", "C:/a.csv", "c:a.csv", "..", "a//b.csv", "./a.csv",
        "a\nb.csv", "a\x7f.csv", "a\u202e.csv", "x" * 300, "/".join("abcdefghijkl"),
    ],
)  # fmt: skip
def test_names_that_mean_harm(refusal, name):
    assert refusal(zipped({"good.csv": b"1", name: b"2"})) == ("D30", "archive_name")


@pytest.mark.parametrize("raw", [b"a.csv\x00.exe", b"..\\..\\a.csv", b"C:\\a.csv", b"\\\\host\\a.csv"])
def test_raw_names_that_mean_harm(refusal, raw):
    assert refusal(with_raw_names({raw: b"1"})) == ("D30", "archive_name")


def test_a_link_is_no_file(refusal):
    info = zipfile.ZipInfo("link.csv")
    info.external_attr = 0o120777 << 16
    assert refusal(zipped({info: b"/etc/passwd"})) == ("D30", "archive_name")


def test_encrypted_damaged_and_oddly_packed(refusal):
    data = bytearray(zipped({"a.csv": b"1,2\n" * 100}))
    at = data.find(b"PK\x01\x02")

    def changed(offset, value):
        copy = bytearray(data)
        struct.pack_into("<H", copy, at + offset, value)
        struct.pack_into("<H", copy, offset - 2, value)
        return bytes(copy)

    assert refusal(changed(8, 1)) == ("D30", "archive_encrypted")
    assert refusal(changed(10, 9)) == ("D30", "archive_method")
    broken = bytearray(data)
    broken[40] ^= 0xFF
    assert refusal(bytes(broken)) == ("D30", "archive_damaged")
    assert refusal(bytes(data[: len(data) // 2])) == ("D30", "damaged")


def test_bombs(refusal):
    zeros = zipped({"a.csv": b"0" * 30_000_000})
    assert refusal(zeros) == ("S13", "ratio")
    # Each layer by itself is modest; the sum is not.
    layer = zipped({"a.csv": b"0" * 9_000_000})
    many = zipped({f"{k}.zip": layer for k in range(20)})
    assert refusal(many, Limits(archive_bytes=100_000_000)) == ("S13", "")
    assert refusal(zipped({"42.zip": zipped({"41.zip": many})}))[1] in ("archive_nested", "ratio")
    assert refusal(zipped({f"{k}": b"" for k in range(30)}), Limits(members=20)) == ("S13", "parts")
    inner = zipped({f"{k}.csv": b"1" for k in range(15)})
    assert refusal(zipped({"a.zip": inner, "b.zip": inner}), Limits(members=20)) == ("S13", "members")
    assert refusal(zeros, Limits(file_bytes=10)) == ("S13", "")
    assert refusal(zeros, Limits(part_bytes=1_000_000)) == ("S13", "")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def inbox(tmp_path, book):
    path = tmp_path / "inbox"
    path.mkdir()
    members = {"甲/年报.xlsx": book.write().read_bytes(), "签到.csv": "编号,名称\n1,二\n".encode("gbk")}
    (path / "报送.zip").write_bytes(zipped(members))
    return path


def test_an_archive_lands_as_itself_and_its_files_as_theirs(inbox, home):
    archive, report, checkin = land(inbox, home)
    assert (archive.name, archive.is_container, archive.container) == ("报送.zip", True, None)
    assert [(f.name, f.is_container, f.container) for f in (report, checkin)] == [
        ("报送.zip/甲/年报.xlsx", False, archive.file_id),
        ("报送.zip/签到.csv", False, archive.file_id),
    ]
    assert archive.path.read_bytes() == (inbox / "报送.zip").read_bytes()
    assert (report.path.suffix, checkin.path.suffix) == (".xlsx", ".csv")
    assert archive.landed_at < report.landed_at < checkin.landed_at
    assert receipts(home) == [report, checkin]
    lines = (home.landing / RECEIPTS).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line).get("container") for line in lines] == [archive.file_id, archive.file_id, None]
    assert not list(home.landing.glob(".draft*"))


def test_landing_an_archive_again_changes_nothing(inbox, home):
    first = land(inbox, home)
    before = (home.landing / RECEIPTS).read_bytes()
    assert land(inbox, home) == first
    assert (home.landing / RECEIPTS).read_bytes() == before


def test_a_file_known_before_it_came_in_an_archive(inbox, home, tmp_path):
    data = (inbox / "报送.zip").read_bytes()
    (inbox / "报送.zip").unlink()
    (inbox / "a.csv").write_bytes("编号,名称\n1,二\n".encode("gbk"))
    (alone,) = land(inbox, home)
    (inbox / "报送.zip").write_bytes(data)
    landed = {f.name: f for f in land(inbox, home)}
    assert landed["报送.zip/签到.csv"].landed_at == alone.landed_at
    assert landed["报送.zip/签到.csv"].file_id == alone.file_id


def test_a_refused_archive_is_a_file_to_be_judged(inbox, home):
    (inbox / "bad.zip").write_bytes(zipped({"../a.csv": b"1"}))
    (bad,) = [f for f in land(inbox, home) if f.name.startswith("bad")]
    assert not bad.is_container
    assert bad in receipts(home)


def test_an_archive_is_ingested_once(inbox, home):
    (inbox / "bad.zip").write_bytes(zipped({"../a.csv": b"1"}))
    first = ingest(inbox, home)
    assert first.files_new == 3
    assert first.refused >= 2  # the bad archive, and the file without a table
    assert first.findings["D30"] == 1
    again = ingest(inbox, home)
    assert (again.files_new, again.files_known) == (0, 3)


def test_every_file_received_has_a_row_archives_too(inbox, home):
    (inbox / "外层.zip").write_bytes(zipped({"内层.zip": zipped({"b.csv": "编号,名称\n3,四\n"})}))
    ingest(inbox, home)
    ingest(inbox, home)
    with open_reader(home) as con:
        rows = con.sql(
            "select f.name, f.status, c.name, f.rows_read, f.report_year from files f "
            "left join files c on c.file_id = f.container order by f.name"
        ).fetchall()
    landed = {one.name for one in land(inbox, home)}
    assert {name for name, *_ in rows} == landed
    said = {name: rest for name, *rest in rows}
    assert said["报送.zip"] == ["container", None, 0, 2025]
    assert said["报送.zip/甲/年报.xlsx"][1] == "报送.zip"
    assert said["外层.zip"] == ["container", None, 0, None]
    assert said["外层.zip/内层.zip/b.csv"][1] == "外层.zip"


def test_check_looks_into_archives(inbox):
    reports = {r.path.relative_to(inbox).as_posix(): r for r in check([inbox])}
    assert set(reports) == {"报送.zip/甲/年报.xlsx", "报送.zip/签到.csv"}
    assert reports["报送.zip/甲/年报.xlsx"].rows["accepted"] > 0
    (inbox / "报送.zip").write_bytes(zipped({"../a.csv": b"1"}))
    (report,) = check([inbox])
    assert report.status == "refused"
    assert "../a.csv" in report.findings[0]["message_zh"]
