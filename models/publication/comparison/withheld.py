"""A comparison as others than case officers may see it: the rules of the two snapshots' own masks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from models.publication.coarse import Place, sql_for_touched
from models.publication.comparison import differences
from models.publication.disclosure import CASE_FAMILIES
from models.publication.handout import AT
from models.publication.masks import sql_for_changes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from models.publication.comparison.compare import Comparison

# Both runs as one: what either withholds is withheld of both, or their difference would give it back.
PAIR = Place("pair", "pair_own")


def withheld(found: Comparison, a: DuckDBPyConnection, b: DuckDBPyConnection) -> Comparison:
    """The comparison without what small counts of cases in either run could be worked out from.

    `a`, `b`: the two runs as `handout.masked` opens them; standing and states are read from them anew. Scores
    of societies that either run shows as a range are null, changes of indicators of cases are left out.
    """
    first, second = replace(found.a, con=a), replace(found.b, con=b)
    return replace(
        found,
        a=first,
        b=second,
        effects=_effects(found.effects, a, b),
        states=differences.states(first, second),
        standing=differences.standing(first, second),
        facts=found.facts.filter(~pl.col("family").is_in(CASE_FAMILIES)),
    )


def _effects(effects: pl.DataFrame, a: DuckDBPyConnection, b: DuckDBPyConnection) -> pl.DataFrame:
    definitions = f"select indicator, dimension, families from {AT.source}.indicator_definitions"
    ranges = f"select society_id from {AT.own}.ranges"
    with b.cursor() as con:
        # Made anew at each call: a connection is one run's, a pair is of two.
        for schema in (PAIR.source, PAIR.own):
            con.execute(f"create or replace schema {schema}")
        changes = effects.with_row_index("place").with_columns(basis=pl.lit("pair"))
        for name, frame in (("changes", changes), ("a_definitions", a.sql(definitions).pl()),
                            ("a_ranges", a.sql(ranges).pl())):  # fmt: skip
            con.register("incoming", frame)
            con.execute(f"create table {PAIR.source}.{name} as select * from incoming")
            con.unregister("incoming")
        con.execute(
            f"create view {PAIR.source}.indicator_definitions as {definitions} "
            f"union by name from {PAIR.source}.a_definitions"
        )
        con.execute(f"create view {PAIR.own}.ranges as {ranges} union from {PAIR.source}.a_ranges")
        con.execute(f"create table {PAIR.own}.touched as {sql_for_touched(PAIR)}")
        return con.sql(f"select * exclude (place, basis) from ({sql_for_changes(PAIR)}) order by place").pl()
