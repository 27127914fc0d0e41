"""Repairs: every spelling to the same value, clean values untouched, and twice is as good as once."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.contract import load_contract
from models.intake.cleaning import clean, clean_distinct
from models.intake.cleaning.numbers import chinese_number
from models.intake.frames import ITEM_MARK, TEXT_MARK
from models.intake.headers import families

FULL = str.maketrans("0123456789-./%", "０１２３４５６７８９－．／％")
DIGITS = "〇一二三四五六七八九"
FEW = settings(max_examples=60, deadline=None)
SESSIONS = "education_sessions"
FIELDS = [(n, f) for n, c in families().items() for f in c.fields]


def cleaned(*answers):
    """(family, field, raw) → canon, state, codes of each."""
    frame = pl.DataFrame(answers, schema=["family", "field", "raw"], orient="row").with_row_index("key")
    values, found = clean_distinct(frame)
    codes = found.group_by("key").agg(pl.col("code").sort())
    joined = frame.join(values, on="key", how="left").join(codes, on="key", how="left").sort("key")
    return [(r["canon"], r["state"], r["code"] or []) for r in joined.to_dicts()]


def one(field, raw, family=SESSIONS):
    return cleaned((family, field, raw))[0]


def small(n):
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@FEW
@given(days)
def test_a_date_comes_back_from_every_spelling(day):
    y, m, d = day.year, day.month, day.day
    spelt = [
        f"{y}年{m}月{d}日",
        f"{y}年{m:02d}月{d:02d}日",
        f"{y}.{m}.{d}",
        f"{y}/{m}/{d}",
        f"{y}-{m}-{d}",
        f"{y}{m:02d}{d:02d}",
        "".join(DIGITS[int(c)] for c in str(y)) + f"年{small(m)}月{small(d)}日",
        day.isoformat().translate(FULL),
        f" {day.isoformat()} ",
        f"{y} 年 {m} 月 {d} 日",
        f"{day.isoformat()} 00:00:00",
    ]
    assert [c for c, _, _ in cleaned(*((SESSIONS, "held_on", s) for s in spelt))] == [day.isoformat()] * len(
        spelt
    )
    assert one("held_on", day.isoformat()) == (day.isoformat(), "value", [])


@FEW
@given(days)
def test_a_serial_number_is_its_date(day):
    serial = (day - date(1899, 12, 30)).days
    assert one("held_on", str(serial)) == (day.isoformat(), "serial", ["D15"])


@FEW
@given(st.integers(0, 10**9))
def test_a_figure_is_the_same_full_width_spaced_and_in_thousands(n):
    spelt = [str(n), str(n).translate(FULL), f" {n}\u3000", f"{n:,}", TEXT_MARK + str(n), f"{n}人", f"{n}.0"]
    assert {c for c, _, _ in cleaned(*((SESSIONS, "onsite_n", s) for s in spelt))} == {str(n)}
    assert one("onsite_n", str(n)) == (str(n), "value", [])


@FEW
@given(st.integers(1, 99999))
def test_chinese_numerals_are_read(n):
    assert chinese_number(spell(n)) == n


def spell(n):
    """Chinese numerals of 1–99999 (the test's own way)."""
    if n >= 10_000:
        rest = n % 10_000
        tail = ("零" if rest < 1000 else "") + spell(rest) if rest else ""
        return spell(n // 10_000) + "万" + tail
    text, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // power % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("1.2万", "12000", "D21"),
        ("三百", "300", "D21"),
        ("两百", "200", "D21"),
        ("十二", "12", "D21"),
        ("2千", "2000", "D21"),
        ("一万二千", "12000", "D21"),
        ("约200余人", "200", "D21"),
        ("近三百人", "300", "D21"),
        ("百余人", "100", "D21"),
        ("2百人左右", "200", "D21"),
    ],
)
def test_figures_in_words(text, value, code):
    assert one("onsite_n", text)[::2] == (value, [code])


def test_hours_become_minutes():
    assert one("minutes", "2小时")[0] == "120"
    assert one("minutes", "1.5小时")[0] == "90"


words = st.sampled_from(
    [
        "是",
        "否",
        "有",
        "无",
        "√",
        "×",
        "部分",
        "不适用",
        "未统计",
        "—",
        "/",
        "86",
        "８６人",
        "1.2万",
        "约30",
        "85%",
        "2025年3月5日",
        "20250305",
        "45000",
        "2025年3月",
        "二〇二五年三月五日",
        "线下",
        "现场",
        "研究生、会员",
        "科研诚信；科技伦理",
        "章程",
        "公约",
        " 虚构 学会\u00a0",
        "ＡＢＣ１２",
        "=1+1",
        "#REF!",
        "51990000900000014W",
        "5199000090000001OW",
        "5.1E+17",
        "理学",
        "内蒙",
        "",
        "  ",
        "a\nb",
        "评审专家/编委",
    ]
)
texts = st.one_of(words, st.text(min_size=1, max_size=30), st.integers(-5, 10**6).map(str))


def written(field, canon):
    """A cleaned value as a clerk would write it."""
    if field.kind == "boolean":
        return "是" if canon == "true" else "否"
    items = canon.split(ITEM_MARK)
    labels = {v.code: v.zh for v in field.enum}
    return "、".join(labels.get(i, i) for i in items)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FIELDS), texts)
def test_cleaning_twice_is_cleaning_once(place, raw):
    family, field = place
    canon, state, _ = cleaned((family, field.name, raw))[0]
    if state not in ("value", "serial"):
        assert canon is None
        return
    again, state, codes = cleaned((family, field.name, written(field, canon)))[0]
    assert (again, state) == (canon, "value")
    assert set(codes) <= {"D41"}  # what begins like a formula is said again, not changed


def test_the_contracts_own_words_are_never_repaired():
    values = [(n, f.name, v) for n, f in FIELDS for v in f.enum]
    found = cleaned(*((n, f, word) for n, f, v in values for word in (v.zh, v.code)))
    codes = [v.code for _, _, v in values for _ in range(2)]
    assert [canon for canon, _, _ in found] == codes
    assert {code for _, _, told in found for code in told} == set()


def test_every_alias_means_its_code():
    aliases = [
        (n, f.name, a, v) for n, f in FIELDS for v in f.enum for a in v.aliases if a not in (v.zh, v.code)
    ]
    for (_, field, _, value), (canon, _, codes) in zip(
        aliases, cleaned(*(a[:3] for a in aliases)), strict=True
    ):
        assert canon == value.code
        assert codes == ["D34" if field == "reporting_line" else "D35"]


def test_the_examples_of_the_contracts_are_clean():
    examples = [
        (n, f.name, str(f.example)) for n, f in FIELDS if f.example is not None and f.kind != "boolean"
    ]
    for answer, (_, state, codes) in zip(examples, cleaned(*examples), strict=True):
        assert (answer, state, codes) == (answer, "value", [])


def test_an_ambiguous_word_is_returned_where_an_answer_is_due_and_blank_elsewhere():
    assert one("onsite_n", "无") == (None, "blank", ["D20"])
    assert one("views_n", "—") == (None, "blank", ["D20"])
    assert one("verify", "无") == ("none", "value", [])
    frame = pl.DataFrame(
        {"key": [0, 1], "family": [SESSIONS] * 2, "field": ["onsite_n", "views_n"], "raw": ["无", "—"]}
    )
    _, found = clean_distinct(frame.cast({"key": pl.UInt32}))
    assert found.sort("key")["verdict"].to_list() == ["R", "A"]


def test_line_breaks_of_prose_stay():
    text = "做法一：公开\n做法二：回避"
    assert one("summary", text, "practice_nominations") == (text, "value", [])
    assert one("name", "专题\n报告会")[0] == "专题报告会"


def test_a_slash_parts_items_unless_a_value_holds_one():
    assert one("audiences", "评审专家/编委、会员")[0] == ITEM_MARK.join(["reviewers_editors", "members"])
    assert one("audiences", "研究生/会员")[0] == ITEM_MARK.join(["graduates", "members"])
    assert one("audiences", "会员、会员")[0] == "members"


def test_typed_frames_follow_the_contract_and_findings_each_row():
    fields = {f.name: [None, None] for f in load_contract(SESSIONS).fields}
    wide = pl.DataFrame(
        {
            "sheet_no": [0, 0],
            "row": [7, 8],
            **fields,
            "onsite_n": ["８６", "８６"],
            "held_on": [None, "2025-01-02"],
        },
        schema={"sheet_no": pl.UInt32, "row": pl.Int64, **dict.fromkeys(fields, pl.String)},
    )
    result = clean({SESSIONS: wide})
    typed = result.typed[SESSIONS]
    schema = load_contract(SESSIONS).polars_schema()
    assert all(typed.schema[name] == schema[name] for name in fields)
    assert typed["onsite_n"].to_list() == [86, 86]
    assert typed["held_on"].to_list() == [None, date(2025, 1, 2)]
    assert result.findings.select("row", "field", "code", "value").rows() == [
        (7, "onsite_n", "D04", "８６"),
        (8, "onsite_n", "D04", "８６"),
    ]
