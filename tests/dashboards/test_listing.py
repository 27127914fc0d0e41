import io

import openpyxl
import pytest

from dashboards import filing, listing
from dashboards.filing import Upload
from dashboards.i18n import Texts
from models.publication.returns.words import words


@pytest.fixture(scope="module")
def report(messy):
    return filing.judge([Upload(messy.name, messy.read_bytes())])[0]


def rows_of(report, lang):
    book = openpyxl.load_workbook(io.BytesIO(listing.findings_workbook(report, lang)))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_has_the_columns_of_the_return_list_and_every_finding(report, lang):
    head, *rows = rows_of(report, lang)
    assert head == [Texts(lang)("column.treatment"), *(c[lang] for c in words()["columns"])]
    assert len(rows) == len(report.findings) > 0
    assert [row[5] for row in rows] == [f[f"message_{lang}"] for f in report.findings]
    assert all(row[6] for row in rows)


def test_equal_findings_give_equal_bytes(report):
    assert listing.findings_workbook(report, "zh") == listing.findings_workbook(report, "zh")


def test_what_looks_like_a_formula_stays_text(report):
    from dataclasses import replace

    trap = {**report.findings[0], "value": "=cmd|'/c calc'!A1\x07", "header": "@SUM(1)"}
    data = listing.findings_workbook(replace(report, findings=(trap,)), "zh")
    cells = {c.value: c for row in openpyxl.load_workbook(io.BytesIO(data)).active for c in row}
    assert cells["=cmd|'/c calc'!A1"].data_type != "f" or cells["=cmd|'/c calc'!A1"].quotePrefix
    assert cells["@SUM(1)"].quotePrefix


def test_a_file_without_findings_has_an_empty_list(report):
    from dataclasses import replace

    assert len(rows_of(replace(report, findings=()), "en")) == 1


@pytest.mark.parametrize(
    ("row", "col", "zh", "en"),
    [(7, 28, "AB7", "AB7"), (7, None, "第 7 行", "row 7"), (None, 3, "—", "—"), (None, None, "—", "—")],
)
def test_places(row, col, zh, en):
    finding = {"row": row, "col": col}
    assert [listing.place(Texts("zh"), finding), listing.place(Texts("en"), finding)] == [zh, en]
