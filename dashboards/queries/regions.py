"""Queries of 区域与学科: the 37 reporting lines, and the classes of disciplines."""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters

Column = Literal["reporting_line", "cast_class", "level", "size_class"]


def summary(con: DuckDBPyConnection, column: Column, filters: Filters = ALL) -> pl.DataFrame:
    """One row a code of `column`: counts, and the spread of scores of those rated.

    code, societies_n, filed_n, rated_n, filed_share, best_share (excellent or good ÷ rated), verified_share,
    selected_n, median, p25, p75 (0–100; null where nobody is rated).
    """
    if column not in get_args(Column):
        raise ValueError(f"no column {column!r} 没有该列")
    return con.sql(
        f"""
        select c.{column} as code, count(*) as societies_n, count(*) filter (c.filed) as filed_n,
               count(c.score) as rated_n, count(*) filter (c.filed) / count(*) as filed_share,
               count(*) filter (c.band in ('excellent', 'good')) / nullif(count(c.score), 0) as best_share,
               avg(c.verified_share) filter (c.score is not null) as verified_share,
               count(*) filter (c.decision = 'selected') as selected_n,
               median(c.score) as median, quantile_cont(c.score, 0.25) as p25,
               quantile_cont(c.score, 0.75) as p75
        from cohort c left join labels l on l.kind = '{column}' and l.code = c.{column}
        where {filters.of_cohort("c")}
        group by c.{column}, l.position order by l.position nulls last, c.{column}
        """,
        params=filters.parameters,
    ).pl()
