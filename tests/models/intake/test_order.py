import csv
import io

import pytest
import xlsxwriter

from data_contracts.contract import load_contract
from data_contracts.template import write_template
from models.intake.order import Turn, turn_of


def headers(family):
    return [f.zh for f in load_contract(family).fields]


def text(family, encoding):
    out = io.StringIO()
    csv.writer(out).writerows([headers(family), ["中文"] * len(headers(family))])
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    ("family", "turn"),
    [
        ("units", Turn.UNITS),
        ("societies", Turn.SOCIETIES),
        ("credit_records", Turn.AUTHORITY),
        ("investigations", Turn.AUTHORITY),
        ("education_attendance", Turn.CHECKIN),
    ],
)
def test_delimited_files_by_their_headers(tmp_path, family, turn, encoding):
    path = tmp_path / "x.csv"
    path.write_bytes(text(family, encoding))
    assert turn_of(path) == turn


@pytest.mark.parametrize(
    ("family", "turn"),
    [("societies", Turn.SOCIETIES), ("units", Turn.UNITS), ("verifications", Turn.AUTHORITY),
     ("objections", Turn.AUTHORITY), ("education_attendance", Turn.CHECKIN)],
)  # fmt: skip
@pytest.mark.parametrize("is_streamed", [False, True])
def test_workbooks_of_one_table_by_their_headers(tmp_path, family, turn, is_streamed):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": is_streamed}) as book:
        book.add_worksheet("Sheet1").write_row(0, 0, headers(family))
        book.add_worksheet("Sheet2")
    assert turn_of(path) == turn


def test_a_societys_workbook_comes_after_the_registers(tmp_path):
    assert turn_of(write_template(tmp_path / "x.xlsx")) == Turn.WORKBOOK


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0 old workbook", b"%PDF-1.7"]
)
def test_what_cannot_be_glanced_at_comes_with_the_workbooks(tmp_path, content):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    assert turn_of(path) == Turn.WORKBOOK


def test_a_register_whose_strings_were_stored_column_by_column(tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Sheet1")
        for column, header in enumerate(headers("societies")):
            sheet.write_column(0, column, [header, *(f"{column}/{row}" for row in range(3000))])
    assert turn_of(path) == Turn.SOCIETIES
