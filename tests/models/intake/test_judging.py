"""Whole files through judging: every defect at its cell, its verdict, and the rows it takes along."""

from datetime import date

import polars as pl
import pytest

from data_contracts.contract import load_contracts
from data_contracts.defects import load_defects

SESSIONS = "表3宣讲教育"


def verdicts(result, sheet):
    rows = result.rows.filter((pl.col("sheet") == sheet) & (pl.col("verdict") != "non_data"))
    return dict(rows.select("row", "verdict").rows())


def test_a_clean_book_is_accepted_without_a_word(book, judged, rows):
    result = judged(book)
    assert result.findings.rows() == []
    assert {n: f.height for n, f in result.accepted.items()} == dict.fromkeys(rows, 1)
    (file,) = result.files.to_dicts()
    assert (file["origin"], file["report_year"], file["revision"], file["status"]) == (
        "society",
        2025,
        1,
        "current",
    )
    assert file["rows_read"] == file["accepted"] + file["non_data"]


def test_accepted_rows_have_the_contract_s_schema_and_their_lineage(book, judged):
    result = judged(book)
    for name, frame in result.accepted.items():
        assert frame.schema == load_contracts()[name].polars_schema()
    (session,) = result.accepted["education_sessions"].to_dicts()
    sha = result.files["file_id"][0]
    assert session["row_id"] == f"{sha[:16]}/{SESSIONS}/7"
    assert (session["source_file"], session["source_sheet"], session["source_row"]) == (sha, SESSIONS, 7)
    assert session["society_id"] == "51990000900000014W"
    assert session["topics"] == ["research_integrity", "research_ethics"]
    assert session["held_on"] == date(2025, 9, 23)
    assert session["has_case_lesson"] is True
    (case,) = result.accepted["investigations"].to_dicts()
    assert case["recorded_by"] == "society"


CELLS = [
    ("onsite_n", "８６", "D04", "A", 86),
    ("name", " 科研诚信专题报告会\n", "D05", "A", "科研诚信专题报告会"),
    ("held_on", "2025年9月23日", "D14", "A", date(2025, 9, 23)),
    ("held_on", 45923, "D15", "A", date(2025, 9, 23)),
    ("held_on", 44461, "D15", "A", date(2025, 9, 23)),  # the same day in the 1904 system
    ("held_on", 4592, "D15", "R", None),
    ("held_on", 40000, "D15", "R", None),
    ("held_on", "2025年9月", "D16", "W", date(2025, 9, 1)),
    ("held_on", "下半年", "D16", "R", None),
    ("held_on", "2025-02-30", "S06", "R", None),
    ("held_on", date(2024, 9, 23), "D18", "R", None),
    ("has_case_lesson", "√", "D19", "A", True),
    ("has_case_lesson", "部分", "D19", "R", None),
    ("onsite_n", None, "D20", "R", None),
    ("onsite_n", "—", "D20", "R", None),
    ("topics", "/", "D20", "R", None),
    ("mode", "不适用", "D20", "R", None),
    ("onsite_n", "86人", "D21", "A", 86),
    ("onsite_n", "约80余人", "D21", "W", 80),
    ("onsite_n", "85%", "D23", "R", None),
    ("pass_n", 301, "D24", "R", None),
    ("onsite_n", "86人次", "D25", "R", None),
    ("online_unique_n", 5200, "D26", "Q", None),
    ("name", "报告\ue000会", "D29", "R", None),
    ("onsite_n", "86", "D33", "A", 86),
    ("mode", "现场", "D35", "A", "onsite"),
    ("name", "=1+1 报告会", "D41", "A", "=1+1 报告会"),
    ("mode", "半线上", "S04", "R", None),
    ("onsite_n", "很多", "S05", "R", None),
    ("onsite_n", 86.5, "S05", "R", None),
    ("onsite_n", -3, "S07", "R", None),
    ("name", "长" * 201, "S08", "R", None),
]


@pytest.mark.parametrize("case", CELLS, ids=lambda c: f"{c[2]}-{c[3]}-{c[0]}")
def test_a_cell_s_defect_is_told_at_the_cell(book, judged, rows, col_of, case):
    field, value, code, verdict, stored = case
    sheet = book.table("education_sessions", {**rows["education_sessions"], field: value})
    result = judged(book)
    found = result.findings.filter((pl.col("sheet") == sheet) & (pl.col("code") == code)).to_dicts()[0]
    assert (found["row"], found["verdict"]) == (7, verdict)
    assert found["col"] == col_of("education_sessions", found["field"])
    assert found["message_zh"] and found["message_en"] and "{" not in found["message_zh"]
    want = {"R": "returned", "Q": "quarantined"}.get(verdict, "accepted")
    assert verdicts(result, sheet) == {7: want}
    if want == "accepted":
        assert result.accepted["education_sessions"][field].to_list() == [stored]


def test_words_for_no_figure_are_kept_apart(book, judged, rows):
    row = {**rows["education_sessions"], "onsite_n": "不适用", "has_case_lesson": "未统计", "views_n": None}
    book.table("education_sessions", row)
    (kept,) = judged(book).accepted["education_sessions"].to_dicts()
    assert (kept["onsite_n"], kept["has_case_lesson"], kept["views_n"]) == (None, None, None)
    assert kept["not_applicable_fields"] == ["onsite_n"]
    assert kept["not_counted_fields"] == ["has_case_lesson"]
    zero = {**rows["education_sessions"], "onsite_n": 0}
    book.table("education_sessions", zero)
    (kept,) = judged(book).accepted["education_sessions"].to_dicts()
    assert kept["onsite_n"] == 0
    assert kept["not_applicable_fields"] == []


COVERS = [
    ({"统一社会信用代码": "51990000900000O14W"}, "D06", "R"),
    ({"统一社会信用代码": "51990000900000014X"}, "D07", "R"),
    ({"统一社会信用代码": "52990000900000014W"}, "D08", "Q"),
    ({"统一社会信用代码": 5.19900009e17}, "D09", "R"),
    ({"统一社会信用代码": "5199000090"}, "S09", "R"),
    ({"统一社会信用代码": None}, "D20", "R"),
    ({"报告年度": "二零二五年度"}, "S05", "R"),
    ({"模板版本": "v1.0"}, "D37", "R"),
]


@pytest.mark.parametrize("case", COVERS, ids=lambda c: c[1])
def test_a_bad_cover_takes_the_whole_file(book, judged, codes, case):
    changes, code, verdict = case
    book.cover(**changes)
    result = judged(book)
    assert {(c, v) for _, _, c, v in codes(result, "封面")} == {(code, verdict)}
    data = result.rows.filter(pl.col("verdict") != "non_data")
    assert set(data["verdict"]) == {{"R": "returned", "Q": "quarantined"}[verdict]}
    followers = result.findings.filter(pl.col("code") == "S02")
    assert followers.height == data.height - 1
    assert set(followers["verdict"]) == {verdict}
    assert result.files["status"].to_list() == ["refused"]
    assert result.findings.filter(pl.col("code") == code)["col"].to_list() == [2]


def test_a_bad_table_1_returns_the_report_and_nothing_else(book, judged, rows):
    book.table("annual_reports", {**rows["annual_reports"], "pledged_n": 4000})
    result = judged(book)
    assert result.accepted["annual_reports"].is_empty()
    assert result.accepted["education_sessions"].height == 1
    assert result.files["status"].to_list() == ["current"]


def test_an_unreadable_answer_on_the_cover_returns_the_report_alone(book, judged, codes):
    book.cover(负责人签字="部分")
    result = judged(book)
    assert ("D19", "R") in {(c, v) for _, _, c, v in codes(result, "封面")}
    assert verdicts(result, "表1基本情况") == {7: "returned"}
    assert verdicts(result, SESSIONS) == {7: "accepted"}


def test_a_book_without_cover_belongs_to_nobody(book, judged, codes):
    del book.sheets["封面"]
    result = judged(book)
    assert {v for v in result.rows["verdict"]} == {"returned", "non_data"}
    assert "S02" in {c for _, _, c, _ in codes(result, SESSIONS)}


def test_children_of_a_returned_session_are_returned(book, judged, rows, codes):
    first = rows["education_sessions"]
    book.table("education_sessions", {**first, "held_on": date(2024, 1, 1)}, {**first, "session_id": "S02"})
    seat = rows["education_attendance"]
    sheet = book.table(
        "education_attendance", seat, {**seat, "session_id": "S02"}, {**seat, "session_id": "S77"}
    )
    result = judged(book)
    assert verdicts(result, sheet) == {7: "returned", 8: "accepted", 9: "returned"}
    assert codes(result, sheet) == {(7, "session_id", "S03", "R"), (9, "session_id", "S03", "R")}


def test_a_repeated_key_returns_the_later_row(book, judged, rows, codes):
    sheet = book.table("education_sessions", rows["education_sessions"], rows["education_sessions"])
    result = judged(book)
    assert verdicts(result, sheet) == {7: "accepted", 8: "returned"}
    assert codes(result, sheet) == {(8, "session_id", "S01", "R")}


def test_case_steps_out_of_order(book, judged, rows, codes):
    sheet = book.table("investigations", {**rows["investigations"], "opinion_on": date(2025, 3, 1)})
    assert {(c, v) for _, _, c, v in codes(judged(book), sheet)} == {("D39", "R")}


def test_a_month_is_not_a_date_in_a_case(book, judged, rows, codes):
    sheet = book.table("investigations", {**rows["investigations"], "closed_on": "2025年8月"})
    assert codes(judged(book), sheet) == {(7, "closed_on", "D16", "R")}


def test_a_future_date_is_returned_unless_it_is_a_plan(book, judged, rows, codes):
    row = {**rows["supervision_issues"], "replied_on": date(2026, 8, 1), "rectify_due_on": date(2027, 1, 1)}
    sheet = book.table("supervision_issues", row)
    assert codes(judged(book), sheet) == {(7, "replied_on", "D17", "R")}


def test_formula_errors_and_hidden_rows(book, judged, rows, codes, error):
    sheet = book.table(
        "education_sessions", rows["education_sessions"], {**rows["education_sessions"], "session_id": "S02"}
    )
    book.sheets[sheet][7, 13] = error("#DIV/0!")
    book.hidden_rows.add((sheet, 8))
    result = judged(book)
    assert (7, "minutes", "D32", "R") in codes(result, sheet)
    assert (8, None, "D31", "W") in codes(result, sheet)
    assert verdicts(result, sheet) == {7: "returned", 8: "accepted"}
    message = result.findings.filter(pl.col("code") == "D32")["message_zh"][0]
    assert "M7" in message


def test_a_society_cannot_speak_for_an_authority(book, judged, society_row, codes):
    sheet = book.plain("societies", society_row)
    result = judged(book)
    assert verdicts(result, sheet) == {2: "returned"}
    assert (2, None, "S10", "R") in codes(result, sheet)


def test_the_register_in_the_same_batch_serves_the_reports(book, empty_book, judged, society_row):
    empty_book.plain("societies", society_row)
    book.cover(填报单位="虚构甲学科协会")
    result = judged(book.write("b.xlsx"), empty_book.write("a.xlsx"))
    found = result.findings.filter(pl.col("code") == "D11").to_dicts()
    assert [(f["verdict"], f["repaired"], f["sheet"]) for f in found] == [("W", "虚构甲学科学会", "封面")]
    assert result.accepted["annual_reports"]["name"].to_list() == ["虚构甲学科学会"]


def test_names_and_codes_that_do_not_belong_together(book, empty_book, judged, society_row, other_code):
    other = {**society_row, "society_id": other_code, "name": "虚构乙学科学会", "former_names": None}
    empty_book.plain("societies", society_row, other)
    register = empty_book.write("a.xlsx")
    for name, code, verdict in (
        ("虚构乙学科学会", "D10", "Q"),
        ("虚构甲学科学会青年分会", "D13", "Q"),
        ("虚构甲科学会", "D10", "W"),
    ):
        book.cover(填报单位=name)
        result = judged(book, register)
        found = result.findings.filter(pl.col("sheet") == "封面").select("code", "verdict").rows()
        assert found == [(code, verdict)]
        data = result.rows.filter((pl.col("sheet") == SESSIONS) & (pl.col("verdict") != "non_data"))
        assert data["verdict"].to_list() == ["quarantined" if verdict == "Q" else "accepted"]


def test_a_society_that_is_not_in_the_register(book, empty_book, judged, society_row, other_code):
    empty_book.plain("societies", {**society_row, "society_id": other_code})
    known = {"societies": pl.DataFrame(schema={"society_id": pl.String, "report_year": pl.Int64})}
    result = judged(book, empty_book.write("a.xlsx"), known_keys=known)
    assert result.findings.filter(pl.col("code") == "S03")["sheet"].to_list() == ["表1基本情况"]
    mine = result.rows.filter((pl.col("family") != "societies") & (pl.col("verdict") != "non_data"))
    assert set(mine["verdict"]) == {"returned"}


def test_amounts_in_ten_thousand_yuan(book, judged, rows, codes, col_of):
    sheet = book.table("youth_participation", {**rows["youth_participation"], "amount_yuan": 30})
    book.sheets[sheet][5, col_of("youth_participation", "amount_yuan")] = "资助金额（万元）"
    result = judged(book)
    assert (7, "amount_yuan", "D22", "A") in codes(result, sheet)
    assert result.accepted["youth_participation"]["amount_yuan"].to_list() == [300000.0]


def test_totals(book, judged, rows, codes, col_of):
    row = rows["youth_participation"]
    sheet = book.table("youth_participation", row, {**row, "item_id": "Y02"})
    total = book.sheets[sheet]
    total[9, 1] = "合计"
    total[9, col_of("youth_participation", "n_total")] = 128
    total[9, col_of("youth_participation", "youth_32_n")] = 19
    result = judged(book)
    assert codes(result, sheet) == {(9, "youth_32_n", "D03", "W")}
    assert result.accepted["youth_participation"].height == 2
    assert result.rows.filter(pl.col("non_data_kind") == "total")["row"].to_list() == [9]


def test_a_total_over_an_unreadable_figure_says_so(book, judged, rows, col_of):
    row = rows["youth_participation"]
    sheet = book.table("youth_participation", row, {**row, "item_id": "Y02", "n_total": "很多"})
    book.sheets[sheet] |= {(9, 1): "合计", (9, col_of("youth_participation", "n_total")): 128}
    found = judged(book).findings.filter(pl.col("code") == "D03")["message_zh"].to_list()
    assert len(found) == 1
    assert "无法识别" in found[0]


def test_every_finding_has_a_message_of_its_verdict(book, judged, rows):
    book.table("education_sessions", {**rows["education_sessions"], "held_on": "下半年", "onsite_n": "约{x}"})
    for f in judged(book).findings.to_dicts():
        assert f["verdict"] in load_defects()[f["code"]].verdicts
        assert "{" not in f["message_zh"] + f["message_en"]


def test_nothing_to_judge(judged):
    result = judged()
    assert (result.rows.height, result.files.height, result.findings.height) == (0, 0, 0)
