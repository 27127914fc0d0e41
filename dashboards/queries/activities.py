"""Queries of the pages on 评价规范, 宣讲教育 and 青年支持: evaluation activities, education, young people."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing
from dashboards.queries.prepared import ready
from dashboards.queries.sql import SOCIETY


def settings(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """setting, societies_n, activities_n, with_norm_n, unused_n, limited_n, threshold_n."""
    return con.sql(
        f"""
        select setting, count(distinct society_id) as societies_n, count(*) as activities_n,
               count(norm_doc_id) as with_norm_n, count(*) - count(norm_doc_id) as unused_n,
               count(*) filter (rep_limit is not null) as limited_n,
               count(*) filter (jif_threshold) as threshold_n
        from detail_evaluation_activities where {filters.where()}
        group by setting order by unused_n / activities_n desc, setting
        """,
        params=filters.parameters,
    ).pl()


def activities_without_norm(filters: Filters = ALL) -> Listing:
    """Evaluation activities that name no norm, with limit, threshold and the row."""
    return Listing(
        f"""
        select {SOCIETY}, d.setting, d.activity, d.held_on, d.rep_limit, d.jif_threshold, '4.4' as indicator,
               d.sheet, d.line, d.file
        from activities_without_norm d join found on found.place = d.rowid join cohort s on s.rowid = d.no
        order by found.place
        """,
        filters.parameters,
        found=f"""
        select d.rowid as place from activities_without_norm d where {filters.among("d.no")}
        """,
        needs=("activities_without_norm",),
    )


def quarters(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (1–4), n societies with a session in the quarter, total societies that filed."""
    ready(con, "education")
    return con.sql(
        f"""
        with all_of as materialized (
            select quarters, count(*) as n from education where {filters.among("no", "f.filed")} group by 1
        )
        select q.code::varchar as code, coalesce(sum(a.n), 0)::bigint as n,
               (select coalesce(sum(n), 0)::bigint from all_of) as total
        from (select unnest([1, 2, 3, 4]) as code) q
        left join all_of a on a.quarters & (1 << q.code - 1) > 0
        group by q.code order by q.code
        """,
        params=filters.parameters,
    ).pl()


def audiences(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (audience), n societies that reached it, total societies that filed."""
    ready(con, "education")
    return con.sql(
        f"""
        with all_of as materialized (
            select audiences, count(*) as n from education where {filters.among("no", "f.filed")} group by 1
        )
        select b.code, coalesce(sum(a.n), 0)::bigint as n,
               (select coalesce(sum(n), 0)::bigint from all_of) as total
        from audience_bits b left join all_of a on a.audiences & (1 << b.bit) > 0
        group by b.code, b.bit order by b.bit
        """,
        params=filters.parameters,
    ).pl()


def education_gaps(filters: Filters = ALL) -> Listing:
    """Societies with a quarter without education or an audience missed, most gaps first."""
    return Listing(
        f"""
        with codes as (select list(code order by bit) as codes from audience_bits)
        select {SOCIETY}, d.sessions_n,
               list_filter(['1', '2', '3', '4'], lambda q: d.quarters_missed & (1 << q::int - 1) > 0)
                   as quarters_missed,
               list_filter(codes.codes, lambda a, n: d.audiences_missed & (1 << n::int - 1) > 0)
                   as audiences_missed,
               '5.1' as indicator
        from education d join found on found.place = d.rowid join cohort s on s.rowid = d.no cross join codes
        order by found.place
        """,
        filters.parameters,
        found=f"""
        select d.rowid as place from education d
        where (d.quarters_missed > 0 or d.audiences_missed > 0) and {filters.among("d.no", "f.filed")}
        """,
        needs=("education",),
    )


def youth(con: DuckDBPyConnection, indicator: str, filters: Filters = ALL) -> pl.DataFrame:
    """cast_class, size_class, societies_n, numerator, denominator, share: as counted in an indicator."""
    return con.sql(
        f"""
        select s.cast_class, s.size_class, count(*) as societies_n, sum(i.numerator_raw) as numerator,
               sum(i.denominator) as denominator,
               sum(i.numerator_raw) / nullif(sum(i.denominator), 0) as share
        from indicators i join cohort s using (society_id)
        where i.indicator = $indicator and i.state in ('reported', 'zero') and i.denominator > 0
            and {filters.of_cohort("s")}
        group by all order by all
        """,
        params={"indicator": indicator, **filters.parameters},
    ).pl()
