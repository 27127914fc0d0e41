"""Commissioned cases in sums by level and class: what may be shown of them without showing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.publication.disclosure import CASE_FAMILIES, suppress

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

GROUPINGS = ("level", "cast_class")
ALL = "all"
SUMS = """
select i.indicator, {code} as code, sum(i.numerator_raw) as met_n, sum(i.denominator) as cases_n,
       cases_n - met_n as missed_n
from indicators i join societies s using (society_id) join indicator_definitions d using (indicator)
where list_has_any(d.families, $families) and i.state in ('reported', 'zero') and i.denominator > 0
group by all order by all
"""


def case_frame(con: DuckDBPyConnection) -> pl.DataFrame:
    """grouping, code, indicator, met_n, missed_n, cases_n from the snapshot being written behind `con`.

    Met and missed are kept back together (null) where either is a count from 1 to 4, or gives one away.
    """
    import polars as pl

    frames = []
    for grouping in (ALL, *GROUPINGS):
        code = f"'{ALL}'" if grouping == ALL else f"s.{grouping}"
        found = con.sql(SUMS.format(code=code), params={"families": list(CASE_FAMILIES)}).pl()
        is_total = suppress(found, "cases_n", ["indicator"])
        is_part = (
            is_total | suppress(found, "missed_n", ["indicator"]) | suppress(found, "met_n", ["indicator"])
        )
        frames.append(
            found.with_columns(
                pl.when(~is_part).then(pl.col("met_n", "missed_n")),
                pl.when(~is_total).then("cases_n").alias("cases_n"),
                grouping=pl.lit(grouping),
            )
        )
    columns = ("grouping", "code", "indicator", "met_n", "missed_n", "cases_n")
    return pl.concat(frames).select(columns)
