"""Queries of 典型推荐: who was named, the reasons, the gates, near misses, 公示 and 异议."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, the
from dashboards.queries.prepared import ready

COLUMNS = """
select society_id, name, cast_class, level, size_class, peer_group, peer_n, rank, rank_low, rank_high, score,
       low, high, is_coarse, if(is_coarse, 'yes', 'no') as coarse, verified_share, stability, practice_tag,
       reason_zh, reason_en
from cohort c
"""


def figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """selected_n, near_n, nominated_n, publicity_n (with dates of 公示), objections_n, pending_n."""
    ready(con, "nominations")
    return the(
        con,
        f"""
        select count(*) filter (c.decision = 'selected') as selected_n,
               count(*) filter (c.decision <> 'selected' and c.failed_n = 1) as near_n,
               any_value(n.nominated_n) as nominated_n, any_value(n.publicity_n) as publicity_n,
               any_value(o.objections_n) as objections_n, any_value(o.pending_n) as pending_n
        from (
            select count(distinct society_id) as nominated_n, count(*) filter (is_announced) as publicity_n
            from nominations where no is not null and {filters.among()}
        ) n cross join (
            select count(*) as objections_n, count(*) filter (outcome = 'pending') as pending_n
            from decision_objections join cohort using (society_id) where {filters.where("society_id")}
        ) o left join cohort c on {filters.of_cohort("c")}
        """,
        filters.parameters,
    )


def exemplars(filters: Filters = ALL) -> Listing:
    """The societies selected, by peer group and rank."""
    order = "c.peer_group, c.rank, c.society_id"
    return Listing(
        f"{COLUMNS} join (select place from found) f on f.place = c.rowid order by {order}",
        filters.parameters,
        found=f"""
        select c.rowid as place, c.* from cohort c
        where c.decision = 'selected' and {filters.of_cohort("c")}
        """,
        order=order,
    )


def near_misses(filters: Filters = ALL) -> Listing:
    """Who failed one gate only: what is lacking, reserve places, the smallest change that names them."""
    return Listing(
        """
        select c.society_id, c.name, c.peer_group, c.peer_n, c.rank_low, c.rank_high, c.score, c.low, c.high,
               c.is_coarse, if(c.is_coarse, 'yes', 'no') as coarse,
               c.stability, d.* exclude (no)
        from near_misses d join found on found.place = d.rowid join cohort c on c.rowid = d.no
        order by found.place
        """,
        filters.parameters,
        found=f"select d.rowid as place from near_misses d where {filters.among('d.no')}",
        needs=("near_misses",),
    )


def reasons(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """reason_code, decision, societies_n in the order of the gates (labels)."""
    return con.sql(
        f"""
        select c.reason_code, c.decision, count(*) as societies_n
        from cohort c left join labels l on l.kind = 'reason' and l.code = c.reason_code
        where c.decision is not null and {filters.of_cohort("c")}
        group by all order by max(l.position), c.reason_code
        """,
        params=filters.parameters,
    ).pl()


def gates(con: DuckDBPyConnection, filters: Filters = ALL) -> list[tuple[str, int]]:
    """(gate, societies that pass it and every gate before it), in the order of the gates."""
    return con.sql(
        f"""
        select g.gate, count(c.society_id)
        from gate_steps g left join (
            select society_id, closed_step from cohort c where {filters.of_cohort("c")}
        ) c on c.closed_step is null or g.step < c.closed_step
        group by g.gate, g.step order by g.step
        """,
        params=filters.parameters,
    ).fetchall()


def nominations(filters: Filters = ALL) -> Listing:
    """Practices nominated, how their 公示 stands, and the row."""
    return Listing(
        """
        select s.society_id, s.name, d.practice_tag, d.title, d.unit_opinion, d.publicity_from,
               d.publicity_to, d.working_days, d.verdict, d.objections_n, d.evidence, d.sheet, d.line, d.file
        from nominations d join found on found.place = d.rowid join cohort s on s.rowid = d.no
        order by found.place
        """,
        filters.parameters,
        found=f"""
        select d.rowid as place from nominations d where d.no is not null and {filters.among("d.no")}
        """,
        needs=("nominations",),
    )


def objections(filters: Filters = ALL) -> Listing:
    """Objections: formal or not, in term or not, answered or not, and what each does to the decision."""
    return Listing(
        f"""
        select s.society_id, s.name, d.subject, d.raised_on, d.acknowledged_on, d.answered_on,
               d.answered_days, d.outcome, d.effect, if(d.is_formal, 'yes', 'no') as is_formal,
               if(d.is_within_notice, 'yes', 'no') as is_within_notice, if(d.is_late, 'yes', 'no') as is_late
        from decision_objections d join cohort s using (society_id)
        where {filters.where("d.society_id")} order by d.raised_on, d.objection_id
        """,
        filters.parameters,
    )
