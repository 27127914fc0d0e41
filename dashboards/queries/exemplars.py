"""Queries of 典型推荐: who was named, the reasons, the gates, near misses, 公示 and 异议."""

from __future__ import annotations

import json

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, the
from dashboards.queries.tasks import FILE, LINE

# Who passed everything about themselves and lost to places, stability, practice or rotation.
LATE = "('QUOTA_CLASS', 'QUOTA_SMALL', 'QUOTA_LEVEL', 'TIE', 'STABILITY', 'PRACTICE_TAG', 'ROTATION')"
COLUMNS = """
select s.society_id, s.name, s.cast_class, s.level, s.size_class, c.peer_group, c.peer_n, c.rank, c.rank_low,
       c.rank_high, c.score, c.low, c.high, c.verified_share, e.stability, e.practice_tag, e.reason_zh,
       e.reason_en
from exemplars e join societies s using (society_id) join composite c using (society_id)
"""


def figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """selected_n, near_n, nominated_n, publicity_n (with dates of 公示), objections_n, pending_n."""
    return the(
        con,
        f"""
        select count(*) filter (e.decision = 'selected') as selected_n,
               count(*) filter (e.reason_code in {LATE}) as near_n,
               (select count(distinct society_id) from detail_practice_nominations
                where {filters.where()}) as nominated_n,
               (select count(*) from detail_practice_nominations
                where publicity_from is not null and {filters.where()}) as publicity_n,
               (select count(*) from detail_objections where {filters.where()}) as objections_n,
               (select count(*) from detail_objections
                where outcome = 'pending' and {filters.where()}) as pending_n
        from exemplars e where {filters.where("e.society_id")}
        """,
        filters.parameters,
    )


def exemplars(filters: Filters = ALL) -> Listing:
    """The societies selected, by peer group and rank."""
    return Listing(
        f"{COLUMNS} where e.decision = 'selected' and {filters.where('e.society_id')} "
        "order by c.peer_group, c.rank, s.society_id",
        filters.parameters,
    )


def near_misses(filters: Filters = ALL) -> Listing:
    """Those who met every standard of their own and were not named, the steadiest first."""
    return Listing(
        f"{COLUMNS} where e.reason_code in {LATE} and {filters.where('e.society_id')} "
        "order by e.stability desc nulls last, c.score desc, s.society_id",
        filters.parameters,
    )


def reasons(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """reason_code, decision, societies_n in the order of the gates (labels)."""
    return con.sql(
        f"""
        select e.reason_code, e.decision, count(*) as societies_n
        from exemplars e left join labels l on l.kind = 'reason' and l.code = e.reason_code
        where {filters.where("e.society_id")}
        group by all order by max(l.position), e.reason_code
        """,
        params=filters.parameters,
    ).pl()


def gates(con: DuckDBPyConnection, filters: Filters = ALL) -> list[tuple[str, int]]:
    """(gate, societies that pass it and every gate before it), in the order of the gates."""
    query = f"select gates from exemplars where gates is not null and {filters.where()}"
    found = [json.loads(text) for (text,) in con.sql(query, params=filters.parameters).fetchall()]
    order = list(dict.fromkeys(step["gate"] for society_gates in found for step in society_gates))
    left = dict.fromkeys(order, 0)
    for society_gates in found:
        for step in society_gates:
            if not step["passed"]:
                break
            left[step["gate"]] += 1
    return list(left.items())


def nominations(filters: Filters = ALL) -> Listing:
    """Practices nominated, whether 公示 has dates, and the row."""
    return Listing(
        f"""
        select s.society_id, s.name, d.practice_tag, d.title, d.unit_opinion, d.publicity_from,
               d.publicity_to,
               case when d.publicity_from is null then 'none' when d.publicity_to is null then 'open'
                    else 'dated' end as publicity, d.decision, d.evidence, {LINE}
        from detail_practice_nominations d join societies s using (society_id) {FILE}
        where {filters.where("d.society_id")}
        order by d.publicity_from nulls last, s.society_id, d.row_id
        """,
        filters.parameters,
    )


def objections(filters: Filters = ALL) -> Listing:
    """Objections: when raised, acknowledged and answered, and what came of them."""
    return Listing(
        f"""
        select s.society_id, s.name, d.subject, d.raised_on, d.acknowledged_on, d.answered_on, d.outcome,
               case when d.has_real_name then 'yes' else 'no' end as is_named
        from detail_objections d join societies s using (society_id)
        where {filters.where("d.society_id")} order by d.raised_on, d.row_id
        """,
        filters.parameters,
    )
