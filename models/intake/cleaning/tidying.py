"""Repairs that every answer gets: full-width and traditional characters, space (defects 4, 5, 29)."""

from __future__ import annotations

from functools import cache

import polars as pl

from data_contracts.contract import CONTRACTS_DIR
from models.intake.cleaning.specs import odd
from models.intake.frames import TEXT_MARK, workbook_layout
from models.intake.headers import FULL_WIDTH, HALF_WIDTH, INVISIBLE

# In prose and titles full-width punctuation is right; only digits and letters are repaired there.
_LETTERS = [(f, h) for f, h in zip(FULL_WIDTH, HALF_WIDTH, strict=True) if h.isalnum()]
_WORDY = ("text", "prose", "list", "choice", "choices")
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?$"
_ERROR = r"^#(REF!|DIV/0!|VALUE!|N/A|NAME\?|NULL!|NUM!|SPILL!)$"
_UNSHOWABLE = r"[\u{E000}-\u{F8FF}\u{FFFD}\u{F0000}-\u{10FFFD}]"


def tidy(distinct: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `text` (tidied), `is_text` (a figure kept as text) and `had_time`; and what was found.

    `distinct` holds key, shape, raw. Idempotent: tidy text is left alone.
    """
    raw = pl.col("raw").str.strip_prefix(TEXT_MARK)
    letters = raw.str.replace_many([f for f, _ in _LETTERS], [h for _, h in _LETTERS])
    everything = raw.str.replace_many(list(FULL_WIDTH), list(HALF_WIDTH))
    half = pl.when(pl.col("shape").is_in(_WORDY)).then(letters).otherwise(everything)
    frame = distinct.with_columns(
        shown=raw, is_text=pl.col("raw").str.starts_with(TEXT_MARK), half=half
    ).with_columns(
        half=pl.when(pl.col("shape") == "code").then(pl.col("half").str.to_uppercase()).otherwise("half")
    )
    frame = frame.with_columns(
        had_time=(pl.col("shape") == "date") & pl.col("half").str.strip_chars().str.contains(_TIME)
    ).with_columns(text=_without_space())
    # One character of a text in the other script is a slip of the input method, or of a name; all are told.
    spaced_text = frame["text"]
    frame = frame.with_columns(
        pl.when(pl.col("shape") != "code")
        .then(pl.col("text").str.replace_many(*_scripts()))
        .otherwise("text")
    )
    repaired = pl.col("text").alias("repaired")
    wide = pl.col("half") != pl.col("shown")
    # A time of day beside a date is a spelling (defect 14), not white space.
    spaced = (spaced_text != pl.col("half")) & ~pl.col("had_time")
    text = pl.col("text")
    found = [
        odd(
            frame.filter(
                wide & (everything_but_space(pl.col("shown")) | (spaced_text != pl.col("shown")))
            ).select("key", repaired),
            code="D04",
            verdict="A",
        ),
        odd(frame.filter(spaced).select("key", repaired), code="D05", verdict="A"),
        odd(frame.filter(text != spaced_text).select("key", repaired), code="D29", verdict="A"),
        odd(frame.filter(text.str.contains(_ERROR)).select("key"), code="D32", verdict="R"),
        odd(
            frame.filter(text.str.contains(_UNSHOWABLE)).select(
                "key", a=text.str.extract(f"({_UNSHOWABLE})")
            ),
            code="D29",
            verdict="R",
        ),
    ]
    return frame.drop("half"), pl.concat(found)


@cache
def _scripts() -> tuple[list[str], list[str]]:
    """Traditional characters, and the simplified ones in their places."""
    import yaml

    said = yaml.safe_load((CONTRACTS_DIR / "traditional.yaml").read_text(encoding="utf-8"))
    old, new = (list(said[n].replace(" ", "")) for n in ("traditional", "simplified"))
    return old, new


def everything_but_space(shown: pl.Expr) -> pl.Expr:
    """Whether the text holds a full-width character other than the ideographic space."""
    return shown.str.contains(r"[！-～]")


def _without_space() -> pl.Expr:
    shape, half = pl.col("shape"), pl.col("half").str.replace_all(_CONTROL, "")
    none = half.str.replace_all(INVISIBLE, "")
    edges = half.str.replace_all(rf"^{INVISIBLE}+|{INVISIBLE}+$", "").str.replace_all(
        "[\u00a0\u200b-\u200f\ufeff]", " "
    )
    # Twice: a match takes both its neighbours, so every second gap of “甲 乙 丙” would be left.
    han = r"(\p{Han})\s+(\p{Han})"
    line = edges.str.replace_all(r"\s+", " ").str.replace_all(han, "$1$2").str.replace_all(han, "$1$2")
    # Line breaks part the items of a list.
    items = edges.str.replace_all(r"\s*[\r\n]+\s*", "、").str.replace_all(INVISIBLE, "")
    date = (
        pl.when("had_time").then(edges.str.replace(_TIME, "")).otherwise(edges).str.replace_all(INVISIBLE, "")
    )
    return (
        pl.when(shape == "prose").then(edges)
        .when(shape == "text").then(line)
        .when(shape.is_in(["list", "choices"])).then(items)
        .when(shape == "date").then(date)
        .otherwise(none)
    )  # fmt: skip


def words(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Set apart answers that are no value: 不适用, 未统计, and the ambiguous (defect 20).

    Returns:
        The answers that are values; key, canon, state of those set apart; what was found.
    """
    said = workbook_layout()["words"]
    text = pl.col("text")
    is_na = text.is_in(said["not_applicable"])
    is_nc = text.is_in(said["not_counted"])
    # A cell can also be emptied by tidying: white space only.
    is_vague = (text.is_in(said["ambiguous"]) & ~pl.col("is_choice")) | (text == "")
    apart = frame.filter(is_na | is_nc | is_vague).with_columns(
        state=pl.when(is_na)
        .then(pl.lit("not_applicable"))
        .when(is_nc)
        .then(pl.lit("not_counted"))
        .otherwise(pl.lit("blank"))
    )
    vague = pl.col("state") == "blank"
    found = [
        odd(apart.filter(vague & pl.col("is_due")).select("key"), code="D20", verdict="R"),
        odd(apart.filter(vague & ~pl.col("is_due") & (text != "")).select("key"), code="D20", verdict="A"),
        odd(
            apart.filter(~vague & pl.col("is_required")).select("key"),
            code="D20",
            verdict="R",
            variant="required",
        ),
    ]
    states = apart.select("key", canon=pl.lit(None, pl.String), state="state")
    return frame.join(apart.select("key"), on="key", how="anti"), states, pl.concat(found)
