"""Queries of 数据质量: table checks, rows returned or set aside, coverage, drift since last year."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, the
from dashboards.queries.prepared import ready
from dashboards.queries.sql import GRAVEST
from data_contracts.defects import consequences

ROW_VERDICTS = ("accepted", "returned", "quarantined", "non_data")


def checks(con: DuckDBPyConnection) -> pl.DataFrame:
    """family, severity, checks_n, failed_n of the table checks, the families with failures first."""
    return con.sql(
        """
        select family, severity, count(*) as checks_n, count(*) filter (not success) as failed_n
        from expectation_results group by all order by failed_n desc, family, severity
        """
    ).pl()


def failures(con: DuckDBPyConnection) -> pl.DataFrame:
    """family, description, severity, observed, unexpected_n of the checks that fail, grave ones first."""
    return con.sql(
        """
        select family, description, severity, observed, unexpected_n from expectation_results
        where not success order by severity = 'hard' desc, family, expectation
        """
    ).pl()


def findings(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """code, verdict, findings_n, societies_n, files_n of what was returned, set aside or warned of.

    What only follows from another fault stands last. Without filters findings of no society count too.
    """
    return con.sql(
        f"""
        select code, verdict, count(*) as findings_n, count(distinct society_id) as societies_n,
               count(distinct file_id) as files_n
        from findings where {filters.where()} group by code, verdict
        order by list_contains($following, code), {GRAVEST}, findings_n desc, code
        """,
        params={"following": sorted(consequences()), **filters.parameters},
    ).pl()


def finding_rows(lang: str, code: str | None = None, filters: Filters = ALL) -> Listing:
    """Each finding with society, file, sheet, line, header, value and message; `code` keeps one kind."""
    return Listing(
        f"""
        select s.society_id, s.name, d.verdict, d.code, fl.name as file, d.sheet, d.row as line, d.header,
               d.value, d.message_{"en" if lang == "en" else "zh"} as message
        from findings d left join societies s using (society_id) left join files fl using (file_id)
        where ($code is null or d.code = $code) and {filters.where("d.society_id")}
        order by {GRAVEST}, d.code, fl.name nulls last, d.file_id, d.sheet nulls first, line nulls first,
                 d.col nulls first, message
        """,
        {"code": code, **filters.parameters},
    )


def file_rows(origin: str | None = None, verdict: str | None = None, filters: Filters = ALL) -> Listing:
    """Each file with its sender and what became of its rows; those with most rows sent back come first.

    `verdict` (accepted, returned, quarantined, non_data) keeps the files that have such rows.
    """
    if verdict not in {None, *ROW_VERDICTS}:
        raise ValueError(f"no verdict on rows {verdict!r} 没有该判读结果")
    has_rows = "true" if verdict is None else f"d.{verdict} > 0"
    return Listing(
        """
        select s.society_id, s.name, d.name as file, d.origin, d.status::varchar as status, d.rows_read,
               d.accepted, d.returned, d.quarantined, d.non_data
        from sent d join found on found.place = d.rowid left join cohort s on s.rowid = d.no
        order by found.place
        """,
        {"origin": origin, **filters.parameters},
        found=f"""
        select d.rowid as place from sent d
        where d.status <> 'container' and ($origin is null or d.origin = $origin) and {has_rows}
            and {filters.among("d.no")}
        """,
        needs=("sent",),
    )


def files(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """origin, files_n, refused_n, rows_read, accepted, returned, quarantined, non_data of the run's files."""
    ready(con, "sent")
    return con.sql(
        f"""
        select origin, count(*) as files_n,
               count(*) filter (status = 'refused') as refused_n,
               sum(rows_read)::bigint as rows_read, sum(accepted)::bigint as accepted,
               sum(returned)::bigint as returned, sum(quarantined)::bigint as quarantined,
               sum(non_data)::bigint as non_data
        from sent where status <> 'container' and {filters.among()} group by all
        order by files_n desc, origin
        """,
        params=filters.parameters,
    ).pl()


def coverage(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """indicator, societies_n, and the share of the societies that filed in each state, a column a state."""
    ready(con, "figures")
    return con.sql(
        f"""
        select d.indicator, count(*) as societies_n,
               avg((i.state = 'reported')::int) as reported, avg((i.state = 'zero')::int) as zero,
               avg((i.state = 'not_reported')::int) as not_reported,
               avg((i.state = 'not_applicable')::int) as not_applicable,
               avg((i.state = 'under_verification')::int) as under_verification,
               avg((i.state = 'suppressed')::int) as suppressed
        from figures i join indicator_definitions d using (position) where {filters.among("i.no", "f.filed")}
        group by d.indicator, d.position order by d.position
        """,
        params=filters.parameters,
    ).pl()


def drift(now: DuckDBPyConnection, before: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Mean value of each indicator now and in the earlier run, over the societies that both hold.

    `filters` are of the run now: a society that moved to another class is compared with itself.

    indicator, unit, societies_n, now, before, change (in the indicator's own unit; shares 0–1).
    """
    query = """
    select i.society_id, i.indicator, d.unit, d.position, i.value from indicators i
    join indicator_definitions d using (indicator) where i.value is not null and
    """
    key = ["society_id", "indicator"]
    those = now.sql(query + filters.where("i.society_id"), params=filters.parameters).pl()
    both = those.join(before.sql(f"{query} true").pl().select(*key, before="value"), on=key)
    return (
        both.group_by("indicator", "unit", "position")
        .agg(societies_n=pl.len(), now=pl.col("value").mean(), before=pl.col("before").mean())
        .with_columns(change=pl.col("now") - pl.col("before"))
        .sort("position")
        .drop("position")
    )


def checks_n(con: DuckDBPyConnection) -> int:
    """How many table checks are on record."""
    return int(con.sql("select count(*) from expectation_results").fetchall()[0][0])


def total(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """checks_n, failed_n, returned, quarantined, rows_read, refused_n, not_reported_share of the run."""
    ready(con, "sent", "figures")
    here = filters.among()
    return the(
        con,
        f"""
        select (select count(*) from expectation_results) as checks_n,
               (select count(*) from expectation_results where not success) as failed_n,
               (select sum(rows_read)::bigint from sent where {here}) as rows_read,
               (select sum(returned)::bigint from sent where {here}) as returned,
               (select sum(quarantined)::bigint from sent where {here}) as quarantined,
               (select count(*) from sent where status = 'refused' and {here}) as refused_n,
               (select avg((state = 'not_reported')::int) from figures
                where {filters.among(also="f.filed")}) as not_reported_share
        """,
        filters.parameters,
    )
