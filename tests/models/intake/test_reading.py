"""Any file to cells, or to a refusal that says why."""

import zipfile
from datetime import date

import polars as pl
import pytest

from models.intake.frames import CSV_SHEET, Limits, SourceFile
from models.intake.reading import read, read_cells


def source(path):
    return SourceFile(path.name, path, path.name)


def refusal(path, limits=None):
    grid = read([source(path)], limits)
    assert grid.cells.is_empty()
    assert grid.refused == {path.name}
    return grid.findings.select("code", "verdict").rows()


def test_cells_keep_their_place_text_and_type(empty_book):
    empty_book.sheets["甲"] = {
        (2, 3): "  字 ",
        (3, 1): 86,
        (3, 2): 1.5,
        (4, 4): date(2025, 3, 5),
        (5, 1): True,
        (6, 1): "   ",
        (7, 2): 5.11e17,
    }
    empty_book.sheets["乙"] = {(1, 1): "86"}
    cells = read_cells([source(empty_book.write())])
    assert cells.select("sheet", "row", "col", "text", "ctype").rows() == [
        ("甲", 2, 3, "  字 ", "str"),
        ("甲", 3, 1, "86", "float"),
        ("甲", 3, 2, "1.5", "float"),
        ("甲", 4, 4, "2025-03-05", "date"),
        ("甲", 5, 1, "TRUE", "str"),
        ("甲", 7, 2, "5.11E+17", "float"),
        ("乙", 1, 1, "86", "str"),
    ]


def test_errors_of_formulas_and_hidden_rows_are_seen(empty_book, error):
    empty_book.sheets["甲"] = {(1, 1): "a", (2, 2): error("#DIV/0!"), (3, 3): "z"}
    empty_book.hidden_rows.add(("甲", 3))
    grid = read([source(empty_book.write())])
    texts = grid.cells.join(grid.values, on="value_no").sort("row").select("row", "col", "text").rows()
    assert texts == [(1, 1, "a"), (2, 2, "#DIV/0!"), (3, 3, "z")]
    assert grid.hidden["row"].to_list() == [3]


@pytest.mark.parametrize(
    ("encoding", "codes"), [("utf-8", []), ("utf-8-sig", []), ("gb18030", [("D28", "A")]), ("utf-16", [])]
)
def test_text_in_the_encodings_that_are_met(tmp_path, encoding, codes):
    path = tmp_path / "a.csv"
    path.write_bytes("编号,名称\r\n1,虚构\r\n\r\n2,学会\r\n".encode(encoding))
    grid = read([source(path)])
    (table,) = grid.tables
    assert table.select("row", "c1", "c2").rows() == [(1, "编号", "名称"), (2, "1", "虚构"), (4, "2", "学会")]
    assert grid.sheets.filter("is_csv")["sheet"].to_list() == [CSV_SHEET]
    assert grid.findings.select("code", "verdict").rows() == codes


def test_quotes_delimiters_and_line_breaks_in_quotes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a;b\n"x\ny";"1;2"\n3;4\n', encoding="utf-8")
    (table,) = read([source(path)]).tables
    assert table.select("row", "c1", "c2").rows() == [(1, "a", "b"), (2, "x\ny", "1;2"), (4, "3", "4")]


def test_blank_lines_before_the_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n\n\na,b,c\n1,2,3\n", encoding="utf-8")
    grid = read([source(path)])
    assert grid.tables[0].select("row", "c1", "c3").rows() == [(4, "a", "c"), (5, "1", "3")]
    assert grid.cells["row"].to_list() == [4, 4, 4, 5, 5, 5]


def test_files_with_the_same_header_share_a_frame(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.csv").write_text(f"a,b\n{k},x\n", encoding="utf-8")
    (tmp_path / "other.csv").write_text("c\n1\n", encoding="utf-8")
    tables = read([source(p) for p in sorted(tmp_path.glob("*.csv"))]).tables
    assert sorted(t.height for t in tables) == [2, 6]


def test_what_cannot_be_read_is_refused(tmp_path, empty_book):
    contents = {
        "empty.xlsx": b"",
        "scan.xlsx": b"%PDF-1.7",
        "odd.bin": b"\x00\x01",
        "damaged.xlsx": b"PK\x03\x04 not a zip",
        "encrypted.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name) == [("D30", "R")]
    (tmp_path / "bad.csv").write_bytes(b"a,b\n\xff\xfe\xff\x81\x20\xff\n")
    assert refusal(tmp_path / "bad.csv") == [("D28", "R")]
    empty_book.sheets["甲"] = {(k, 1): "字" * 50 for k in range(1, 500)}
    whole = empty_book.write("whole.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path / "cut.xlsx") == [("D30", "R")]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    assert refusal(path) == [("S13", "R")]


def test_limits_of_size(tmp_path, empty_book):
    empty_book.sheets["甲"] = {(1, 1): "a", (2000, 200): "z"}
    path = empty_book.write()
    assert refusal(path, Limits(cells_a_sheet=1000)) == [("S13", "R")]
    assert refusal(path, Limits(file_bytes=10)) == [("S13", "R")]
    assert refusal(path, Limits(parts=3)) == [("S13", "R")]


def test_a_bad_file_does_not_spoil_its_batch(tmp_path, empty_book):
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04")
    empty_book.sheets["甲"] = {(1, 1): "a"}
    grid = read([source(tmp_path / "bad.xlsx"), source(empty_book.write())])
    assert grid.refused == {"bad.xlsx"}
    assert grid.cells.height == 1
    assert grid.sheets.filter(pl.col("sheet") == "甲")["file_id"].to_list() == ["report.xlsx"]
