"""Queries that every task page asks: how the indicators of a dimension stand, and who stands lowest."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing
from dashboards.queries.prepared import ready
from dashboards.queries.sql import SOCIETY


def indicators(con: DuckDBPyConnection, dimension: str, filters: Filters = ALL) -> pl.DataFrame:
    """One row an indicator: states counted apart, mean and quartiles of the scores (0–100)."""
    ready(con, "figures")
    return con.sql(
        f"""
        select d.indicator, d.position, d.weight,
               count(*) filter (i.state = 'reported') as reported_n,
               count(*) filter (i.state = 'zero') as zero_n,
               count(*) filter (i.state = 'not_reported') as not_reported_n,
               count(*) filter (i.state = 'not_applicable') as not_applicable_n,
               count(*) filter (i.state = 'under_verification') as under_verification_n,
               count(*) filter (i.state = 'suppressed') as suppressed_n,
               100 * avg(i.score) as mean, 100 * quantile_cont(i.score, 0.25) as p25,
               100 * quantile_cont(i.score, 0.75) as p75, count(i.score) as scored_n
        from figures i join indicator_definitions d using (position)
        where d.dimension = $dimension and {filters.among("i.no", "f.filed")}
        group by d.indicator, d.position, d.weight order by d.position
        """,
        params={"dimension": dimension, **filters.parameters},
    ).pl()


def lowest(indicator: str, filters: Filters = ALL) -> Listing:
    """The societies that filed, the lowest score of an indicator first, with figure and state."""
    return Listing(
        f"""
        select {SOCIETY}, d.indicator, i.state::varchar as state, i.numerator, i.denominator, i.is_suppressed,
               i.value, d.unit, i.grade::varchar as grade, 100 * i.score as score
        from figures i join found on found.place = i.rowid join cohort s on s.rowid = i.no
        join indicator_definitions d using (position) order by found.place
        """,
        {"indicator": indicator, **filters.parameters},
        found=f"""
        select i.rowid as place from figures i
        where i.position = (select position from indicator_definitions where indicator = $indicator)
            and {filters.among("i.no", "f.filed")}
        """,
        needs=("figures",),
    )
