"""Queries that set societies beside one another: the table with its filters, exemplars, reasons and gates."""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl
from duckdb import DuckDBPyConnection

SORTS = {
    "peer": "c.peer_group nulls last, c.rank nulls last",
    "score": "c.score desc nulls last",
    "verified": "c.verified_share desc nulls last",
    "missing": "c.not_reported_n desc",
    "name": "s.name",
}


@dataclass(frozen=True)
class Filters:
    """What the table of societies is narrowed to; None means all."""

    level: str | None = None
    cast_class: str | None = None
    size_class: str | None = None
    band: str | None = None
    reporting_line: str | None = None
    supervisor_id: str | None = None
    decision: str | None = None
    text: str = ""

    def condition(self) -> tuple[str, dict[str, str]]:
        """The WHERE condition and its parameters."""
        chosen = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "text"}
        parameters = {name: value for name, value in chosen.items() if value is not None}
        owner = {"band": "c", "decision": "e"}
        parts = [f"{owner.get(name, 's')}.{name} = ${name}" for name in parameters]
        if self.text.strip():
            parameters["text"] = self.text.strip()
            parts.append("(contains(s.name, $text) or starts_with(s.society_id, upper($text)))")
        return " and ".join(parts) or "true", parameters


def count_societies(con: DuckDBPyConnection, filters: Filters) -> int:
    """How many societies the filters leave."""
    condition, parameters = filters.condition()
    query = f"""
        select count(*) from societies s join composite c using (society_id)
        left join exemplars e using (society_id) where {condition}
    """
    return int(con.sql(query, params=parameters).fetchall()[0][0])


def page_of_societies(
    con: DuckDBPyConnection, filters: Filters, sort: str, offset: int, limit: int
) -> pl.DataFrame:
    """One page of the table."""
    condition, parameters = filters.condition()
    query = f"""
        select s.society_id, s.name, s.level, s.reporting_line, s.supervisor_name, s.cast_class, s.size_class,
               c.score, c.low, c.high, c.band, c.peer_group, c.peer_n, c.rank, c.rank_low, c.rank_high,
               c.verified_share, c.not_reported_n, c.pending_n, c.veto_code, c.hold_code, c.unrated_reason,
               e.decision, e.reason_code, e.reason_zh, e.reason_en, e.stability
        from societies s join composite c using (society_id) left join exemplars e using (society_id)
        where {condition}
        order by {SORTS[sort]}, s.society_id limit {int(limit)} offset {int(offset)}
    """
    return con.sql(query, params=parameters).pl()


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


def reasons(con: DuckDBPyConnection) -> pl.DataFrame:
    """reason_code, decision, societies_n in the order of the gates (labels)."""
    return con.sql(
        """
        select e.reason_code, e.decision, count(*) as societies_n
        from exemplars e left join labels l on l.kind = 'reason' and l.code = e.reason_code
        group by all order by max(l.position), e.reason_code
        """
    ).pl()


def exemplars(con: DuckDBPyConnection, limit: int) -> pl.DataFrame:
    """The societies selected, by peer group and rank."""
    return con.sql(
        """
        select s.society_id, s.name, s.cast_class, s.level, s.size_class, c.peer_group, c.peer_n, c.rank,
               c.rank_low, c.rank_high, c.score, c.low, c.high, c.verified_share, e.stability, e.practice_tag,
               e.reason_zh, e.reason_en
        from exemplars e join societies s using (society_id) join composite c using (society_id)
        where e.decision = 'selected' order by c.peer_group, c.rank, s.society_id limit $1
        """,
        params=[limit],
    ).pl()


def gates(con: DuckDBPyConnection) -> list[tuple[str, int]]:
    """(gate, societies that pass it and every gate before it), in the order of the gates."""
    return con.sql(
        """
        with closed as (
            select society_id, min(step) filter (outcome in ('failed', 'not_reached')) as step
            from decision_gates group by society_id
        )
        select g.gate, count(*) filter (c.step is null or g.step < c.step)
        from decision_gates g join closed c using (society_id)
        group by g.gate, g.step order by g.step
        """
    ).fetchall()
