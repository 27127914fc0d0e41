"""Names, titles, prose and credit codes (defects 6 to 9, 41)."""

from __future__ import annotations

import polars as pl

from data_contracts.coding import advise_uscc
from models.intake.cleaning.specs import odd


def clean_texts(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Text: length and pattern are checked; what begins like a formula is logged, not changed.

    `answers` holds key, text (tidied), max_length, pattern.
    """
    text = pl.col("text")
    length = text.str.len_chars()
    frame = answers.with_columns(
        is_long=(length > pl.col("max_length")).fill_null(False),
        is_shaped=pl.col("pattern").is_null() | text.str.contains(pl.col("pattern").fill_null("")),
    )
    is_good = ~pl.col("is_long") & pl.col("is_shaped")
    found = [
        odd(
            frame.filter("is_long").select(
                "key", a=length.cast(pl.String), b=pl.col("max_length").cast(pl.String)
            ),
            code="S08",
            verdict="R",
        ),
        odd(frame.filter(~pl.col("is_shaped")).select("key"), code="S09", verdict="R"),
        odd(
            frame.filter(is_good & text.str.contains(r"^[=+@]")).select("key", a=text.str.slice(0, 1)),
            code="D41",
            verdict="A",
        ),
    ]
    values = frame.select(
        "key",
        canon=pl.when(is_good).then(text),
        state=pl.when(is_good).then(pl.lit("value")).otherwise(pl.lit("bad")),
    )
    return values, pl.concat(found)


def clean_codes(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Credit codes: right, or with advice on what to look at."""
    advice = {key: advise_uscc(text) for key, text in answers.select("key", "text").iter_rows()}
    rows = [(k, v.code, v.verdict, v.variant, v.a, v.b, v.c) for k, v in advice.items() if v]
    names = ("code", "verdict", "variant", "a", "b", "c")
    found = pl.DataFrame(rows, schema={"key": pl.UInt32, **dict.fromkeys(names, pl.String)}, orient="row")
    is_bad = pl.col("key").is_in(found["key"].implode())
    values = answers.select(
        "key",
        canon=pl.when(~is_bad).then("text"),
        state=pl.when(is_bad).then(pl.lit("bad")).otherwise(pl.lit("value")),
    )
    return values, odd(found)
