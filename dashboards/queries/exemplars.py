"""Queries of 典型推荐: who was named, the reasons, the gates, near misses, 公示 and 异议."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Row
from dashboards.queries.frames import COHORT, SELECTED, Rows, answered, rows

REASON = {"reason_code": pl.String, "decision": pl.String, "societies_n": pl.Int64}
OF_SOCIETY = ("peer_group", "peer_n", "rank_low", "rank_high", "score", "low", "high", "is_coarse", "coarse")


@answered
def figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """selected_n, near_n, nominated_n, publicity_n (with dates of 公示), objections_n, pending_n."""
    (row,) = (
        rows(con, COHORT, ("decision", "failed_n"), filters)
        .select(
            selected_n=(pl.col("decision") == "selected").sum(),
            near_n=((pl.col("decision") != "selected") & (pl.col("failed_n") == 1)).sum(),
        )
        .to_dicts()
    )
    nominated = rows(con, "nominations", ("no", "is_announced"), filters).filter(pl.col("no").is_not_null())
    objections = rows(con, "objections", ("outcome",), filters)
    return row | {
        "nominated_n": nominated["no"].n_unique(),
        "publicity_n": int(nominated["is_announced"].sum()),
        "objections_n": objections.height,
        "pending_n": int((objections["outcome"] == "pending").sum()),
    }


def exemplars(filters: Filters = ALL) -> Rows:
    """The societies selected, by peer group and rank."""
    return Rows(
        COHORT,
        ("society_id", "name", "cast_class", "level", "size_class", "rank", *OF_SOCIETY, "verified_share",
         "stability", "practice_tag", "reason_zh", "reason_en"),
        filters,
        SELECTED,
        order="c.peer_group, c.rank, c.society_id",
    )  # fmt: skip


def near_misses(filters: Filters = ALL) -> Rows:
    """Who failed one gate only: what is lacking, reserve places, the smallest change that names them."""
    return Rows(
        "near_misses",
        ("society_id", "name", *OF_SOCIETY, "stability", "next_gate", "next_zh", "next_en", "reserve_place",
         "class_reserve_place", "indicator", "indicator_from", "indicator_to", "indicator_outcome"),
        filters,
    )  # fmt: skip


@answered
def reasons(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """reason_code, decision, societies_n in the order of the gates (labels)."""
    codes = con.sql("select code from labels where kind = 'reason' order by position").fetchall()
    order = {code: place for place, (code,) in enumerate(codes)}
    decided = rows(con, COHORT, ("reason_code", "decision"), filters).drop_nulls("decision")
    counted = decided.group_by("reason_code", "decision").len("societies_n").rows()
    counted.sort(key=lambda one: (order.get(one[0], len(order)), one[0] or "", one[1]))
    return pl.DataFrame(counted, schema=REASON, orient="row")


@answered
def gates(con: DuckDBPyConnection, filters: Filters = ALL) -> list[tuple[str, int]]:
    """(gate, societies that pass it and every gate before it), in the order of the gates."""
    closed = rows(con, COHORT, ("closed_step",), filters)["closed_step"]
    by_step = dict(closed.value_counts().rows())
    steps = con.sql("select gate, step from gate_steps order by step").fetchall()
    return [(gate, sum(n for at, n in by_step.items() if at is None or at > step)) for gate, step in steps]


def nominations(filters: Filters = ALL) -> Rows:
    """Practices nominated, how their 公示 stands, and the row."""
    return Rows(
        "nominations",
        ("society_id", "name", "practice_tag", "title", "unit_opinion", "publicity_from", "publicity_to",
         "working_days", "verdict", "objections_n", "evidence", "sheet", "line", "file"),
        filters,
    )  # fmt: skip


def objections(filters: Filters = ALL) -> Rows:
    """Objections: formal or not, in term or not, answered or not, and what each does to the decision."""
    return Rows(
        "objections",
        ("society_id", "name", "subject", "raised_on", "acknowledged_on", "answered_on", "answered_days",
         "outcome", "effect", "is_formal", "is_within_notice", "is_late"),
        filters,
    )  # fmt: skip
