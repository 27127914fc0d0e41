"""Figures: units, words and estimates beside them, per cents, thousands, ranges (defects 21, 23, 25, 33)."""

from __future__ import annotations

import polars as pl

from models.intake.cleaning.specs import odd

_PLAIN = r"^-?\d+(\.\d+)?$"
_THOUSANDS = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"
_CHINESE = "零〇一二两三四五六七八九十百千万亿"
_PARTS = (
    r"^(?P<before>大约|将近|接近|不少于|至少|超过|约|近|超|逾)?"
    rf"(?P<number>-?\d[\d,]*(?:\.\d+)?|[{_CHINESE}]+)"
    r"(?P<about>余|多|来)?(?P<times>百|千|万|百万|千万|亿)?(?P<over>余|多)?"
    r"(?P<said_unit>人次|人|名|位|家|个|场次|场|次|项|篇|元|分钟|小时|天|日|种|个月|月|份|件|期|%|％)?"
    r"(?P<after>左右|上下|以上)?$"
)
_TIMES = {"百": 1e2, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_SECTIONS = {"万": 10_000, "亿": 100_000_000}


def chinese_number(text: str) -> int | None:
    """The number that Chinese numerals mean (三百 300, 一万二千 12000), None if they mean none."""
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            if digit and section == 0 and total == 0:
                return _read_out(text)
            digit = _DIGITS[c]
        elif c in _POWERS:
            section += (digit or 1) * _POWERS[c]
            digit = 0
        elif c in _SECTIONS:
            total = (total + section + digit) * _SECTIONS[c]
            section = digit = 0
        else:
            return None
    return total + section + digit


def _read_out(text: str) -> int | None:
    """Digits read one by one: 二〇二五."""
    return int("".join(str(_DIGITS[c]) for c in text)) if all(c in _DIGITS for c in text) else None


def clean_numbers(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Figures of integer and number fields.

    `answers` holds key, shape, shown (as written), text (tidied), is_text, unit, minimum, maximum.

    Returns:
        key, canon, state (`value` or `bad`); and what was found.
    """
    parts = pl.col("text").str.extract_groups(_PARTS)
    frame = answers.with_columns(parts.alias("parts")).unnest("parts")
    numerals = frame["number"].drop_nulls().unique().to_list()
    spelt = {n: chinese_number(n) for n in numerals if n and n[0] in _CHINESE}
    number = (
        pl.when(pl.col("number").is_in(list(spelt)))
        .then(pl.col("number").replace_strict(spelt, default=None, return_dtype=pl.Float64))
        .otherwise(pl.col("number").str.replace_all(",", "").cast(pl.Float64, strict=False))
    )
    times = pl.col("times").replace_strict(_TIMES, default=1.0, return_dtype=pl.Float64)
    is_hours = (pl.col("said_unit") == "小时") & (pl.col("unit") == "分钟")
    frame = frame.with_columns(
        is_plain=pl.col("text").str.contains(_PLAIN),
        is_thousands=pl.col("text").str.contains(_THOUSANDS),
        amount=number * times * pl.when(is_hours).then(60.0).otherwise(1.0),
        is_percent=pl.col("text").str.contains("[%％‰]"),
        is_estimate=pl.any_horizontal(pl.col("before", "about", "over", "after").is_not_null()),
        is_attendance=(pl.col("said_unit") == "人次") & (pl.col("unit") == "人"),
    )
    # Floating multiplication (1.2 万) leaves dust; counts and yuan go to the fourth place at most.
    frame = frame.with_columns(amount=pl.col("amount").round(4))
    whole = pl.col("amount") == pl.col("amount").floor()
    is_outside = (pl.col("amount") < pl.col("minimum")) | (pl.col("amount") > pl.col("maximum"))
    frame = frame.with_columns(
        fault=pl.when("is_percent").then(pl.lit("D23"))
        .when("is_attendance").then(pl.lit("D25"))
        .when(pl.col("amount").is_null() | (pl.col("amount").abs() > 1e15)).then(pl.lit("S05"))
        .when((pl.col("shape") == "integer") & ~whole).then(pl.lit("S05whole"))
        .when(is_outside).then(pl.lit("S07")),
        canon=pl.when(whole).then(pl.col("amount").cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(pl.col("amount").cast(pl.String)),
    )  # fmt: skip
    is_good = pl.col("fault").is_null()
    repaired = pl.col("canon").alias("repaired")
    spelt_out = is_good & ~pl.col("is_plain") & ~pl.col("is_thousands")
    # Full-width or spaced digits are text too, but that has been said already.
    is_said = pl.col("shown") != pl.col("text")
    as_text = is_good & (pl.col("is_thousands") | pl.col("is_text") & pl.col("is_plain") & ~is_said)
    found = [
        odd(
            frame.filter(spelt_out & ~pl.col("is_estimate")).select("key", repaired), code="D21", verdict="A"
        ),
        odd(frame.filter(spelt_out & pl.col("is_estimate")).select("key", repaired), code="D21", verdict="W"),
        odd(frame.filter(as_text).select("key", repaired), code="D33", verdict="A"),
        _faults(frame),
    ]
    values = frame.select(
        "key",
        canon=pl.when(is_good).then("canon"),
        state=pl.when(is_good).then(pl.lit("value")).otherwise(pl.lit("bad")),
    )
    return values, pl.concat(found)


def _faults(frame: pl.DataFrame) -> pl.DataFrame:
    def bound(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Int64).cast(pl.String)

    variant = (
        pl.when(pl.col("fault") == "D25").then(pl.lit("unit"))
        .when(pl.col("fault") == "S05whole").then(pl.lit("whole"))
        .when((pl.col("fault") == "S07") & pl.col("maximum").is_null()).then(pl.lit("below"))
        .when((pl.col("fault") == "S07") & pl.col("minimum").is_null()).then(pl.lit("above"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    bad = frame.filter(pl.col("fault").is_not_null())
    return odd(
        bad.select(
            "key",
            code=pl.col("fault").str.slice(0, 3),
            variant=variant,
            a=bound("minimum"),
            b=bound("maximum"),
        ),
        verdict="R",
    )
