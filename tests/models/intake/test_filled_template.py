"""The workbook the template writes is the workbook intake reads."""

from datetime import date

import openpyxl
import pytest

from data_contracts import guidance, layout
from data_contracts.template import write_template
from models.intake.judging import Context, judge, source_file

TODAY = date(2026, 6, 1)
COVER = {"society_id": "51990000900000014W", "name": "虚构甲学科学会", "report_year": 2025}
# Examples that would break a rule when they stand in one row together.
ANSWERS = {"appeal": "无", "adopted": None, "recurrence_of": None}


@pytest.fixture(params=["zh", "en"])
def blank(request, tmp_path):
    return write_template(tmp_path / "t.xlsx", request.param, COVER)


def judged(path):
    context = Context(register=None, known_keys=None, salt=b"s" * 32, today=TODAY)
    return judge([source_file(path)], context)


def test_a_blank_template_holds_no_data(blank):
    result = judged(blank)
    assert set(result.rows["verdict"]) == {"non_data"}
    grave = result.findings.filter(result.findings["verdict"].is_in(["R", "Q"]))
    assert set(grave["code"]) <= {"S11"}  # an unfilled file may be returned, its headers may not


def test_the_examples_of_the_template_are_accepted(blank):
    book = openpyxl.load_workbook(blank)
    for name, contract in layout.sheet_families().items():
        for col, f in enumerate(layout.table_fields(contract), start=1):
            value = ANSWERS.get(f.name, guidance.example(f))
            book[name].cell(layout.first_data_row() + 1, col).value = value or None
    book.save(blank)
    result = judged(blank)
    grave = result.findings.filter(result.findings["verdict"].is_in(["R", "Q"]))
    assert grave.select("sheet", "header", "code", "message_zh").rows() == []
    assert result.findings.filter(result.findings["code"].is_in(["D01", "D02"])).rows() == []
    assert {name: f.height for name, f in result.accepted.items() if f.height} == {
        c.name: 1 for c in layout.sheet_families().values()
    }
