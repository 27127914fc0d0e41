"""Sheets are known by their headers, however these are moved, renamed or stacked; rows by their place."""

import polars as pl
import pytest

SESSIONS = "表3宣讲教育"
YOUTH = "表6青年"


def shifted(cells, from_row, by=1):
    return {(r + by if r >= from_row else r, c): v for (r, c), v in cells.items()}


def kinds(result, sheet):
    rows = result.rows.filter((pl.col("sheet") == sheet) & (pl.col("verdict") == "non_data"))
    return dict(rows.select("row", "non_data_kind").rows())


def sheet_codes(result, sheet):
    return set(result.findings.filter(pl.col("sheet") == sheet).select("code", "verdict").rows())


def test_the_template_s_rows(book, judged):
    book.sheets[YOUTH] |= {
        (8, 1): "合计",
        (8, 4): 64,
        (9, 1): "填表说明：1.各项数据",
        (10, 1): "3.佐证材料请填写",
    }
    result = judged(book)
    assert kinds(result, YOUTH) == {
        1: "title", 4: "unit_line", 5: "header", 6: "header", 8: "total", 9: "note", 10: "note",
    }  # fmt: skip
    assert set(kinds(result, "封面").values()) == {"cover"}
    assert result.findings.is_empty()


def test_columns_in_another_order_and_columns_of_their_own(book, judged, col_of):
    cells = book.sheets[SESSIONS]
    last = max(c for _, c in cells)
    book.sheets[SESSIONS] = {(r, last + 1 - c if r > 4 else c): v for (r, c), v in cells.items()}
    book.sheets[SESSIONS] |= {(5, last + 1): "承办处室", (7, last + 1): "办公室"}
    result = judged(book)
    assert sheet_codes(result, SESSIONS) == {("D01", "A")}
    assert result.accepted["education_sessions"]["onsite_n"].to_list() == [86]


def test_aliases_units_and_stray_space_in_headers(book, judged, col_of):
    cells = book.sheets[SESSIONS]
    cells[5, col_of("education_sessions", "held_on")] = "举办\n日期"
    cells[6, col_of("education_sessions", "onsite_n")] = "线下人数（人）"
    cells[5, col_of("education_sessions", "minutes")] = "时长（分钟）"
    result = judged(book)
    assert result.accepted["education_sessions"].height == 1
    assert sheet_codes(result, SESSIONS) == {("D01", "A")}


def test_units_alone_are_no_deviation(book, judged, col_of):
    book.sheets[SESSIONS][6, col_of("education_sessions", "onsite_n")] = "线下人数（人）"
    assert sheet_codes(judged(book), SESSIONS) == set()


def test_headers_of_one_and_of_three_rows(book, judged):
    cells = book.sheets[YOUTH]
    book.sheets[YOUTH] = {(6 if r == 5 and v != "青年人数" else r, c): v for (r, c), v in cells.items()}
    book.sheets[SESSIONS] = shifted(book.sheets[SESSIONS], 5) | {(5, 1): "一、宣讲教育情况"}
    result = judged(book)
    for sheet, family in ((YOUTH, "youth_participation"), (SESSIONS, "education_sessions")):
        assert sheet_codes(result, sheet) == {("D01", "A")}
        assert result.accepted[family].height == 1


def test_a_missing_column_returns_the_table(book, judged, col_of):
    col = col_of("education_sessions", "has_case_lesson")
    book.sheets[SESSIONS] = {(r, c): v for (r, c), v in book.sheets[SESSIONS].items() if c != col}
    result = judged(book)
    grave = result.findings.filter(pl.col("sheet") == SESSIONS).to_dicts()
    assert [(f["code"], f["verdict"], f["row"]) for f in grave] == [("D01", "R", None)]
    assert "案例警示教育" in grave[0]["message_zh"]
    assert result.accepted["education_sessions"].is_empty()


def test_a_missing_column_that_may_be_blank_is_blank(book, judged, col_of):
    col = col_of("education_sessions", "views_n")
    book.sheets[SESSIONS] = {(r, c): v for (r, c), v in book.sheets[SESSIONS].items() if c != col}
    assert judged(book).accepted["education_sessions"]["views_n"].to_list() == [None]


@pytest.mark.parametrize("sheet", [SESSIONS, "Sheet9"])
def test_a_table_whose_header_is_lost_is_returned_not_dropped(book, judged, sheet):
    cells = book.sheets.pop(SESSIONS)
    lost = {(r, c): (f"列{c}" if r == 5 else v) for (r, c), v in cells.items() if r != 6}
    more = {(r, c): v for r in (8, 9) for (q, c), v in cells.items() if q == 7}
    book.sheets[sheet] = lost | more
    result = judged(book)
    rows = result.rows.filter((pl.col("sheet") == sheet) & (pl.col("verdict") == "returned"))
    assert rows["row"].to_list() == [7, 8, 9]
    assert ("D01", "R") in sheet_codes(result, sheet)


def test_notes_and_blank_rows_among_the_data(book, judged, rows):
    first = rows["education_sessions"]
    book.table("education_sessions", first, {**first, "session_id": "S02"}, {**first, "session_id": "S03"})
    cells = shifted(shifted(book.sheets[SESSIONS], 8), 10)
    book.sheets[SESSIONS] = cells | {(8, 1): "填表说明：本表数据由办公室汇总"}
    result = judged(book)
    found = result.findings.filter(pl.col("code") == "D02").select("row", "value").rows()
    assert found == [(8, "填表说明：本表数据由办公室汇总"), (10, "空行")]
    assert result.accepted["education_sessions"]["source_row"].to_list() == [7, 9, 11]


def test_a_header_repeated_on_the_next_page_is_no_data(book, judged, rows):
    first = rows["education_sessions"]
    book.table("education_sessions", first, {**first, "session_id": "S02"})
    cells = shifted(book.sheets[SESSIONS], 8)
    book.sheets[SESSIONS] = cells | {(8, c): v for (r, c), v in cells.items() if r == 5}
    result = judged(book)
    assert kinds(result, SESSIONS)[8] == "header"
    assert result.accepted["education_sessions"].height == 2


def test_signatures_at_the_foot_are_no_data(book, judged):
    book.sheets[SESSIONS] |= {(9, 1): "填表人：某", (9, 4): "联系电话：见封面", (9, 7): "填表日期：2026年3月"}
    result = judged(book)
    assert kinds(result, SESSIONS)[9] == "note"


def test_a_name_that_begins_like_a_total_is_data(book, judged, rows):
    book.table("education_sessions", {**rows["education_sessions"], "session_id": "合计划01"})
    assert judged(book).accepted["education_sessions"]["session_id"].to_list() == ["合计划01"]


def test_hidden_sheets_and_copies_are_told(book, judged, rows):
    another = {"session_id": "S02", "name": "科技伦理专题讲座", "held_on": "2025-11-20"}
    book.table("education_sessions", {**rows["education_sessions"], **another}, sheet=SESSIONS + "(2)")
    book.hidden_sheets.add(YOUTH)
    result = judged(book)
    assert sheet_codes(result, SESSIONS + "(2)") == {("D31", "W")}
    assert sheet_codes(result, YOUTH) == {("D31", "W")}
    assert result.accepted["education_sessions"].height == 2


def test_sheets_that_explain_are_no_data(book, judged):
    book.sheets["填表说明"] = {(r, c): f"说明{r}{c}" for r in range(1, 6) for c in range(1, 6)}
    result = judged(book)
    assert set(kinds(result, "填表说明").values()) == {"note"}


def test_the_cover_in_two_columns_with_colons(book, judged):
    cells = {}
    for k, (label, value) in enumerate(
        (v, book.sheets["封面"][r, 2]) for (r, c), v in book.sheets["封面"].items() if c == 1 and r > 3
    ):
        cells[4 + k // 2, 1 + k % 2 * 3] = f"{label}："
        cells[4 + k // 2, 3 + k % 2 * 3] = value
    book.sheets["封面"] = cells
    result = judged(book)
    assert result.files["society_id"].to_list() == ["51990000900000014W"]
    assert result.findings.is_empty()


def test_tables_of_authorities_stand_on_row_1(empty_book, judged, society_row):
    empty_book.plain("societies", society_row)
    result = judged(empty_book)
    assert result.files["origin"].to_list() == ["authority"]
    assert result.findings.is_empty()
    (row,) = result.accepted["societies"].to_dicts()
    assert (row["former_names"], row["in_scope"], row["cast_class"]) == (["虚构甲学科协会"], True, "A")


def test_a_check_in_export(book, judged, tmp_path):
    path = tmp_path / "签到.csv"
    lines = ["统一社会信用代码,报告年度,活动编号,人员编号,是否会员,人员类别,参训时长,参加方式"]
    lines += [f"51990000900000014W,2025,S01,P{k:06d},是,会员,90,线下" for k in range(5)]
    path.write_text("\n".join([*lines, lines[1].replace("线下", "线下,,多出")]), encoding="utf-8")
    result = judged(book, path)
    about = result.files.filter(pl.col("name") == "签到.csv").to_dicts()[0]
    assert (about["origin"], about["society_id"], about["report_year"]) == (
        "checkin",
        "51990000900000014W",
        2025,
    )
    assert (about["rows_read"], about["accepted"], about["returned"], about["non_data"]) == (7, 5, 1, 1)
    found = result.findings.filter(pl.col("sheet") == "csv").select("row", "code").rows()
    assert (7, "S14") in found
