"""Whatever a file holds: rows read = accepted + returned + quarantined + not data, and nothing is lost."""

import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import load_contracts
from models.errors import FengqingError
from models.intake.judging import Context, judge, source_file
from models.intake.outcome import check_row_equation

HEADERS = sorted({h for c in load_contracts().values() for f in c.fields for h in f.headers})
SHEETS = ["封面", "表1基本情况", "表3宣讲教育", "学会名册", "填表说明", "Sheet1", "表6青年(2)"]
WORDS = [
    "合计",
    "小计",
    "填表说明：",
    "单位：万元",
    "是",
    "无",
    "不适用",
    "51990000900000014W",
    "2025",
    "v1.2",
    "S01",
    "会议",
    "#REF!",
]
cell = st.one_of(
    st.sampled_from(HEADERS), st.sampled_from(WORDS), st.integers(-5, 60000), st.floats(0, 1e18), st.none(),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.text(max_size=12), st.just("13800138000"),
)  # fmt: skip
grid = st.lists(st.lists(cell, max_size=8), max_size=12)
books = st.lists(st.tuples(st.sampled_from(SHEETS), grid), min_size=1, max_size=3, unique_by=lambda s: s[0])
CONTEXT = Context(register=None, known_keys=None, salt=b"s" * 32, today=date(2026, 6, 1))


def filled(value):
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def check_books(files, expected):
    judged = judge([source_file(p) for p in files], CONTEXT)
    assert judged.files["rows_read"].sum() == expected
    assert judged.rows.height == expected
    assert judged.rows.select("file_id", "sheet", "row").is_unique().all()
    accepted = sum(f.height for f in judged.accepted.values())
    assert accepted == (judged.rows["verdict"] == "accepted").sum()
    # What is not accepted has a reason at its row, its sheet or its file.
    lost = judged.rows.filter(pl.col("verdict").is_in(["returned", "quarantined"]))
    grave = judged.findings.filter(pl.col("verdict").is_in(["R", "Q"]))
    assert lost.join(grave, on="file_id", how="anti").is_empty()


@settings(max_examples=40, deadline=None)
@given(st.lists(books, min_size=1, max_size=2))
def test_rows_of_messy_workbooks_add_up(made):
    with tempfile.TemporaryDirectory() as folder:
        paths, expected, seen = [], 0, set()
        for k, sheets in enumerate(made):
            path = Path(folder) / f"{k}.xlsx"
            with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
                day = book.add_format({"num_format": "yyyy-mm-dd"})
                for name, rows in sheets:
                    sheet = book.add_worksheet(name)
                    for r, values in enumerate(rows):
                        for c, value in enumerate(values):
                            if isinstance(value, date):
                                sheet.write_datetime(r, c, value, day)
                            elif isinstance(value, str):
                                sheet.write_string(r, c, value)
                            elif value is not None:
                                sheet.write_number(r, c, value)
            paths.append(path)
            content = source_file(path).file_id
            if content not in seen:
                expected += sum(any(map(filled, row)) for _, rows in sheets for row in rows)
            seen.add(content)
        check_books(paths, expected)


line = st.lists(st.sampled_from([*HEADERS[:20], *WORDS, "", "x"]), max_size=7).map(",".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(line, max_size=10))
def test_rows_of_messy_exports_add_up(lines):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        check_books([path], sum(bool(text.replace(",", "").strip()) for text in lines))


def test_the_equation_is_enforced():
    counts = {"accepted": [1], "returned": [1], "quarantined": [0], "non_data": [3]}
    check_row_equation(pl.DataFrame({"name": ["a.xlsx"], "rows_read": [5], **counts}))
    with pytest.raises(FengqingError, match="行数不平"):
        check_row_equation(pl.DataFrame({"name": ["a.xlsx"], "rows_read": [6], **counts}))
