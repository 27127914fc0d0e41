"""How the scores of each peer group spread over the whole nation, without betraying one society's score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.publication.disclosure import SMALLEST_COUNT, sql_for_case_indicators

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# Fewer societies with a score than this have no spread: its quartiles would nearly be their scores.
SMALLEST_GROUP = 10
# A quartile is the mean of the scores nearest to it, this many: never one society's own.
NEAREST = SMALLEST_COUNT
QUARTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75}
TABLE = "peer_spread"
COLUMNS = {
    "peer_group": "varchar", "scope": "varchar", "item": "varchar", "societies_n": "bigint",
    **dict.fromkeys(QUARTILES, "double"),
}  # fmt: skip


def spread_frame(con: DuckDBPyConnection) -> pl.DataFrame:
    """The columns of COLUMNS from the snapshot being written behind `con`, in points from 0 to 100.

    A row a peer group and dimension, and peer group and indicator (`scope`); societies_n and quartiles are
    null where the group is too small. Indicators of cases have no row: few societies have any.
    """
    places = ", ".join(
        f"avg(score) filter (place - {_first(share)} between 0 and {NEAREST - 1}) as {name}"
        for name, share in QUARTILES.items()
    )
    shown = ", ".join(
        f"case when n >= {SMALLEST_GROUP} then {name} end as {name}" for name in ("n", *QUARTILES)
    )
    return con.sql(
        f"""
        with scores as (
            select s.peer_group, 'dimension' as scope, d.dimension as item, d.score
            from dimensions d join societies s using (society_id)
            union all
            select s.peer_group, 'indicator', i.indicator, 100 * i.score
            from indicators i join societies s using (society_id)
            where i.indicator not in ({sql_for_case_indicators()})
        ), placed as (
            select peer_group, scope, item, score,
                   row_number() over (partition by peer_group, scope, item order by score) - 1 as place,
                   count(*) over (partition by peer_group, scope, item) as n
            from scores where score is not null and peer_group is not null
        ), worked as (
            select peer_group, scope, item, max(n) as n, {places} from placed group by all
        ), due as (
            select distinct s.peer_group, x.scope, x.item
            from societies s cross join (select distinct scope, item from scores) x
            where s.peer_group is not null
        )
        select peer_group, scope, item, {shown} from due left join worked using (peer_group, scope, item)
        order by peer_group, scope, item
        """
    ).pl().rename({"n": "societies_n"})  # fmt: skip


def _first(share: float) -> str:
    """The place (from 0) of the first of the scores nearest to a quantile among `n`."""
    return f"least(greatest(round((n - 1) * {share})::bigint - {NEAREST // 2}, 0), n - {NEAREST})"


def sql_for_none() -> str:
    """A query with the columns of the table and no row, for snapshots of before it."""
    return "select " + ", ".join(f"null::{kind} as {name}" for name, kind in COLUMNS.items()) + " where false"
