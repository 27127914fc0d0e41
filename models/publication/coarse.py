"""Ranges in place of the scores that a small count of cases could be worked out from.

The rules are data (disclosure.yaml). What others than case officers may see of a society is worked out here,
once a connection, from what is shown anyway; masks.py puts it in place of a snapshot's figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.publication.disclosure import sql_for_case_indicators, sql_for_small_count

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The composite beside the dimensions, in the table `ranges`.
TOTAL = "total"


@dataclass(frozen=True)
class Place:
    """Names of schemas: `source`, the attached snapshot; `own`, where the tables below are made."""

    source: str
    own: str


@cache
def rules() -> dict[str, Any]:
    """disclosure.yaml."""
    import yaml

    return dict(yaml.safe_load(Path(__file__).with_name("disclosure.yaml").read_text(encoding="utf-8")))


def sql_for_is_coarse(con: DuckDBPyConnection, alias: str = "c") -> str:
    """The column of `composite` or `dimensions` that tells ranges; `false` behind a snapshot itself."""
    return f"{alias}.is_coarse" if "is_coarse" in con.sql("from composite limit 0").columns else "false"


def sql_for_preparation(at: Place) -> list[str]:
    """Statements that fill the schema `own`; nothing in it depends on a withheld count.

    cells (society_id, indicator, at_row, is_whole, is_shared): figures withheld; at_row is the figure's row
    id, by which it is looked up. Whole where the society has a small count; shared where peers' small counts
    went into it by the prior, which gives them back; else the means of the peers alone.
    ranges (society_id, item, score, low, high): item is a dimension or `total`; what the other indicators
    leave. groups (peer_group, item, societies_n, peers_n): with such a society. ranks (society_id, rank): by
    those ranges. classes (quota_class). touched (society_id): a comparison tells its exact
    scores, here or in the base run.
    """
    return [f"create table {at.own}.{name} as {query}" for name, query in _tables(at).items()]


def _tables(at: Place) -> dict[str, str]:
    cases = sql_for_case_indicators(at.source)
    band = "json_extract(methodology::json, '$.composite.bands[*]')"
    return {
        "cells": f"""
            with small as (
                select distinct i.society_id, s.peer_group
                from {at.source}.indicators i join {at.source}.indicator_definitions d using (indicator)
                join {at.source}.societies s using (society_id)
                where {sql_for_small_count("d.families", "i.denominator")}
            )
            select i.society_id, i.indicator, i.rowid as at_row, small.society_id is not null as is_whole,
                   small.society_id is null and i.shrunk as is_shared
            from {at.source}.indicators i join {at.source}.societies s using (society_id)
            left join small using (society_id)
            where i.indicator in ({cases}) and (
                small.society_id is not null
                or s.peer_group in (select peer_group from small)
                or i.prior_source = 'pooled' and exists (from small)
            )
        """,
        # A better band with a floor for dimensions can be missed at any score, so it bounds nothing.
        "bands": f"""
            select one->>'code' as band, (one->>'minimum')::double as minimum,
                   lag(case when one->>'dimension_floor' is null then (one->>'minimum')::double end)
                       over (order by (one->>'minimum')::double desc) as maximum
            from (select unnest({band}) as one from {at.source}.run)
        """,
        "ranges": f"""
            with parts as (
                select i.society_id, i.dimension, i.weight, i.score,
                       coalesce(c.is_whole or c.is_shared, false) as is_hidden
                from {at.source}.indicators i join {at.source}.societies s using (society_id)
                left join {at.own}.cells c using (society_id, indicator)
                where s.filed and i.score is not null
            ), sums as (
                select society_id, coalesce(dimension, '{TOTAL}') as item, sum(weight) as weight,
                       coalesce(sum(weight * score) filter (not is_hidden), 0) as shown,
                       sum(weight) filter (is_hidden) as hidden
                from parts group by grouping sets ((society_id, dimension), (society_id)) having hidden > 0
            ), ends as (
                select society_id, item, 100 * shown / weight as low,
                       100 * (shown + hidden) / weight as high
                from sums
            ), held as (
                select e.society_id, e.item,
                       round(greatest(e.low, case when e.item = '{TOTAL}' then b.minimum end), 9) as low,
                       round(least(e.high, case when e.item = '{TOTAL}' then b.maximum end), 9) as high
                from ends e join {at.source}.composite c using (society_id)
                left join {at.own}.bands b using (band)
                where e.item <> '{TOTAL}' or c.score is not null
            )
            select *, round((low + high) / 2, {rules()["range_decimals"]}) as score from held
        """,
        "groups": f"""
            with sizes as (
                select s.peer_group, d.dimension as item, count(d.score) as peers_n
                from {at.source}.dimensions d join {at.source}.societies s using (society_id) group by all
            )
            select s.peer_group, r.item, count(*) as societies_n, coalesce(any_value(n.peers_n), 0) as peers_n
            from {at.own}.ranges r join {at.source}.societies s using (society_id)
            left join sizes n on n.peer_group = s.peer_group and n.item = r.item
            where s.peer_group is not null group by s.peer_group, r.item
        """,
        "ranks": f"""
            select c.society_id, rank() over (partition by c.peer_group
                       order by coalesce(r.score, c.score) desc) as rank
            from {at.source}.composite c
            left join {at.own}.ranges r on r.society_id = c.society_id and r.item = '{TOTAL}'
            where c.rank is not null and c.peer_group in (select peer_group from {at.own}.groups)
        """,
        "classes": f"""
            select distinct quota_class from {at.source}.exemplars
            semi join {at.own}.ranges using (society_id) where quota_class is not null
        """,
        "touched": sql_for_touched(at),
    }


def sql_for_touched(at: Place) -> str:
    """Societies whose exact scores a comparison would tell, here or in the base run.

    With a range here, with an indicator of cases in either run, or of a change that could not be split: then
    nothing tells what the base run had. Of a change of nothing every part is 0, and it has been split.
    """
    cases = sql_for_case_indicators(at.source)
    return f"""
        select society_id from {at.own}.ranges
        union select society_id from {at.source}.changes
        where scope = 'indicator' and item in ({cases}) and (before is not null or after is not null)
        union select society_id from {at.source}.changes
        group by basis, society_id
        having not bool_or(scope = 'indicator')
            and bool_or(scope <> 'indicator' and before is not null and data is null)
    """
