"""Dates in every spelling met, Excel serial numbers, and dates that name no day (defects 14, 15, 16)."""

from __future__ import annotations

import polars as pl

from models.intake.cleaning.specs import odd

_ISO = r"^\d{4}-\d{2}-\d{2}$"
_NUMERAL = "〇零○一二三四五六七八九十"
_SPELT = (
    rf"^(?P<y>[\d{_NUMERAL}]{{4}})[-/.年](?P<m>\d{{1,2}}|[{_NUMERAL}]{{1,3}})[-/.月]"
    rf"(?P<d>\d{{1,2}}|[{_NUMERAL}]{{1,3}})[日号]?$"
)
_PACKED = r"^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})$"
_SERIAL = r"^[2-6]\d{4}(\.\d+)?$"
# A number that is neither a year nor a plausible serial: a serial that lost or gained a digit.
_BAD_SERIAL = r"^(\d{1,3}|[03-9]\d{3}|1[0-8]\d{2}|2[1-9]\d{2}|[017-9]\d{4}|\d{6})(\.\d+)?$"
_MONTH = rf"^(?P<y>[\d{_NUMERAL}]{{4}})[-/.年](?P<m>\d{{1,2}}|[{_NUMERAL}]{{1,3}})月?份?[初中底末]?$"
_VAGUE = r"(半年|季度|上旬|中旬|下旬|年初|年中|年底|年末|月)|^\d{4}年?$"
_UNITS = "零一二三四五六七八九"
# 一 … 三十一, for months and days; and the digits of a year read one by one.
_COUNTS = {(("" if t == 1 else _UNITS[t]) + "十" if t else "") + (_UNITS[u] if u else ""): t * 10 + u
           for t in range(4) for u in range(10) if t or u}  # fmt: skip
_YEAR_DIGITS = {c: str(i) for i, c in enumerate(_UNITS)} | {"〇": "0", "○": "0"}
# Excel counts days from 1900 with a false leap day, hence the 30th; old Macintosh files from 1904.
EPOCH_1900 = pl.date(1899, 12, 30)
DAYS_1904 = 1462


def clean_dates(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Dates to ISO text.

    `answers` holds key, text (tidied), had_time, needs_day (a month alone will not do). Serial numbers
    get the state `serial` and their 1900 reading: which system was meant shows only beside the report
    year (see judging).

    Returns:
        key, canon, state (`value`, `serial` or `bad`); and what was found.
    """
    frame = answers.with_columns(
        spelt=_day(_SPELT), packed=_day(_PACKED), month=_day(_MONTH, is_month=True), serial=_serial()
    ).with_columns(day=pl.coalesce("spelt", "packed"))
    is_day, is_serial = pl.col("day").is_not_null(), pl.col("serial").is_not_null()
    is_exact = pl.col("needs_day")
    is_month = pl.col("month").is_not_null()
    is_iso = pl.col("text").str.contains(_ISO) & ~pl.col("had_time")
    # Year, month and day are all there: the date is wrong rather than vague.
    is_vague = pl.col("text").str.contains(_VAGUE) & ~pl.col("text").str.contains(_SPELT)
    frame = frame.with_columns(
        outcome=pl.when(is_day & is_iso).then(pl.lit("clean"))
        .when(is_day).then(pl.lit("D14"))
        .when(is_serial).then(pl.lit("serial"))
        .when(pl.col("text").str.contains(_BAD_SERIAL)).then(pl.lit("D15"))
        .when(is_month & ~is_exact).then(pl.lit("month"))
        .when(is_month | is_vague).then(pl.lit("D16"))
        .otherwise(pl.lit("S06")),
    )  # fmt: skip
    value = pl.coalesce("day", "serial", "month").dt.strftime("%Y-%m-%d")
    frame = frame.with_columns(canon=pl.when(~pl.col("outcome").is_in(["D15", "D16", "S06"])).then(value))
    repaired = pl.col("canon").alias("repaired")

    def of(outcome: str) -> pl.DataFrame:
        return frame.filter(pl.col("outcome") == outcome).select("key", repaired)

    found = [
        odd(of("D14"), code="D14", verdict="A"),
        odd(of("serial"), code="D15", verdict="A"),
        odd(of("D15"), code="D15", verdict="R"),
        odd(of("month"), code="D16", verdict="W"),
        odd(of("D16"), code="D16", verdict="R"),
        odd(of("S06"), code="S06", verdict="R"),
    ]
    state = (
        pl.when(pl.col("outcome") == "serial").then(pl.lit("serial"))
        .when(pl.col("canon").is_null()).then(pl.lit("bad"))
        .otherwise(pl.lit("value"))
    )  # fmt: skip
    return frame.select("key", "canon", state=state), pl.concat(found)


def _day(pattern: str, is_month: bool = False) -> pl.Expr:
    groups = pl.col("text").str.extract_groups(pattern)
    year = groups.struct.field("y").str.replace_many(_YEAR_DIGITS).cast(pl.Int32, strict=False)
    month = _count(groups.struct.field("m"))
    day = pl.lit(1, pl.Int32) if is_month else _count(groups.struct.field("d"))
    # By way of text: an impossible day (30 February) becomes null instead of an error.
    text = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y-%m-%d", strict=False)


def _count(text: pl.Expr) -> pl.Expr:
    spelt = text.replace_strict(_COUNTS, default=None, return_dtype=pl.Int32)
    return pl.coalesce(text.cast(pl.Int32, strict=False), spelt)


def _serial() -> pl.Expr:
    days = pl.when(pl.col("text").str.contains(_SERIAL)).then(pl.col("text")).cast(pl.Float64, strict=False)
    return EPOCH_1900 + pl.duration(days=days.floor().cast(pl.Int64))
