"""Commissioned cases in sums by level and class: what may be shown of them without showing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.publication.disclosure import CASE_FAMILIES, SMALLEST_COUNT, suppress

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.publication.coarse import Place

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


def sql_for_sums(at: Place) -> str:
    """Sums of cases, where what the withheld societies add to them tells of no single one.

    A sum is told only where at least five such societies are behind it with at least five cases beyond one
    each, and met and missed only where both are five or more; else all of them could be told to have one, or
    to have met. What a total leaves to the parts kept back is held to the same. The withheld societies' share
    of a sum is told in whole fives: else two runs of a year, before and after one society's late case, would
    differ by its count. Not the sum itself, which the others' known counts would shift until it gave way.
    """
    met_too = "f.is_n and f.is_k and (f.grouping = 'all' or w.is_k)"
    enough = f"(m = 0 or m >= {SMALLEST_COUNT} and n - m >= {SMALLEST_COUNT})"
    parted = f"(m = 0 or k >= {SMALLEST_COUNT} and n - k >= {SMALLEST_COUNT})"
    return f"""
        with figures as (
            select i.indicator, s.level, s.cast_class, i.denominator as n, i.numerator_raw as k
            from {at.source}.indicators i join {at.source}.societies s using (society_id)
            join {at.own}.cells c using (society_id, indicator) where c.is_whole and i.denominator > 0
        ), behind as (
            select 'all' as grouping, 'all' as code, * exclude (level, cast_class) from figures
            union all select 'level', level, * exclude (level, cast_class) from figures
            union all select 'cast_class', cast_class, * exclude (level, cast_class) from figures
        ), sums as (
            select t.*, count(b.n) as m, coalesce(sum(b.n), 0) as n, coalesce(sum(b.k), 0) as k
            from {at.source}.case_summary t left join behind b using (grouping, code, indicator) group by all
        ), first as (
            select *, cases_n is not null and {enough} as is_n,
                   cases_n is not null and met_n is not null and {enough} and {parted} as is_k
            from sums
        ), left_n as (
            select grouping, indicator, coalesce(sum(m) filter (not is_n), 0) as m,
                   coalesce(sum(n) filter (not is_n), 0) as n
            from first group by all
        ), left_k as (
            select grouping, indicator, coalesce(sum(m) filter (not is_k), 0) as m,
                   coalesce(sum(n) filter (not is_k), 0) as n, coalesce(sum(k) filter (not is_k), 0) as k
            from first group by all
        ), whole as (
            select grouping, indicator, (select {enough} from left_n l
                       where l.grouping = f.grouping and l.indicator = f.indicator) as is_n,
                   (select {enough} and {parted} from left_k l
                       where l.grouping = f.grouping and l.indicator = f.indicator) as is_k
            from (select distinct grouping, indicator from first) f
        )
        select f.* exclude (m, n, k, is_n, is_k) replace (
            case when {met_too} then met_n - f.k + {_whole("f.k")} end as met_n,
            case when {met_too} then missed_n - (f.n - f.k) + {_whole("f.n - f.k")} end as missed_n,
            case when {met_too} then cases_n - f.n + {_whole("f.k")} + {_whole("f.n - f.k")}
                 when f.is_n and (f.grouping = 'all' or w.is_n) then cases_n - f.n + {_whole("f.n")}
            end as cases_n
        ) from first f join whole w using (grouping, indicator)
    """


def _whole(count: str) -> str:
    return f"({SMALLEST_COUNT} * round(({count}) / {SMALLEST_COUNT}))"
