"""Rows beside other rows, other societies and last year, in one batch and against the warehouse."""

from datetime import date

import polars as pl
import pytest

from models.home import Home
from models.intake.batch import ingest
from models.intake.crosscheck import fingerprints, similarity
from models.intake.crosscheck.channels import channels
from models.intake.crosscheck.fingerprints import Fingerprints
from models.warehouse import open_reader

TODAY = date(2026, 6, 1)
LONG = (
    "学会在全部评价活动中实行专家库随机抽取、回避声明与利益冲突核查，全过程留痕，理事会每季度听"
    "取一次落实情况，并由监事会随机回访候选人与评审专家，发现问题当场纠正。"
)


def own(found, *codes):
    return sorted(found.filter(pl.col("code").is_in(codes)).select("sheet", "row", "code", "verdict").rows())


@pytest.fixture
def second(book, other_code, tmp_path):
    """Another society's book with the same rows."""
    made = type(book)(tmp_path)
    made.sheets = {title: dict(cells) for title, cells in book.sheets.items()}
    made.cover(统一社会信用代码=other_code, 填报单位="虚构乙学科学会")
    return made


def test_the_organiser_is_warned_whichever_file_comes_first(book, second, rows, judged):
    second.table("education_sessions", {**rows["education_sessions"], "role": "承办"})
    paths = [book.write("a.xlsx"), second.write("b.xlsx")]
    for order in (paths, paths[::-1]):
        found = judged(*order).findings
        assert own(found, "D27") == [("表3宣讲教育", 7, "D27", "W")]
        assert found.filter(pl.col("code") == "D27")["message_zh"].str.contains("虚构甲学科学会").all()


def test_two_hosts_or_other_figures_are_no_double_report(book, second, rows, judged):
    assert own(judged(book.write("a.xlsx"), second.write("b.xlsx")).findings, "D27") == []
    second.table("education_sessions", {**rows["education_sessions"], "role": "承办", "onsite_n": 300})
    assert own(judged(book.write("a.xlsx"), second.write("b.xlsx")).findings, "D27") == []


def test_a_short_roster_is_told_and_a_fitting_one_is_not(book, rows, judged):
    session = {**rows["education_sessions"], "onsite_n": 30, "online_unique_n": 0, "test_n": 1, "pass_n": 1}
    book.table("education_sessions", session)
    people = [{**rows["education_attendance"], "person_key": f"P{n:06d}"} for n in range(30)]
    book.table("education_attendance", *people[:12])
    assert own(judged(book.write("a.xlsx")).findings, "S15") == [("表3-1签到名册", 7, "S15", "W")]
    book.table("education_attendance", *people[:28])
    assert own(judged(book.write("b.xlsx")).findings, "S15") == []


def test_one_checksum_under_two_kinds(book, rows, judged):
    first = {**rows["documents"], "doc_sha256": "ab" * 32}
    other = {**first, "doc_id": "D02", "doc_type": "公约", "title": "自律公约", "stage": "发布"}
    book.table("documents", first, other)
    found = judged(book).findings
    assert own(found, "S16") == [("表2制度文件", 7, "S16", "W"), ("表2制度文件", 8, "S16", "W")]


def sessions_of(rows, **changes):
    """Rows of one society's sessions, numbered; each change is a list, a value a row."""
    plain = {**rows["education_sessions"], "test_n": None, "pass_n": None}
    count = len(next(iter(changes.values())))
    return [
        {**plain, "session_id": f"S{k + 1:02d}", **{name: values[k] for name, values in changes.items()}}
        for k in range(count)
    ]


def test_one_session_over_four_quarters_is_told(book, rows, judged):
    days = [f"2025-{month:02d}-14" for month in (2, 5, 8, 11)]
    names = [f"诚信报告会（{part}）" for part in "一二三四"]
    book.table("education_sessions", *sessions_of(rows, held_on=days, name=names))
    assert len(own(judged(book.write("a.xlsx")).findings, "S17")) == 3
    other = [
        {**row, "onsite_n": 31 + 7 * k} for k, row in enumerate(sessions_of(rows, held_on=days, name=names))
    ]
    book.table("education_sessions", *other)
    assert own(judged(book.write("b.xlsx")).findings, "S17") == []


def test_two_parts_of_a_day_are_told_and_two_sessions_are_not(book, rows, judged):
    day, figures = ["2025-03-14"] * 2, [40, 52]
    parts = sessions_of(rows, held_on=day, name=["诚信报告会（上）", "诚信报告会（下）"], onsite_n=figures)
    book.table("education_sessions", *parts)
    assert len(own(judged(book.write("a.xlsx")).findings, "S17")) == 1
    both = sessions_of(rows, held_on=day, name=["诚信报告会", "导师研修班"], onsite_n=figures)
    book.table("education_sessions", *both)
    assert own(judged(book.write("b.xlsx")).findings, "S17") == []


@pytest.mark.parametrize(("days", "told"), [((22, 24, 26), True), ((22, 24), False), ((2, 9, 26), False)])
def test_a_years_teaching_in_its_last_days_is_told(book, rows, judged, days, told):
    held = ["2025-04-02", *(f"2025-12-{day:02d}" for day in days)]
    names = ["科学家精神宣讲会", "导师研修班", "诚信第一课", "学术规范讲座"][: len(held)]
    figures = [31, 47, 52, 68][: len(held)]
    book.table("education_sessions", *sessions_of(rows, held_on=held, name=names, onsite_n=figures))
    assert bool(own(judged(book).findings, "D43")) is told


def test_short_formulas_are_not_compared(book, second, rows, judged):
    for made in (book, second):
        made.table("practice_nominations", {**rows["practice_nominations"], "summary": LONG[:40]})
    assert own(judged(book.write("a.xlsx"), second.write("b.xlsx")).findings, "D42") == []


def test_many_copies_make_few_pairs():
    every = pl.DataFrame(
        {
            "text_no": pl.Series(range(500), dtype=pl.UInt32),
            "family": "practice_nominations", "field": "summary",
            "society_id": [f"S{n}" for n in range(500)], "text": LONG, "sheet_no": 0,
        }
    )  # fmt: skip
    pairs = similarity._peers(every.join(Fingerprints().bands(every["text"]), on="text"))
    assert pairs.height == 500
    assert similarity._jaccard(pairs, every, 3)["jaccard"].to_list() == [1.0] * 500


def test_a_text_is_fingerprinted_once_and_always_alike(monkeypatch):
    seen = []
    signed = fingerprints._signed
    monkeypatch.setattr(fingerprints, "_signed", lambda t: seen.extend(t["text"]) or signed(t))
    texts = pl.Series([LONG, LONG[1:], "，。" * 40])
    kept = Fingerprints()
    first = kept.bands(texts[:1])
    assert kept.bands(texts).equals(Fingerprints().bands(texts))
    assert kept.bands(texts[:1]).equals(first)
    assert kept.bands(texts)["text"].to_list() == [LONG, LONG[1:]]
    assert sorted(seen[:3]) == sorted(texts)


def test_channels_are_folders_called_after_a_line_or_a_unit():
    names = pl.DataFrame(
        {
            "file_id": ["1", "2", "3", "4"],
            "name": ["2025/江苏省/a.xlsx", "2025/a.xlsx", "虚构主管局.zip/b/a.xlsx", "a.xlsx"],
        }
    )
    units = pl.DataFrame({"name": ["虚构主管局"]})
    assert sorted(channels(names, units).rows()) == [("1", "320000"), ("3", "虚构主管局")]


def test_against_the_warehouse(book, second, rows, society_row, other_code, tmp_path):  # noqa
    """What came in an earlier ingest is compared too: last year's text, the host's report."""
    home, inbox = Home(tmp_path / "home"), tmp_path / "inbox"
    inbox.mkdir()
    register = type(book)(inbox)
    register.plain(
        "societies", society_row, {**society_row, "society_id": other_code, "name": "虚构乙学科学会"}
    )
    register.write("名册.xlsx")
    book.table("practice_nominations", {**rows["practice_nominations"], "summary": LONG})
    book.folder = inbox
    book.write("a.xlsx")
    ingest(inbox, home, today=TODAY)
    second.table("education_sessions", {**rows["education_sessions"], "role": "承办"})
    second.table("practice_nominations", {**rows["practice_nominations"], "summary": LONG + "全年无一投诉。"})
    second.folder = inbox
    second.write("b.xlsx")
    ingest(inbox, home, today=TODAY)
    with open_reader(home) as con:
        found = con.sql("select society_id, code, verdict from findings where code in ('D27', 'D42')").pl()
        files = con.sql("select returned + quarantined as n from files").pl()
    assert sorted(found.rows()) == [(other_code, "D27", "W"), (other_code, "D42", "W")]
    assert files["n"].sum() == 0
