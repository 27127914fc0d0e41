"""What cleaning needs to know of each field, as one frame derived from the contracts."""

from __future__ import annotations

from functools import cache

import polars as pl

from data_contracts.contract import Field
from models.intake.headers import families, normalised

# Texts this long are prose: line breaks and spaces within them are the writer's own.
PROSE_LENGTH = 500

ODD = pl.Schema(
    {
        "key": pl.UInt32,
        "code": pl.String,
        "verdict": pl.String,
        "variant": pl.String,
        "repaired": pl.String,
        "a": pl.String,
        "b": pl.String,
        "c": pl.String,
    }
)
VALUES = pl.Schema({"key": pl.UInt32, "canon": pl.String, "state": pl.String})


def shape_of(field: Field) -> str:
    """How the field is cleaned: code, text, prose, list, choice, choices, or its contract kind."""
    if field.format == "uscc":
        return "code"
    if field.kind == "string":
        if field.enum:
            return "choice"
        return "prose" if (field.max_length or 0) >= PROSE_LENGTH else "text"
    if field.kind == "array":
        return "choices" if field.enum else "list"
    return field.kind


@cache
def specs() -> pl.DataFrame:
    """One row a field: family, field, shape, is_due, is_required, unit, and the contract’s limits."""
    rows = [
        (
            name,
            f.name,
            shape_of(f),
            f.must_answer or f.required,
            f.required,
            f.unit,
            f.minimum,
            f.maximum,
            f.max_length,
            f.pattern if f.format != "uscc" else None,
            f.needs_day,
        )
        for name, contract in families().items()
        for f in contract.fields
    ]
    schema = {
        "family": pl.String, "field": pl.String, "shape": pl.String, "is_due": pl.Boolean,
        "is_required": pl.Boolean, "unit": pl.String, "minimum": pl.Float64, "maximum": pl.Float64,
        "max_length": pl.Int64, "pattern": pl.String, "needs_day": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


@cache
def spellings() -> pl.DataFrame:
    """family, field, label (normalised spelling), code, zh, is_own: how each coded value may be written."""
    rows = [
        (name, f.name, spelling, value.code, value.zh, spelling in (value.zh, value.code))
        for name, contract in families().items()
        for f in contract.fields
        for value in f.enum
        for spelling in value.spellings
    ]
    schema = {
        "family": pl.String, "field": pl.String, "label": pl.String, "code": pl.String, "zh": pl.String,
        "is_own": pl.Boolean,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(normalised(pl.col("label")))
    return frame.sort("is_own", descending=True, maintain_order=True).unique(
        ["family", "field", "label"], keep="first", maintain_order=True
    )


@cache
def choice_labels() -> pl.DataFrame:
    """family, field, labels: the permitted values as a clerk reads them."""
    rows = [
        (name, f.name, "、".join(v.zh for v in f.enum))
        for name, contract in families().items()
        for f in contract.fields
        if f.enum
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("family", "field", "labels"), pl.String), orient="row")


def odd(frame: pl.DataFrame, **constants: str) -> pl.DataFrame:
    """Complete a frame with `key` to the shape of findings about distinct answers."""
    given = {"variant": "", **constants}
    given = {k: v for k, v in given.items() if k not in frame.columns}
    return frame.with_columns(pl.lit(v).alias(k) for k, v in given.items()).select(
        (pl.col(n) if n in frame.columns or n in given else pl.lit(None)).cast(t).alias(n)
        for n, t in ODD.items()
    )


def taken(frame: pl.DataFrame, state: str = "value") -> pl.DataFrame:
    """Complete a frame with `key` and `canon` to the shape of cleaned values."""
    return frame.select("key", pl.col("canon").cast(pl.String), state=pl.lit(state))
