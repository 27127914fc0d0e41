"""A workbook with everything a sender may put into one, and findings about it."""

from datetime import date

import polars as pl
import pytest

SHEET = "表1"
KEYS = ("sheet", "row", "col", "header", "code", "verdict", "value", "message_zh", "message_en")


def finding(**given):
    base = dict.fromkeys(KEYS) | {"verdict": "R", "message_zh": "有误", "message_en": "wrong"}
    return base | given


@pytest.fixture
def told():
    """Make a frame of findings from dicts."""

    def made(*rows):
        schema = {n: pl.Int64 if n in ("row", "col") else pl.String for n in KEYS}
        return pl.DataFrame([finding(**row) for row in rows], schema=schema)

    return made


@pytest.fixture
def rich(tmp_path):
    """A file with formats, merged cells, widths, a drop-down, hidden rows, comments, a formula, a name."""
    import xlsxwriter

    path = tmp_path / "虚构学会.xlsx"
    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd", "border": 1})
        cover = book.add_worksheet("封面")
        cover.write_column(0, 0, ["说明", "甲", "乙"])
        page = book.add_worksheet(SHEET)
        page.merge_range("A1:D1", "标题", bold)
        page.write_row(1, 0, ["名称", "人数", "日期", "备注"], bold)
        page.write_row(2, 0, ["甲", "约5"])
        page.write_datetime(2, 2, date(2025, 3, 1), day)
        page.write_string(2, 3, "联系电话13800138000")
        page.write_string(3, 0, "=1+1")
        page.write_formula(3, 1, "=SUM(1,2)", None, 3)
        page.write_string(3, 3, "联系电话13800138000")
        page.write_comment("A3", "发送人原有批注")
        page.set_column("B:B", 33)
        page.set_row(4, None, None, {"hidden": True})
        page.write_string(4, 0, "隐藏")
        page.data_validation("D3:D9", {"validate": "list", "source": ["是", "否"]})
        page.conditional_format("B3:B9", {"type": "cell", "criteria": ">", "value": 3, "format": bold})
        page.autofilter("A2:D5")
        page.insert_textbox("F2", "图形")
        page.activate()
        book.define_name(f"'{SHEET}'!本地", f"='{SHEET}'!$A$3")
    return path
