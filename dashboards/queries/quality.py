"""Queries of 数据质量: table checks, rows returned or set aside, coverage, drift since last year."""

from __future__ import annotations

from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from data_contracts.defects import consequences


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


def findings(con: DuckDBPyConnection) -> pl.DataFrame:
    """code, verdict, findings_n, societies_n, files_n of what was returned, set aside or warned of.

    What only follows from another fault stands last.
    """
    return con.sql(
        """
        select code, verdict, sum(findings_n)::bigint as findings_n, max(societies_n)::bigint as societies_n,
               max(files_n)::bigint as files_n
        from findings_summary where verdict <> 'A' group by code, verdict
        order by list_contains($1, code), case verdict when 'Q' then 1 when 'R' then 2 else 3 end,
                 findings_n desc, code
        """,
        params=[sorted(consequences())],
    ).pl()


def files(con: DuckDBPyConnection) -> pl.DataFrame:
    """origin, files_n, refused_n, rows_read, accepted, returned, quarantined, non_data of the run's files."""
    return con.sql(
        """
        select coalesce(origin, 'unknown') as origin, count(*) as files_n,
               count(*) filter (status = 'refused') as refused_n,
               sum(rows_read)::bigint as rows_read, sum(accepted)::bigint as accepted,
               sum(returned)::bigint as returned, sum(quarantined)::bigint as quarantined,
               sum(non_data)::bigint as non_data
        from files where status <> 'container' group by all order by files_n desc, origin
        """
    ).pl()


def coverage(con: DuckDBPyConnection) -> pl.DataFrame:
    """indicator, societies_n, and the share of the societies that filed in each state, a column a state."""
    return con.sql(
        """
        select i.indicator, count(*) as societies_n,
               avg((i.state = 'reported')::int) as reported, avg((i.state = 'zero')::int) as zero,
               avg((i.state = 'not_reported')::int) as not_reported,
               avg((i.state = 'not_applicable')::int) as not_applicable,
               avg((i.state = 'under_verification')::int) as under_verification,
               avg((i.state = 'suppressed')::int) as suppressed
        from indicators i join societies s using (society_id) join indicator_definitions d using (indicator)
        where s.filed group by i.indicator, d.position order by d.position
        """
    ).pl()


def drift(now: DuckDBPyConnection, before: DuckDBPyConnection) -> pl.DataFrame:
    """Mean value of each indicator now and in the earlier run, over the societies that both hold.

    indicator, unit, societies_n, now, before, change (in the indicator's own unit; shares 0–1).
    """
    query = """
    select i.society_id, i.indicator, d.unit, d.position, i.value from indicators i
    join indicator_definitions d using (indicator) where i.value is not null
    """
    key = ["society_id", "indicator"]
    both = now.sql(query).pl().join(before.sql(query).pl().select(*key, before="value"), on=key)
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


def total(con: DuckDBPyConnection) -> dict[str, Any]:
    """checks_n, failed_n, returned, quarantined, rows_read, refused_n, not_reported_share of the run."""
    found = con.sql(
        """
        select (select count(*) from expectation_results) as checks_n,
               (select count(*) from expectation_results where not success) as failed_n,
               (select sum(rows_read)::bigint from files) as rows_read,
               (select sum(returned)::bigint from files) as returned,
               (select sum(quarantined)::bigint from files) as quarantined,
               (select count(*) from files where status = 'refused') as refused_n,
               (select avg((i.state = 'not_reported')::int)
                from indicators i join societies s using (society_id) where s.filed) as not_reported_share
        """
    )
    return dict(zip(found.columns, found.fetchall()[0], strict=True))
