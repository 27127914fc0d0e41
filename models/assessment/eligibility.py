"""Vetoes (一票否决评优) and holds (暂缓) from credit records; they never change a score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from models.assessment.methodology.exemplar_rules import Switch
from models.assessment.methodology.schema import Methodology


def bars(credit_records: pl.DataFrame, year: int, methodology: Methodology) -> pl.DataFrame:
    """One row a society that is barred: society_id, veto_code, hold_code (null where there is none).

    A veto needs everything in `vetoes.needs` (document number, date) and a status in force; under review it
    is paused and holds the naming instead. A record whose `until` is before 31 December of `year` has run
    out. Of several codes, the first in the methodology's order is given.
    """
    vetoes, holds = methodology.vetoes, methodology.holds
    as_of = date(year, 12, 31)
    live = credit_records.filter(
        (pl.col("report_year") == year) & (pl.col("until").is_null() | (pl.col("until") >= as_of))
    )
    documented = live.filter([_stated(name) for name in vetoes.needs])
    veto_codes = _switched_on(vetoes.records)
    vetoed = documented.filter(
        pl.col("record_type").is_in(veto_codes), pl.col("status").is_in(vetoes.in_force)
    ).select(
        "society_id", pl.col("record_type").alias("veto_code"), pl.lit(None, pl.String).alias("hold_code")
    )
    held = live.filter(
        pl.col("record_type").is_in(_switched_on(holds.records)), pl.col("status").is_in(holds.in_force)
    ).select(
        "society_id", pl.lit(None, pl.String).alias("veto_code"), pl.col("record_type").alias("hold_code")
    )
    parts = [vetoed, held]
    if holds.paused_veto.is_on:
        paused = documented.filter(
            pl.col("record_type").is_in(veto_codes), pl.col("status").is_in(vetoes.paused)
        )
        parts.append(
            paused.select(
                "society_id",
                pl.lit(None, pl.String).alias("veto_code"),
                pl.lit(holds.paused_veto.code).alias("hold_code"),
            )
        )
    hold_order = [*_codes(holds.records), holds.paused_veto.code]
    return (
        pl.concat(parts)
        .group_by("society_id")
        .agg(_first("veto_code", _codes(vetoes.records)), _first("hold_code", hold_order))
        .sort("society_id")
    )


def _stated(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return text.is_not_null() & (text != "")


def _codes(records: Sequence[Switch]) -> list[str]:
    return [r.code for r in records]


def _switched_on(records: Sequence[Switch]) -> list[str]:
    return [r.code for r in records if r.is_on]


def _first(column: str, order: Sequence[str]) -> pl.Expr:
    ranked = {code: n for n, code in enumerate(order)}
    place = pl.col(column).replace_strict(ranked, default=None, return_dtype=pl.Int64)
    return pl.col(column).drop_nulls().sort_by(place.drop_nulls()).first().alias(column)
