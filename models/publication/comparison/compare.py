"""Compare two published runs: everything that differs in them, and the split of every change of score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from models.assessment.change import PLAYERS, SCHEMA, SCOPES, Side, effects, worth_of
from models.errors import FengqingError
from models.measures.recount import recount
from models.measures.rules import are_only_weights, counting_differences, reweigh
from models.publication.comparison import differences
from models.publication.comparison.parameters import parameter_changes
from models.publication.comparison.reading import Run, read_run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from models.assessment.methodology import Methodology

SOFTWARE = "software"
EFFECTS = (*PLAYERS, SOFTWARE)
CHANGE_SCHEMA = {**SCHEMA, SOFTWARE: pl.Float64}
# Published scores have nine decimals: half of the last one either way is no effect of the software.
NOISE = 2e-9


@dataclass(frozen=True)
class Note:
    """Something the reader of a comparison must know, by code and in words."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Comparison:
    """What differs between run `a` and run `b`; every frame sorted.

    `effects`: CHANGE_SCHEMA, see `change.effects`, before and after as published; `software` is what the two
    code versions leave (0 where this one gives back both runs). The effects sum to the change, or are all
    null: nothing to compare, or nothing that can be split (`notes` say why). `inputs`, `states`, `standing`,
    `presence`, `facts`: see differences.py. `parameters`: see parameters.py.
    """

    a: Run
    b: Run
    notes: tuple[Note, ...]
    effects: pl.DataFrame
    inputs: pl.DataFrame
    parameters: pl.DataFrame
    states: pl.DataFrame
    standing: pl.DataFrame
    presence: pl.DataFrame
    facts: pl.DataFrame


def compare(
    a: DuckDBPyConnection, b: DuckDBPyConnection, warehouse: DuckDBPyConnection | None = None
) -> Comparison:
    """Compare the runs behind two snapshot connections.

    Both must show every society: the peers of one that is left out are not what it was compared with. (A
    session with a narrower scope reads the tables `changes` and `restatements` of the newer snapshot.)
    `warehouse`, if given, counts a run's facts again where the two methods count them differently.

    Raises:
        FengqingError: a snapshot of an older version that cannot be compared.
    """
    first, second = read_run(a), read_run(b)
    sides, notes = _sides(first, second, warehouse)
    found = pl.DataFrame(schema=SCHEMA) if sides is None else effects(worth_of(*sides))
    split = _published(first, second, found)
    return Comparison(
        a=first,
        b=second,
        notes=tuple([*notes, *_software_notes(first, second, split)]),
        effects=split,
        inputs=differences.inputs(first, second),
        parameters=parameter_changes(first.plain_methodology, second.plain_methodology),
        states=differences.states(first, second),
        standing=differences.standing(first, second),
        presence=differences.presence(first, second),
        facts=differences.facts(first, second),
    )


def _sides(
    a: Run, b: Run, warehouse: DuckDBPyConnection | None
) -> tuple[tuple[Side, Side] | None, list[Note]]:
    """Both runs as `change` wants them; None when one of the methods is no longer understood."""
    try:
        methods = (a.methodology, b.methodology)
    except FengqingError as error:
        return None, [Note(error.code, error.zh, error.en)]
    counted: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    notes = []
    for at, run in enumerate((a, b)):
        own, other = methods[at], methods[1 - at]
        stored = run.table("measures")
        differing = counting_differences(*methods, run.year)
        found: pl.DataFrame | None = stored
        if differing:
            found = _counted_otherwise(run, own, other, stored, warehouse, differing)
        if found is None:
            notes.append(_inseparable(run, differing))
            found = stored
        counted.append((stored, found) if at == 0 else (found, stored))
    if notes:
        # Half a separation would mix two meanings of the word: then neither side is recounted.
        own_only = [pair[at] for at, pair in enumerate(counted)]
        counted = [(one, one) for one in own_only]
    societies = "society_id, filed, individual_members, peer_group"
    made = [
        Side(method, run.table("societies", societies), run.table("signals"), pair)
        for method, run, pair in zip(methods, (a, b), counted, strict=True)
    ]
    return (made[0], made[1]), notes


def _counted_otherwise(  # noqa: PLR0913, PLR0917 - a run, and the two ways to count it
    run: Run,
    own: Methodology,
    other: Methodology,
    stored: pl.DataFrame,
    warehouse: DuckDBPyConnection | None,
    differing: set[str],
) -> pl.DataFrame | None:
    if are_only_weights(differing, own, other):
        return reweigh(stored, run.table("contributions"), own, other)
    if warehouse is None or "rule_pack" in differing:
        return None
    inputs = run.table("inputs")["file_id"].to_list()
    return recount(warehouse, run.year, inputs, own, other, stored)


def _inseparable(run: Run, differing: set[str]) -> Note:
    names = sorted(differing)
    return Note(
        "COUNTING_INSEPARABLE",
        f"两次运行的计数口径不同（{'、'.join(names)}），而 {run.run_id} 的原始数据无法按另一口径重新计数"
        "（快照不足以重算，仓库缺失或不能复现该次运行）；因此“数据”一列包含计数口径的变化，不能再分。",
        f"The runs count by different rules ({', '.join(names)}), and the facts of {run.run_id} cannot be "
        "counted again by the other's (a snapshot is not enough, and no warehouse here gives that run back). "
        "“Data” therefore includes the change of counting rules, which cannot be told apart.",
    )


def _published(a: Run, b: Run, found: pl.DataFrame) -> pl.DataFrame:
    """The effects with before and after as published, and what the software adds to close the sum."""
    known = _scores(a, "before").join(_scores(b, "after"), on=["society_id", "scope", "item"])
    closed = (
        known.join(
            found.drop("before", "after"),
            on=["society_id", "scope", "item"],
            how="left",
            maintain_order="left",
        )
        .with_columns(worked_out="change", change=pl.col("after") - pl.col("before"))
        .with_columns(rest=pl.col("change") - pl.col("worked_out"))
        .with_columns(
            pl.when(pl.col("rest").abs() > NOISE).then("rest").when(pl.col("rest").is_not_null()).then(0.0)
            .alias(SOFTWARE),
            *(pl.when(pl.col("change").is_not_null()).then(p).alias(p) for p in PLAYERS),
        )
    )  # fmt: skip
    indicators = found.filter(pl.col("scope") == "indicator").with_columns(pl.lit(0.0).alias(SOFTWARE))
    order = pl.col("scope").replace_strict({s: n for n, s in enumerate(SCOPES)}, return_dtype=pl.Int8)
    return pl.concat(
        [closed.select(*CHANGE_SCHEMA), indicators.select(*CHANGE_SCHEMA)]
    ).sort("society_id", order, "item", maintain_order=True)  # fmt: skip


def _scores(run: Run, name: str) -> pl.DataFrame:
    return run.con.sql(
        f"""
        select society_id, 'composite' as scope, 'total' as item, score as {name} from composite
        union all select society_id, 'dimension', dimension, score from dimensions
        """
    ).pl()


def _software_notes(a: Run, b: Run, split: pl.DataFrame) -> list[Note]:
    moved = split.filter(pl.col(SOFTWARE).abs() > 0)["society_id"].n_unique()
    if not moved:
        return []
    if a.code == b.code:
        return [
            Note(
                "NOT_REPRODUCED",
                f"现版程序不能重现所比较的运行（{moved} 个学会的得分有差）；差额单列为“程序”。",
                f"This version does not give the runs back ({moved} societies differ); the rest stands apart "
                "as “software”.",
            )
        ]
    return [
        Note(
            "SOFTWARE_DIFFERS",
            f"两次运行的程序版本不同，{moved} 个学会的得分变动有一部分来自程序本身，单列为“程序”。",
            f"The runs were made by different code; part of the change of {moved} societies comes from it "
            "and stands apart as “software”.",
        )
    ]
