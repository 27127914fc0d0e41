"""Queries that every task page asks: how the indicators of a dimension stand, and who stands lowest."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.frames import FILED, SOCIETY, Rows, answered, rows

STATES = ("reported", "zero", "not_reported", "not_applicable", "under_verification", "suppressed")


@answered
def indicators(con: DuckDBPyConnection, dimension: str, filters: Filters = ALL) -> pl.DataFrame:
    """One row an indicator: states counted apart, mean and quartiles of the scores (0–100)."""
    score = pl.col("score")
    found = rows(con, "figures", ("position", "state", "score"), filters, FILED, ("dimension", dimension))
    spread = found.group_by("position").agg(
        *((pl.col("state") == state).sum().cast(pl.Int64).alias(f"{state}_n") for state in STATES),
        mean=score.mean(),
        p25=score.quantile(0.25, "linear"),
        p75=score.quantile(0.75, "linear"),
        scored_n=score.count().cast(pl.Int64),
    )
    known = con.sql("select position, indicator, weight from indicator_definitions").pl()
    return (
        known.join(spread, on="position")
        .sort("position")
        .select("indicator", "position", "weight", pl.exclude("indicator", "position", "weight"))
    )


def lowest(indicator: str, filters: Filters = ALL) -> Rows:
    """The societies that filed, the lowest score of an indicator first, with figure and state."""
    return Rows(
        "figures",
        (*SOCIETY, "indicator", "state", "numerator", "denominator", "is_suppressed", "value", "unit",
         "grade", "score"),
        filters,
        FILED,
        ("indicator", indicator),
    )  # fmt: skip
