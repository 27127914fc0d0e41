"""Queries that set societies beside one another: the table, and the codes that the filters offer."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from dashboards.filters import Filters
from dashboards.queries.frames import COHORT, Rows, left

SORTS = {
    "peer": "c.peer_group nulls last, c.rank nulls last",
    "score": "c.score desc nulls last",
    "verified": "c.verified_share desc nulls last",
    "missing": "c.not_reported_n desc",
    "name": "c.name",
}


def societies(filters: Filters, sort: str) -> Rows:
    """The table of societies with score, interval, band, rank range, decision and its reason."""
    return Rows(
        COHORT,
        ("society_id", "name", "level", "reporting_line", "supervisor_name", "cast_class", "size_class",
         "score", "low", "high", "is_coarse", "coarse", "band", "peer_group", "peer_n", "rank", "rank_low",
         "rank_high", "verified_share", "not_reported_n", "pending_n", "veto_code", "hold_code",
         "unrated_reason", "decision", "reason_code", "reason_zh", "reason_en", "stability"),
        filters,
        order=f"{SORTS[sort]}, c.society_id",
    )  # fmt: skip


def is_nobody(con: DuckDBPyConnection, filters: Filters) -> bool:
    """Whether the filters leave no society."""
    return not left(con, filters)[:-1].any()


def present(con: DuckDBPyConnection, column: str) -> list[str]:
    """The codes that occur in a column of `cohort`, without null."""
    found = con.sql(
        f'select distinct "{column}" from cohort where "{column}" is not null order by 1'
    ).fetchall()
    return [code for (code,) in found]


def supervisors(con: DuckDBPyConnection) -> list[tuple[str, str]]:
    """(supervisor_id, supervisor_name) that occur."""
    return con.sql(
        """
        select supervisor_id, any_value(supervisor_name) from cohort
        where supervisor_id is not null group by supervisor_id order by supervisor_id
        """
    ).fetchall()
