"""Queries that set societies beside one another: the table, and the codes that the filters offer."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from dashboards.filters import Filters
from dashboards.queries.base import Listing

SORTS = {
    "peer": "c.peer_group nulls last, c.rank nulls last",
    "score": "c.score desc nulls last",
    "verified": "c.verified_share desc nulls last",
    "missing": "c.not_reported_n desc",
    "name": "s.name",
}


def societies(filters: Filters, sort: str) -> Listing:
    """The table of societies with score, interval, band, rank range, decision and its reason."""
    return Listing(
        f"""
        select s.society_id, s.name, s.level, s.reporting_line, s.supervisor_name, s.cast_class, s.size_class,
               c.score, c.low, c.high, c.band, c.peer_group, c.peer_n, c.rank, c.rank_low, c.rank_high,
               c.verified_share, c.not_reported_n, c.pending_n, c.veto_code, c.hold_code, c.unrated_reason,
               e.decision, e.reason_code, e.reason_zh, e.reason_en, e.stability
        from societies s join composite c using (society_id) left join exemplars e using (society_id)
        where {filters.where("s.society_id")}
        order by {SORTS[sort]}, s.society_id
        """,
        filters.parameters,
    )


def present(con: DuckDBPyConnection, column: str) -> list[str]:
    """The codes that occur in a column of societies or composite, without null."""
    table = "composite" if column == "band" else "societies"
    found = con.sql(
        f'select distinct "{column}" from {table} where "{column}" is not null order by 1'
    ).fetchall()
    return [code for (code,) in found]


def supervisors(con: DuckDBPyConnection) -> list[tuple[str, str]]:
    """(supervisor_id, supervisor_name) that occur."""
    return con.sql(
        """
        select supervisor_id, any_value(supervisor_name) from societies
        where supervisor_id is not null group by supervisor_id order by supervisor_id
        """
    ).fetchall()
