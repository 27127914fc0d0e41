"""Queries of 总览: headline figures, what needs attention, bands, dimensions, filing, intake, findings."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, the
from dashboards.queries.prepared import ready
from data_contracts.defects import consequences


def headline(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """societies_n, filed_n, rated_n, selected_n, mean_score, verified_share and best_share of the run."""
    return the(
        con,
        f"""
        select count(*) as societies_n, count(*) filter (filed) as filed_n,
               count(*) filter (band <> 'unrated') as rated_n,
               count(*) filter (decision = 'selected') as selected_n,
               avg(score) as mean_score,
               avg(verified_share) filter (band <> 'unrated') as verified_share,
               count(*) filter (band in ('excellent', 'good'))
                   / nullif(count(*) filter (band <> 'unrated'), 0) as best_share
        from cohort c where {filters.of_cohort("c")}
        """,
        filters.parameters,
    )


def intake(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """Rows by verdict over the run's files: files_n, rows_read, accepted, returned, quarantined, non_data."""
    ready(con, "sent")
    return the(
        con,
        f"""
        select count(*) filter (status <> 'container') as files_n,
               count(*) filter (status = 'container') as archives_n,
               count(*) filter (status = 'superseded') as superseded_n,
               count(*) filter (status = 'refused') as refused_n,
               coalesce(sum(rows_read), 0)::bigint as rows_read,
               coalesce(sum(accepted), 0)::bigint as accepted,
               coalesce(sum(returned), 0)::bigint as returned,
               coalesce(sum(quarantined), 0)::bigint as quarantined,
               coalesce(sum(non_data), 0)::bigint as non_data
        from sent where {filters.among()}
        """,
        filters.parameters,
    )


def bands(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """band, societies_n — every band, in the order of display."""
    return con.sql(
        f"""
        select l.code as band, coalesce(c.societies_n, 0) as societies_n
        from labels l left join (
            select band, count(*) as societies_n from cohort where {filters.of_cohort("cohort")} group by band
        ) c on c.band = l.code
        where l.kind = 'band' order by l.position
        """,
        params=filters.parameters,
    ).pl()


def dimension_means(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """dimension, mean, p25, p75, societies_n over the societies that were rated."""
    ready(con, "dimension_rows")
    return con.sql(
        f"""
        select d.dimension::varchar as dimension, avg(d.score) as mean, quantile_cont(d.score, 0.25) as p25,
               quantile_cont(d.score, 0.75) as p75, count(d.score) as societies_n
        from dimension_rows d
        where d.score is not null and {filters.among("d.no", "f.band <> 'unrated'")}
        group by d.dimension order by d.dimension
        """,
        params=filters.parameters,
    ).pl()


def filing_by_unit(filters: Filters = ALL) -> Listing:
    """supervisor_id, supervisor_name, due_n, filed_n, unfiled_n, share: the units with most unfiled first."""
    return Listing(
        f"""
        select supervisor_id, any_value(supervisor_name) as supervisor_name, count(*) as due_n,
               count(*) filter (filed) as filed_n, count(*) filter (not filed) as unfiled_n,
               filed_n / due_n as share
        from cohort c where {filters.of_cohort("c")} group by supervisor_id
        order by unfiled_n desc, due_n desc, supervisor_id nulls last
        """,
        filters.parameters,
    )


def attention(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """What waits for somebody: unfiled_n, returned_n, barred_n, pending_n, overdue_n and stalled_n.

    Of the societies assessed, as the pages count that it leads to.
    """
    ready(con, "overdue_issues", "stalled_charters")
    return the(
        con,
        f"""
        select
            count(*) filter (c.unrated_reason = 'NOT_FILED') as unfiled_n,
            count(*) filter (c.unrated_reason = 'RETURNED') as returned_n,
            count(*) filter (c.veto_code is not null or c.hold_code is not null) as barred_n,
            count(*) filter (c.pending_n > 0) as pending_n,
            (select count(*) from overdue_issues where no is not null and {filters.among()}) as overdue_n,
            (select count(*) from stalled_charters where no is not null and {filters.among()}) as stalled_n
        from cohort c where {filters.of_cohort("c")}
        """,
        filters.parameters,
    )


def top_findings(
    con: DuckDBPyConnection, limit: int, is_consequence: bool = False, filters: Filters = ALL
) -> pl.DataFrame:
    """code, verdict, findings_n, societies_n: the most frequent that ask somebody to act (not repairs).

    Causes, or apart from them what only follows from them (a row returned because its cover was).
    """
    ready(con, "finding_counts")
    found = con.sql(
        f"""
        select f.code::varchar as code, f.verdict::varchar as verdict,
               sum(f.findings_n)::bigint as findings_n, count(*) filter (f.is_of_society) as societies_n
        from finding_counts f where {filters.among()}
        group by f.code, f.verdict order by findings_n desc, f.code, f.verdict
        """,
        params=filters.parameters,
    ).pl()
    follows = pl.col("code").is_in(sorted(consequences()))
    return found.filter(follows if is_consequence else ~follows).head(limit)
