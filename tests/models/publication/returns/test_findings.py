"""The lines of the return list."""

from datetime import date

import pytest

from data_contracts.defects import load_defects
from models.publication.returns.deadline import deadline, due_on
from models.publication.returns.findings import list_lines


def test_each_faulty_cell_has_its_line_and_says_what_to_write(told):
    lines = list_lines(
        told(
            {"sheet": "表1", "row": 3, "col": 2, "header": "人数", "code": "S05", "value": "约5"},
            {"sheet": "表1", "row": 4, "col": 2, "header": "人数", "code": "S05", "value": "约5"},
            {"sheet": "表1", "row": 4, "col": 3, "header": "日期", "code": "D14", "verdict": "A"},
        ),
        due=date(2026, 6, 15),
    )
    assert lines.select("sheet", "rows", "header", "value", "problem", "due").rows() == [
        ("表1", "3", "人数", "约5", "有误", "2026-06-15"),
        ("表1", "4", "人数", "约5", "有误", "2026-06-15"),
    ]
    assert lines["advice"].unique().to_list() == [load_defects()["S05"].advice["zh"]]


def test_what_follows_is_said_once_and_last(told):
    followers = [{"sheet": "表2", "row": n, "code": "S02"} for n in range(7, 107)]
    cover = {"sheet": "封面", "row": 4, "col": 2, "header": "代码", "code": "D07", "value": "X"}
    lines = list_lines(told(*followers, cover))
    assert lines["code"].to_list() == ["D07", "S02"]
    assert lines["problem"][1] == "有误（共 100 行）"
    assert lines["is_follower"].to_list() == [False, True]


def test_rows_that_miss_one_record_are_one_line(told):
    rows = [{"sheet": "表3", "row": n, "col": 1, "code": "S03", "value": "S01"} for n in (7, 8, 9, 12)]
    lines = list_lines(told(*rows, {"sheet": "表3", "row": 10, "col": 1, "code": "S03", "value": "S02"}))
    assert lines["rows"].to_list() == ["7–9、12", "10"]
    assert lines["at_row"].to_list() == [7, 10]


def test_a_whole_file_comes_first_and_english_is_english(told):
    lines = list_lines(told({"sheet": "x", "row": 1, "col": 1, "code": "S05"}, {"code": "D28"}), "en")
    assert lines.select("sheet", "problem", "advice").row(0) == (
        "(whole file)", "wrong", load_defects()["D28"].advice["en"],
    )  # fmt: skip


def test_nothing_returned_gives_no_line(told):
    assert list_lines(told({"code": "D05", "verdict": "A"}, {"code": "D36", "verdict": "W"})).is_empty()


@pytest.mark.parametrize(
    ("returned", "days", "due"),
    [
        (date(2025, 3, 3), 10, date(2025, 3, 17)),
        # The National Day holidays of 2025, with 28 September and 11 October worked.
        (date(2025, 9, 26), 10, date(2025, 10, 16)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
    ],
)
def test_deadlines_count_working_days(returned, days, due):
    assert deadline(returned, days) == due


def test_the_deadline_of_a_year_without_methodology_is_unknown():
    assert due_on(date(2026, 6, 1), 1999) is None
    assert due_on(date(2026, 6, 1), 2025) == due_on(date(2026, 6, 1), None) == date(2026, 6, 15)
