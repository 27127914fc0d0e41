"""Coded answers: one of a list, several of a list, yes or no (defects 19, 34, 35)."""

from __future__ import annotations

import polars as pl

from models.intake.cleaning.specs import choice_labels, odd, spellings
from models.intake.frames import ITEM_MARK, workbook_layout
from models.intake.headers import normalised

_SEPARATORS = "[、，,；;|\n]"
_ON = ["family", "field", "label"]


def clean_choices(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One of the code table's values.

    `answers` holds key, family, field, text.

    Returns:
        key, canon (the code), state; and what was found.
    """
    frame = answers.with_columns(label=normalised(pl.col("text"))).join(
        spellings(), on=_ON, how="left", maintain_order="left"
    )
    is_known = pl.col("code").is_not_null()
    line = pl.when(pl.col("field") == "reporting_line").then(pl.lit("D34")).otherwise(pl.lit("D35"))
    alias = frame.filter(is_known & ~pl.col("is_own")).select("key", code=line, repaired="zh")
    unknown = frame.filter(~is_known).join(choice_labels(), on=["family", "field"])
    found = [
        odd(alias, verdict="A"),
        odd(unknown.select("key", a="labels"), code="S04", verdict="R"),
    ]
    values = frame.select(
        "key", canon="code", state=pl.when(is_known).then(pl.lit("value")).otherwise(pl.lit("bad"))
    )
    return values, pl.concat(found)


def clean_choice_lists(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Several of the code table's values, each once, in the order given.

    A slash parts items unless a permitted value holds one (评审专家/编委).
    """
    items = _items(answers.select("key", "family", "field", "text"), _SEPARATORS)
    known = items.join(spellings().select(*_ON, "code"), on=_ON, how="left", maintain_order="left")
    slashed = pl.col("code").is_null() & pl.col("item").str.contains("/")
    parted = _items(known.filter(slashed).select("key", "place", "family", "field", text="item"), "/")
    items = pl.concat([known.filter(~slashed).select(items.columns), parted.select(items.columns)])
    frame = (
        items.sort("key", "place", maintain_order=True)
        .join(spellings(), on=_ON, how="left", maintain_order="left")
        .group_by("key", maintain_order=True)
        .agg(
            canon=pl.col("code").unique(maintain_order=True).str.join(ITEM_MARK),
            repaired=pl.col("zh").unique(maintain_order=True).str.join("、"),
            has_alias=(~pl.col("is_own")).any(),
            unknown=pl.col("item").filter(pl.col("code").is_null()).first(),
            family=pl.col("family").first(),
            field=pl.col("field").first(),
        )
    )
    is_known = pl.col("unknown").is_null()
    unknown = frame.filter(~is_known).join(choice_labels(), on=["family", "field"])
    found = [
        odd(frame.filter(is_known & pl.col("has_alias")).select("key", "repaired"), code="D35", verdict="A"),
        odd(unknown.select("key", a="labels"), code="S04", verdict="R"),
    ]
    values = frame.select(
        "key",
        canon=pl.when(is_known).then("canon"),
        state=pl.when(is_known).then(pl.lit("value")).otherwise(pl.lit("bad")),
    )
    return values, pl.concat(found)


def clean_free_lists(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items of a list without a code table."""
    items = _items(answers.select("key", "family", "field", "text"), _SEPARATORS)
    values = items.group_by("key", maintain_order=True).agg(
        canon=pl.col("item").unique(maintain_order=True).str.join(ITEM_MARK)
    )
    return values.with_columns(state=pl.lit("value")), odd(values.head(0).select("key"), code="", verdict="")


def _items(frame: pl.DataFrame, separators: str) -> pl.DataFrame:
    """key, place, family, field, item, label: one row an item."""
    if "place" not in frame.columns:
        frame = frame.with_columns(place=pl.lit(0, pl.Int64))
    # A control character stands in for every separator, since split takes no pattern.
    parts = pl.col("text").str.replace_all(separators, ITEM_MARK).str.split(ITEM_MARK)
    items = (
        frame.with_columns(item=parts)
        .drop("text")
        .explode("item")
        .with_columns(pl.col("item").str.strip_chars())
    )
    items = items.filter(pl.col("item") != "").with_columns(label=normalised(pl.col("item")))
    return items.with_columns(
        place=pl.col("place") * 1000 + pl.int_range(pl.len()).over("key", "place")
    ).select("key", "place", "family", "field", "item", "label")


def clean_booleans(answers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Yes or no, in every spelling of workbook.yaml; “部分” and the like are returned."""
    said = workbook_layout()["words"]
    text = pl.col("text")
    canon = (
        pl.when(text.is_in(said["yes"]))
        .then(pl.lit("true"))
        .when(text.is_in(said["no"]))
        .then(pl.lit("false"))
    )
    frame = answers.with_columns(canon=canon)
    yes, no = said["yes"][0], said["no"][0]
    repaired = pl.when(pl.col("canon") == "true").then(pl.lit(yes)).otherwise(pl.lit(no)).alias("repaired")
    is_known = pl.col("canon").is_not_null()
    found = [
        odd(frame.filter(is_known & ~text.is_in([yes, no])).select("key", repaired), code="D19", verdict="A"),
        odd(frame.filter(~is_known).select("key"), code="D19", verdict="R"),
    ]
    state = pl.when(is_known).then(pl.lit("value")).otherwise(pl.lit("bad"))
    return frame.select("key", "canon", state=state), pl.concat(found)
