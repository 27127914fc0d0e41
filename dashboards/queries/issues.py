"""Queries of the page on 社会监督: issues raised, and rectifications past their term."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Row, the
from dashboards.queries.frames import SOCIETY, Rows
from dashboards.queries.sql import AS_OF, sql_for_overdue


def issues(filters: Filters = ALL) -> Rows:
    """Rectifications past their term and not closed: how late, how they stand, and the row."""
    return Rows(
        "overdue_issues",
        (*SOCIETY, "channel", "received_on", "rectify_due_on", "days_n", "status", "plan", "indicator",
         "sheet", "line", "file"),
        filters,
        given=(("indicator", "7.3"),),
    )  # fmt: skip


def issue_figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """all_n, open_n, overdue_n, waiting_n (for verification), repeated_n, late_reply_n, oldest_days_n."""
    return the(
        con,
        f"""
        select count(*) as all_n, count(*) filter (status <> 'closed') as open_n,
               count(*) filter ({sql_for_overdue("i")}) as overdue_n,
               count(*) filter (status = 'awaiting_verification') as waiting_n,
               count(*) filter (recurrence_of is not null) as repeated_n,
               count(*) filter (coalesce(replied_on, {AS_OF}) > due_on) as late_reply_n,
               max(date_diff('day', rectify_due_on, {AS_OF})) filter ({sql_for_overdue("i")}) as oldest_days_n
        from detail_supervision_issues i where {filters.where("i.society_id")}
        """,
        filters.parameters,
    )


def channels(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """channel, issues_n, open_n, overdue_n, closed_n."""
    return con.sql(
        f"""
        select channel, count(*) as issues_n, count(*) filter (status <> 'closed') as open_n,
               count(*) filter ({sql_for_overdue("i")}) as overdue_n,
               count(*) filter (status = 'closed') as closed_n
        from detail_supervision_issues i where {filters.where("i.society_id")}
        group by channel order by overdue_n desc, issues_n desc, channel
        """,
        params=filters.parameters,
    ).pl()
