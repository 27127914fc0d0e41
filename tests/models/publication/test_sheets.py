import csv
import io
from datetime import datetime

import openpyxl
import polars as pl
import pytest

from models.errors import FengqingError
from models.publication import sheets

DANGEROUS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x"]
WHEN = datetime(2026, 6, 1, 8)


def notes(texts):
    return sheets.sheet("notes", pl.DataFrame({"item": texts, "content": texts}))


def rows_of_csv(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_begins_with_a_mark_and_disarms_formulas():
    content = sheets.csv_bytes(notes([*DANGEROUS, "普通", "a=b", ""]))
    assert content.startswith(b"\xef\xbb\xbf")
    cells = [row[0] for row in rows_of_csv(content)[1:]]
    assert cells[: len(DANGEROUS)] == ["'" + text for text in DANGEROUS]
    assert cells[len(DANGEROUS) :] == ["普通", "a=b", ""]


def test_workbook_keeps_dangerous_text_as_text():
    book = openpyxl.load_workbook(io.BytesIO(sheets.workbook_bytes([notes(DANGEROUS)], "t", WHEN)))
    cells = list(book["说明"]["A"])[1:]
    # XML turns a carriage return into a line feed.
    assert [c.value.replace("_x000D_", "\r") for c in cells] == DANGEROUS
    assert {c.data_type for c in cells} == {"s"}
    assert all(c.quotePrefix for c in cells)


def test_urls_stay_text():
    book = openpyxl.load_workbook(
        io.BytesIO(sheets.workbook_bytes([notes(["https://example.org"])], "t", WHEN))
    )
    assert book["说明"]["A2"].hyperlink is None


def test_control_characters_are_removed():
    assert notes(["甲\x00乙\x0b丙\x1f"]).frame["item"].to_list() == ["甲乙丙"]


def test_a_text_too_long_for_a_cell_is_refused():
    assert notes(["字" * sheets.LONGEST_TEXT])
    with pytest.raises(FengqingError, match="32767") as caught:
        notes(["字" * (sheets.LONGEST_TEXT + 1)])
    assert caught.value.code == "TEXT_TOO_LONG"


def test_a_text_of_signs_that_take_two_units_is_measured_in_units():
    with pytest.raises(FengqingError):
        notes(["𠮷" * (sheets.LONGEST_TEXT // 2 + 1)])


def test_the_same_input_gives_the_same_bytes():
    made = [sheets.workbook_bytes([notes(["甲"])], "t", WHEN) for _ in range(2)]
    assert made[0] == made[1]


def test_layout_has_both_titles_and_known_kinds():
    for table in sheets.layout():
        for column in sheets.columns(table):
            assert column.zh and column.en
            assert column.kind in {*sheets.NUMBERS, "text", "code"}


def test_rows_are_high_enough_for_wrapped_text():
    book = openpyxl.load_workbook(io.BytesIO(sheets.workbook_bytes([notes(["短", "长" * 130])], "t", WHEN)))
    heights = [book["说明"].row_dimensions[row].height for row in (2, 3)]
    # 130 signs of two places in columns of 22 and 100: thirteen lines in the narrow one.
    assert heights[0] in {None, sheets.LINE_POINTS}  # the default height is not written
    assert heights[1] == 13 * sheets.LINE_POINTS
