from datetime import date

import openpyxl
import polars as pl
import pytest

from data_contracts import layout
from data_contracts.contract import load_contract, load_contracts
from data_contracts.template import write_template

COVER = {"society_id": "51990000900000014W", "name": "虚构甲学科学会", "report_year": 2025}


@pytest.fixture(scope="module", params=["zh", "en"])
def book(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "t.xlsx"
    return openpyxl.load_workbook(write_template(path, request.param, COVER))


def text(cell):
    return cell.value or ""


def test_sheets_are_those_of_the_layout_then_help(book):
    names = layout.workbook()["sheets"]
    assert book.sheetnames[: len(names)] == names
    assert [n.split()[0] for n in book.sheetnames[len(names) :]] == ["示例", "代码表"]


def test_cover_holds_label_and_value_pairs(book):
    sheet = book["封面"]
    assert "A1:B3" in map(str, sheet.merged_cells.ranges)
    assert "2025年度" in text(sheet["A1"])
    pairs = {sheet.cell(r, 1).value: sheet.cell(r, 2).value for r in range(4, 13)}
    assert list(pairs) == [f.zh for f in layout.cover_fields()]
    assert pairs["统一社会信用代码"] == COVER["society_id"]
    assert (pairs["报告年度"], pairs["模板版本"], pairs["修订号"]) == (2025, "v1.2", 1)


@pytest.mark.parametrize("family", [c.name for c in layout.sheet_families().values()])
def test_table_stands_where_the_layout_says(book, family):
    contract = load_contract(family)
    [name] = [n for n, c in layout.sheet_families().items() if c.name == family]
    sheet, fields = book[name], layout.table_fields(contract)
    last = openpyxl.utils.get_column_letter(len(fields))
    merged = set(map(str, sheet.merged_cells.ranges))
    assert f"A1:{last}3" in merged
    assert text(sheet["A4"]).startswith("填报单位")
    for col, f in enumerate(fields, start=1):
        letter = openpyxl.utils.get_column_letter(col)
        leaf = sheet.cell(6 if f.header_group else 5, col)
        assert leaf.value == (f"{f.zh}（{f.unit}）" if f.unit else f.zh)
        assert leaf.comment is not None
        if not f.header_group:
            assert f"{letter}5:{letter}6" in merged
    groups = {f.header_group for f in fields if f.header_group}
    assert {sheet.cell(5, c).value for c in range(1, len(fields) + 1)} >= groups
    assert sheet.freeze_panes == "B7"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$5:$6"


def lists(book, sheet):
    """Choices offered by each column's drop-down list."""
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type != "list":
            continue
        source = rule.formula1
        if "!" in source:
            name, cells = source.lstrip("=").replace("'", "").replace("$", "").split("!")
            choices = tuple(cell.value for row in book[name][cells] for cell in row)
        else:
            choices = tuple(source.strip('"').split(","))
        for area in rule.sqref.ranges:
            offered[area.min_col] = choices
    return offered


def test_every_choice_has_its_drop_down(book):
    checked = 0
    for name, contract in layout.sheet_families().items():
        offered = lists(book, book[name])
        for col, f in enumerate(layout.table_fields(contract), start=1):
            if f.kind == "boolean":
                assert offered[col] == ("是", "否")
            elif f.enum and f.kind == "string":
                assert offered[col] == tuple(v.zh for v in f.enum)
            else:
                assert col not in offered
            checked += col in offered
    assert checked > 20


def test_figures_are_checked_and_may_be_answered_in_words(book):
    sheet = book["表1基本情况"]
    rules = {next(iter(r.sqref.ranges)).min_col: r for r in sheet.data_validations.dataValidation}
    fields = layout.table_fields(load_contract("annual_reports"))
    members = rules[1 + [f.name for f in fields].index("individual_members")]
    assert members.type == "custom"
    for part in ("ISNUMBER(A7)", "A7=INT(A7)", "A7>=0", '"不适用"', '"未统计"'):
        assert part in members.formula1


def test_messages_keep_within_the_limits_of_the_format(book):
    for sheet in book:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.prompt or "") <= 255
            assert len(rule.error or "") <= 255
            assert len(rule.promptTitle or "") <= 32


def test_no_data_stand_between_header_and_foot(book):
    for name in layout.sheet_families():
        for row in book[name].iter_rows(min_row=7):
            filled = [c.value for c in row if c.value not in (None, "")]
            if not filled:
                continue
            first = str(filled[0])
            is_note = row[0].value and not first.startswith("合计")
            assert first.startswith("合计") or (is_note and len(filled) == 1), (name, filled)


def test_total_sums_counts_and_not_minutes(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx"))
    sheet = book["表3宣讲教育"]
    [total] = [row for row in sheet.iter_rows(min_row=7) if row[0].value == "合计"]
    names = [f.name for f in layout.table_fields(load_contract("education_sessions"))]
    by_name = dict(zip(names, (c.value for c in total), strict=True))
    assert by_name["onsite_n"].startswith("=SUM(")
    assert not by_name["minutes"]
    assert "合计" not in [row[0].value for row in book["表1基本情况"].iter_rows(min_row=7)]


def test_prefilled_rows_are_written_as_a_society_would(tmp_path):
    schema = load_contract("documents").polars_schema()
    row = {
        "doc_id": "D01", "doc_type": "charter", "title": "=章程", "congress_on": date(2024, 5, 1),
        "elements": ["duty", "body"], "not_applicable_fields": ["approval_no"],
        "not_counted_fields": ["role"],
    }  # fmt: skip
    documents = pl.DataFrame([row], schema=schema)
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", prefill={"documents": documents}))
    names = [f.name for f in layout.table_fields(load_contract("documents"))]
    written = dict(zip(names, (c.value for c in book["表2制度文件"][7]), strict=True))
    labels = {f.name: {v.code: v.zh for v in f.enum} for f in load_contract("documents").fields}
    assert written["doc_type"] == labels["doc_type"]["charter"]
    assert written["elements"] == "、".join(labels["elements"][e] for e in ("duty", "body"))
    assert written["congress_on"].date() == date(2024, 5, 1)
    assert (written["approval_no"], written["role"], written["url"]) == ("不适用", "未统计", None)
    assert book["表2制度文件"]["C7"].data_type == "s"  # “=章程” is text, no formula


def test_header_cells_cover_each_column_once():
    for contract in load_contracts().values():
        fields = layout.table_fields(contract)
        cells = layout.header_cells(fields)
        assert [c.field for c in cells if c.field] == list(fields)
        area = [
            (r, c)
            for cell in cells
            for r in range(cell.first_row, cell.last_row + 1)
            for c in range(cell.first_col, cell.last_col + 1)
        ]
        assert sorted(area) == sorted({(r, c) for r in (4, 5) for c in range(len(fields))})


def test_another_language_is_refused(tmp_path):
    with pytest.raises(ValueError, match="zh or en"):
        write_template(tmp_path / "t.xlsx", "fr")
