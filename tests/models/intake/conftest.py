"""A small society's workbook, written cell by cell, so that tests can spoil any part of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import settings

from data_contracts.contract import Contract, Field, load_contract
from models.intake.judging import Context, Judged, judge, source_file

# The same examples on every machine, and nothing kept between runs.
settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")

TODAY = date(2026, 6, 1)
SOCIETY = "51990000900000014W"
OTHER = "51990000900000022P"
NAME = "虚构甲学科学会"
SALT = b"0123456789abcdef0123456789abcdef"
COVER: dict[str, Any] = {
    "统一社会信用代码": SOCIETY,
    "报告年度": 2025,
    "填报单位": NAME,
    "模板版本": "v1.2",
    "修订号": 1,
    "填报日期": date(2026, 3, 15),
    "负责人签字": "是",
    "单位盖章": "是",
    "零案件声明": "否",
}
ROWS: dict[str, dict[str, Any]] = {
    "annual_reports": {
        "individual_members": 3200,
        "unit_members": 86,
        "branches": 12,
        "journals_n": 2,
        "members_due": 3200,
        "pledged_n": 2710,
        "integrity_planned_n": 5,
        "integrity_done_n": 4,
        "trained_members_n": 1200,
        "council_n": 60,
        "council_45_n": 14,
        "disclosed": "年报、规范",
        "evidence": "附件1-1.pdf",
    },
    "documents": {
        "doc_id": "D01",
        "doc_type": "章程",
        "title": "章程（2024年修订）",
        "stage": "核准",
        "congress_on": date(2024, 5, 10),
        "filed_on": date(2024, 6, 1),
        "approved_on": date(2024, 7, 1),
        "approval_no": "虚民核〔2024〕3号",
        "elements": "职责、机构",
        "channels": "官方网站",
    },
    "education_sessions": {
        "session_id": "S01",
        "name": "科研诚信专题报告会",
        "held_on": date(2025, 9, 23),
        "mode": "混合",
        "topics": "科研诚信、科技伦理",
        "audiences": "研究生、会员",
        "role": "主办",
        "onsite_n": 86,
        "online_unique_n": 412,
        "views_n": 5200,
        "verify": "平台日志",
        "has_case_lesson": "是",
        "minutes": 120,
        "test_n": 300,
        "pass_n": 280,
    },
    "education_attendance": {
        "session_id": "S01",
        "person_key": "P000123",
        "is_member": "是",
        "audience": "会员",
        "minutes": 90,
        "attended": "线下",
    },
    "investigations": {
        "case_id": "C01",
        "source": "受委托",
        "commission_no": "虚科委〔2025〕7号",
        "received_on": date(2025, 3, 1),
        "accepted_on": date(2025, 3, 10),
        "panel_formed_on": date(2025, 3, 20),
        "opinion_on": date(2025, 7, 30),
        "closed_on": date(2025, 8, 22),
        "panel_n": 5,
        "peer_n": 4,
    },
    "youth_participation": {
        "item_id": "Y01",
        "youth_type": "会议",
        "name": "年会口头报告",
        "n_total": 64,
        "youth_32_n": 9,
        "youth_35_n": 6,
        "youth_40_n": 8,
        "youth_45_n": 5,
        "amount_yuan": 300000,
    },
    "supervision_issues": {
        "issue_id": "I01",
        "channel": "官网",
        "received_on": date(2025, 5, 6),
        "due_on": date(2025, 5, 20),
        "replied_on": date(2025, 5, 16),
        "plan": "修订评审回避办法",
        "status": "待验证",
    },
    "practice_nominations": {
        "nomination_id": "N01",
        "practice_tag": "评价规范",
        "title": "评价活动全程回避制度",
        "summary": "做法",
    },
}
SOCIETY_ROW = {
    "society_id": SOCIETY,
    "report_year": 2025,
    "name": NAME,
    "former_names": "虚构甲学科协会",
    "level": "全国",
    "reporting_line": "全国",
    "reg_status": "已登记",
    "cast_class": "理科",
    "in_scope": "是",
}


class Book:
    """A workbook to be: sheets as grids of values by (row, column) from 1; `write` makes the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sheets: dict[str, dict[tuple[int, int], Any]] = {}
        self.hidden_sheets: set[str] = set()
        self.hidden_rows: set[tuple[str, int]] = set()
        self.first: dict[str, int] = {}

    def cover(self, **changes: Any) -> None:
        cells: dict[tuple[int, int], Any] = {(1, 1): "科技类社会团体学术自律自净年度报告（2025年度）"}
        for k, (label, value) in enumerate({**COVER, **changes}.items(), start=4):
            cells[k, 1], cells[k, 2] = label, value
        self.sheets["封面"] = cells

    def table(self, family: str, *rows: dict[str, Any], sheet: str | None = None) -> str:
        """The family's sheet with two header rows at 5 and 6 and data from row 7; its name."""
        contract = load_contract(family)
        fields = table_fields(contract)
        name = sheet or contract.sheets[0]
        cells: dict[tuple[int, int], Any] = {
            (1, 1): "年度报告",
            (4, 1): "填报单位（盖章）：虚构甲学科学会  单位：人、元",
        }
        groups = set()
        for col, f in enumerate(fields, start=1):
            cells[6 if f.header_group else 5, col] = f.zh
            if f.header_group and f.header_group not in groups:
                cells[5, col] = f.header_group
                groups.add(f.header_group)
        for k, row in enumerate(rows, start=7):
            cells |= {
                (k, c): row[f.name] for c, f in enumerate(fields, start=1) if row.get(f.name) is not None
            }
        self.sheets[name] = cells
        return name

    def plain(self, family: str, *rows: dict[str, Any]) -> str:
        """An authority's table: headers in the first row."""
        contract = load_contract(family)
        cells: dict[tuple[int, int], Any] = {(1, c): f.zh for c, f in enumerate(contract.fields, start=1)}
        for k, row in enumerate(rows, start=2):
            cells |= {
                (k, c): row[f.name]
                for c, f in enumerate(contract.fields, start=1)
                if row.get(f.name) is not None
            }
        self.sheets[contract.sheets[0]] = cells
        return contract.sheets[0]

    def write(self, name: str = "report.xlsx") -> Path:
        path = self.folder / name
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for title, cells in self.sheets.items():
                sheet = book.add_worksheet(title)
                if title in self.hidden_sheets:
                    sheet.hide()
                for (row, col), value in cells.items():
                    if isinstance(value, date):
                        sheet.write_datetime(row - 1, col - 1, value, day)
                    elif isinstance(value, Error):
                        sheet.write_formula(row - 1, col - 1, "=1/0", None, value.text)
                    else:
                        sheet.write(row - 1, col - 1, value)
                for row in (r for t, r in self.hidden_rows if t == title):
                    sheet.set_row(row - 1, None, None, {"hidden": True})
        return path


class Error:
    """A formula's error in a cell."""

    def __init__(self, text: str) -> None:
        self.text = text


def table_fields(contract: Contract) -> list[Field]:
    return [f for f in contract.fields if not f.from_cover and f.default is None]


def column(family: str, field: str) -> int:
    return [f.name for f in table_fields(load_contract(family))].index(field) + 1


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A book with a good cover and one good row in each table of `ROWS`."""
    made = Book(tmp_path)
    made.cover()
    for family, row in ROWS.items():
        made.table(family, row)
    return made


@pytest.fixture
def empty_book(tmp_path: Path) -> Book:
    return Book(tmp_path)


@pytest.fixture
def rows() -> dict[str, dict[str, Any]]:
    return {family: dict(row) for family, row in ROWS.items()}


@pytest.fixture
def society_row() -> dict[str, Any]:
    return dict(SOCIETY_ROW)


@pytest.fixture
def other_code() -> str:
    return OTHER


@pytest.fixture
def col_of():
    return column


@pytest.fixture
def error():
    return Error


@pytest.fixture
def judged():
    """Judge paths or books together, without a warehouse unless one is given."""

    def run(*made: Book | Path, **context: Any) -> Judged:
        paths = [m.write() if isinstance(m, Book) else m for m in made]
        given = {"register": None, "known_keys": None, "salt": SALT, "today": TODAY, **context}
        return judge([source_file(p) for p in paths], Context(**given))

    return run


@pytest.fixture
def codes():
    """Findings of a sheet as (row, field, code, verdict), the grave ones only if asked."""

    def of(result: Judged, sheet: str | None = None, grave: bool = False) -> set[tuple[Any, ...]]:
        found = result.findings
        if sheet:
            found = found.filter(pl.col("sheet") == sheet)
        if grave:
            found = found.filter(pl.col("verdict").is_in(["R", "Q"]))
        return set(found.select("row", "field", "code", "verdict").rows())

    return of
