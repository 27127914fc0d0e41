"""What changed a score between two runs: data, methodology and peers, split exactly (Shapley values).

Three players each move from the first run (A) to the second (B): the society's own *data*; the *methodology*
(weights, targets, missing rules, evidence weights, counting rules); the *peers* (who they are and what they
average, which small figures shrink to). A score is worked out under all eight mixtures, and the effect of a
player is its mean gain over the six orders in which the three can move (Shapley, 1953). The effects add up to
the change whatever the order, a player that did not change has none, and no order is preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import polars as pl

from models.assessment.composite.aggregation import weighted_mean
from models.assessment.composite.ranking import Floats
from models.assessment.indicators import PEER_COLUMNS, evaluate, peer_figures
from models.assessment.methodology.schema import Methodology
from models.assessment.peers import size_classes
from models.assessment.scoring import FULL, Scores, scaled, score, weights_of

PLAYERS = ("data", "methodology", "peers")
SCOPES = ("composite", "dimension", "indicator")
Mixture = tuple[int, int, int]
KEY = ["society_id", "indicator"]
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "society_id": pl.String, "scope": pl.String, "item": pl.String, "before": pl.Float64,
    "after": pl.Float64, "change": pl.Float64, **dict.fromkeys(PLAYERS, pl.Float64),
}  # fmt: skip


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    `societies`: society_id, filed, individual_members, peer_group; `signals` as in `engine.Measures`;
    `measures`: the run's figures counted by the rules of the first and of the second methodology.
    """

    methodology: Methodology
    societies: pl.DataFrame
    signals: pl.DataFrame
    measures: tuple[pl.DataFrame, pl.DataFrame]


@dataclass(frozen=True)
class Worth:
    """Scores of the societies in both runs under every mixture; axes 0–2 are the players (A 0, B 1).

    `composite` (2, 2, 2, n) and `dimension` (2, 2, 2, n, d): 0–100, NaN where undefined. `points`
    (2, 2, 2, n, k): what each indicator adds to the composite, counted from the middle of the two composites,
    so that an indicator at the society's own level adds nothing, and nor does it when it falls away there.
    `indicator`: its score (0–1) in the two runs, (2, n, k).
    """

    society_ids: pl.Series
    dimensions: tuple[str, ...]
    indicators: tuple[str, ...]
    composite: Floats
    dimension: Floats
    points: Floats
    indicator: Floats


def shapley(worth: Floats) -> Floats:
    """The effect of each of p players, (p, …), from the worth of every mixture, (2, …, 2, …).

    The first axes are the players, 0 before and 1 after. The effects sum to worth[1, …] − worth[0, …]; NaN
    where any mixture is.
    """
    players = len(PLAYERS)
    effects = np.zeros((players, *worth.shape[players:]))
    orders = list(permutations(range(players)))
    for order in orders:
        at = [0] * players
        for player in order:
            before = worth[tuple(at)]
            at[player] = 1
            effects[player] += worth[tuple(at)] - before
    return effects / len(orders)


def worth_of(a: Side, b: Side) -> Worth:
    """Score every society of both runs under the eight mixtures of data, methodology and peers."""
    sides = (a, b)
    common = (
        a.societies.join(b.societies, on="society_id", how="semi").select("society_id").sort("society_id")
    )
    ids = common["society_id"]
    dimensions = _union(*([d.code for d in s.methodology.dimensions] for s in sides))
    indicators = _union(*(list(s.methodology.weights) for s in sides))
    shape = (2, 2, 2, len(ids))
    composite = np.full(shape, np.nan)
    dimension = np.full((*shape, len(dimensions)), np.nan)
    values = np.full((*shape, len(indicators)), np.nan)
    weights = np.zeros((2, len(indicators)))
    for at, scores, method in _mixtures(sides, common):
        columns = [indicators.index(code) for code in method.weights]
        weights[at[1], columns] = weights_of(method)
        composite[at] = _composite(scores, method)
        if at in {(0, 0, 0), (1, 1, 1)}:
            composite[at][~scores.is_rated] = np.nan
        dimension[at][:, [dimensions.index(d.code) for d in method.dimensions]] = scores.dimension
        values[at][:, columns] = scores.indicator
    middle = (composite[0, 0, 0] + composite[1, 1, 1]) / 2
    return Worth(
        society_ids=ids,
        dimensions=dimensions,
        indicators=indicators,
        composite=composite,
        dimension=dimension,
        points=_points(values, weights, middle),
        indicator=np.stack([values[0, 0, 0], values[1, 1, 1]]),
    )


def effects(worth: Worth) -> pl.DataFrame:
    """The `changes`: one row a society and item, in SCHEMA; composite first, then dimensions, indicators.

    `before` and `after` are scores of 0–100 (null where there is none), `change` and the effects are points;
    of an indicator they are points of the composite. Effects are null where the change is, or where a mixture
    is undefined (nothing of a dimension applies). Indicators that moved nothing are left out.
    """
    ids, n = worth.society_ids, len(worth.society_ids)
    parts = [
        _frame(ids, "composite", ["total"], worth.composite[..., None], None),
        _frame(ids, "dimension", list(worth.dimensions), worth.dimension, None),
    ]
    moved = _frame(ids, "indicator", list(worth.indicators), worth.points, FULL * worth.indicator)
    changed = pl.any_horizontal(pl.col(p).abs() > 0 for p in ("change", *PLAYERS))
    parts.append(moved.filter(changed.fill_null(False) | pl.col("before").ne_missing(pl.col("after"))))
    return pl.concat(parts) if n else pl.DataFrame(schema=SCHEMA)


def _mixtures(
    sides: tuple[Side, Side], common: pl.DataFrame
) -> Iterator[tuple[Mixture, Scores, Methodology]]:
    """Every mixture with its scores; under one and the same method each is worked out once."""
    is_same_method = _is_same(sides)
    methods = (0,) if is_same_method else (0, 1)
    sized = {(d, m): _sized(sides[d], sides[m].methodology) for d in (0, 1) for m in methods}
    peers = {
        (d, m): peer_figures(sides[d].measures[m], sized[d, m], sides[m].methodology)
        for d in (0, 1)
        for m in methods
    }
    for d, m, p in product((0, 1), methods, (0, 1)):
        method = sides[m].methodology
        societies = sized[d, m].join(common, on="society_id", how="semi").sort("society_id")
        own = peers[d, m].join(common, on="society_id", how="semi")
        beside = own if p == d else _beside(own, peers[p, m])
        measured = sides[d].measures[m].join(common, on="society_id", how="semi")
        found = score(societies, evaluate(measured, sides[d].signals, societies, method, beside), method)
        yield (d, m, p), found, method
        if is_same_method:
            yield (d, 1, p), found, method


def _is_same(sides: tuple[Side, Side]) -> bool:
    a, b = sides
    if a.methodology.model_dump() != b.methodology.model_dump():
        return False
    return all(side.measures[0] is side.measures[1] for side in sides)


def _sized(side: Side, methodology: Methodology) -> pl.DataFrame:
    """The run's societies, their size class by `methodology`: members are data, class limits are method."""
    size = size_classes(pl.col("individual_members"), methodology.peer_groups).alias("size_class")
    return side.societies.with_columns(size)


def _beside(own: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The other run's peers; where they have no figure to shrink to, the society's own peers stay."""
    prior = pl.col("prior_mean_right").is_not_null()
    return own.join(others, on=KEY, how="left").select(
        *KEY, *(pl.when(prior).then(f"{c}_right").otherwise(c).alias(c) for c in PEER_COLUMNS)
    )


def _composite(scores: Scores, methodology: Methodology) -> Floats:
    """The composite without its minimum of applicable weight, which a mixture may miss."""
    return scaled(weighted_mean(scores.indicator, weights_of(methodology)))


def _points(values: Floats, weights: Floats, middle: Floats) -> Floats:
    """What each indicator adds to the composite, (2, 2, 2, n, k), counted from `middle` (n,)."""
    counted = ~np.isnan(values)
    held = counted * weights[None, :, None, None, :]
    total = held.sum(axis=-1, keepdims=True)
    share = np.divide(held, total, out=np.zeros_like(held), where=total > 0)
    return np.where(counted, share * (FULL * np.nan_to_num(values) - middle[:, None]), 0.0)


def _frame(ids: pl.Series, scope: str, items: list[str], worth: Floats, shown: Floats | None) -> pl.DataFrame:
    """Long rows of one scope from (2, 2, 2, n, items); `shown` (2, n, items): before, after, if other."""
    n, k = len(ids), len(items)
    first, last = worth[0, 0, 0], worth[1, 1, 1]
    before, after = (first, last) if shown is None else shown
    split = shapley(worth)
    return pl.DataFrame(
        {
            "society_id": ids.gather(np.repeat(np.arange(n), k)),
            "scope": [scope] * (n * k),
            "item": items * n,
            "before": before.ravel(),
            "after": after.ravel(),
            "change": (last - first).ravel(),
            **{player: split[at].ravel() for at, player in enumerate(PLAYERS)},
        },
        schema=SCHEMA,
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _union(first: list[str], second: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))
