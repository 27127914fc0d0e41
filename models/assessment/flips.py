"""The smallest change that flips a decision: of one indicator of the society's own, and of the weights.

One indicator: the society's score moves, every other society stays. Its published score moves through the
gates and the places; its draws, composite and dimension, move by the same amounts (common draws), so that
stability is judged too. Weights: the least r such that weights within
w·(1 ± r), changed for all societies along the direction steepest for this one, flip its gates and places
(Barron and Schmidt 1988, closeness in the largest relative change); a bound from above, found by selecting
anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.cutoffs import cutoffs
from models.assessment.exemplars import Candidates, Decision, selected_in
from models.assessment.methodology.schema import Methodology
from models.assessment.quotas import Ints
from models.assessment.scoring import DIGITS, FULL, columns_of, weights_of
from models.assessment.turning import ROWS, Turning, turn, turning_points
from models.assessment.weight_search import weight_changes

BOUNDS = np.array(["score", "quota", "practice_tag", "dimension_floor", "stability"])
SCHEMA = pl.Schema({
    "society_id": pl.String, "direction": pl.String, "score_needed": pl.Float64, "bound_by": pl.String,
    "indicator": pl.String, "indicator_from": pl.Float64, "indicator_to": pl.Float64,
    "indicator_outcome": pl.String, "weight_change": pl.Float64, "weight_outcome": pl.String,
})  # fmt: skip


DimensionDraws = Callable[[Ints], Floats]


def flip_frame(
    candidates: Candidates, decision: Decision, dimension_draws: DimensionDraws, methodology: Methodology
) -> pl.DataFrame:
    """The `decision_flips` frame, one row a society.

    The indicator whose change is the least, with its score 0–1 before and at the threshold, the composite
    then (`score_needed`) and the rule that turns (`bound_by`). The outcomes say found · none (not even the
    best or worst value of any indicator) · not_scores · out_of_reach (not searched). `dimension_draws` gives
    the joint draws of the dimensions of some societies, (d, members, draws).
    """
    scores, n = candidates.scores, len(candidates.scores.composite)
    turning = turning_points(candidates, decision, methodology)
    column, change, bound, outcome = _indicator(candidates, decision, turning, dimension_draws, methodology)
    weight, searched = weight_changes(candidates, decision, turning, methodology)
    codes, found = list(methodology.weights), column >= 0
    chosen = np.where(found, column, 0)
    before = np.where(found, scores.indicator[turning.who, chosen], np.nan)
    moved = change * weights_of(methodology)[chosen] * FULL / scores.weight[turning.who]
    spread = methodology.uncertainty.weight_spread
    weighed = np.where(np.isnan(weight), "none_weights", np.where(weight <= spread, "within", "beyond"))
    part = pl.DataFrame(
        {
            "row": turning.who,
            "score_needed": np.where(found, (scores.composite[turning.who] + moved).round(DIGITS), np.nan),
            "bound_by": BOUNDS[bound],
            "indicator": [codes[j] if j >= 0 else None for j in column.tolist()],
            "indicator_from": before,
            "indicator_to": np.where(found, (before + change).round(DIGITS), np.nan),
            "indicator_outcome": outcome,
            "weight_change": weight,
            "weight_outcome": np.where(searched, weighed, "out_of_reach"),
        },
        schema_overrides={"indicator": pl.String},
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    return (
        pl.DataFrame({"society_id": scores.society_ids, "row": np.arange(n), "named": decision.named})
        .join(part, on="row", how="left", maintain_order="left")
        .with_columns(
            direction=pl.when("named").then(pl.lit("lose")).otherwise(pl.lit("gain")),
            indicator_outcome=pl.col("indicator_outcome").fill_null("not_scores"),
            weight_outcome=pl.col("weight_outcome").fill_null("not_scores"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


def _indicator(
    candidates: Candidates,
    decision: Decision,
    turning: Turning,
    dimension_draws: DimensionDraws,
    methodology: Methodology,
) -> tuple[Ints, Floats, Ints, NDArray[np.str_]]:
    """Of each society the indicator with the least change: column (−1: none), change, rule, outcome, (m,)."""
    who, gains = turning.who, ~decision.named[turning.who]
    changes = _changes(candidates, turning, methodology)
    value = candidates.scores.indicator[who]
    lowest, highest = np.where(gains[:, None], 0.0, -value), np.where(gains[:, None], 1 - value, 0.0)
    point = changes.max(axis=0)
    # Stability only asks for more: a society that no indicator can bring to a place has no flip.
    open_ = np.where(gains, (point <= highest).any(axis=1), True)
    near = np.flatnonzero(open_)[np.argsort(np.abs(turning.needed[open_]), kind="stable")]
    near = near[: methodology.exemplars.flips.checked_maximum]
    # Not asked of those who fall short without it; unknown for those not searched.
    stable = np.where(open_[:, None], np.inf, np.full(point.shape, -np.inf))
    if len(near):
        stable[near] = _stability_changes(candidates, decision, who[near], dimension_draws, methodology)
    whole = np.concatenate([changes, stable[None]])
    change, by = whole.max(axis=0), whole.argmax(axis=0)
    impossible = ~((change >= lowest) & (change <= highest))
    size = np.where(impossible, np.inf, np.abs(change))
    column: Ints = np.asarray(size.argmin(axis=1))
    rows = np.arange(len(who))
    found = np.isfinite(size[rows, column])
    searched = np.isin(rows, near) | ~open_
    outcome = np.where(found, "found", np.where(searched, "none", "out_of_reach"))
    least = np.where(np.isfinite(change), change, np.inf).argmin(axis=1)
    bound = by[rows, np.where(found, column, least)]
    return np.asarray(np.where(found, column, -1)), change[rows, column], np.asarray(bound), outcome


def _changes(candidates: Candidates, turning: Turning, methodology: Methodology) -> Floats:
    """By rule (score, places, practice, dimension floor) the change of an indicator it asks for, (4, m, k).

    At published scores. An indicator that does not count cannot change anything: inf. Nor can one lift the
    floor of another dimension.
    """
    scores, who, weights = candidates.scores, turning.who, weights_of(methodology)
    per_point = scores.weight[who][:, None] / (weights * FULL)
    owner = _owners(methodology)
    gap = methodology.exemplars.dimension_floor * FULL - scores.dimension[who]
    to_floor = gap[:, owner] * scores.dimension_weight[who][:, owner] / (weights * FULL)
    fails = gap > 10.0**-DIGITS
    others_fail = (fails.sum(axis=1)[:, None] - fails[:, owner]) > 0
    changes = np.concatenate([turning.bounds[:, :, None] * per_point, to_floor[None]])
    changes[3][others_fail] = np.inf
    changes[:, np.isnan(scores.indicator[who])] = np.inf
    return np.asarray(changes)


def _stability_changes(
    candidates: Candidates,
    decision: Decision,
    ids: Ints,
    dimension_draws: DimensionDraws,
    methodology: Methodology,
) -> Floats:
    """The change of each indicator from which a society gets a place in just enough draws, (m, k).

    The change moves the composite and the dimension of each draw by what it moves the published ones.
    """
    rules, drawn, scores = methodology.exemplars, candidates.draws.joint, candidates.scores
    able = drawn.meets_floor & (drawn.composite >= rules.minimum_score) & decision.standing
    cut = cutoffs(drawn.composite, able, decision.pool, decision.total)
    has_place = selected_in(candidates, drawn, methodology)[:, ids]
    to_place = np.maximum(turn(cut, ids, has_place), rules.minimum_score) - drawn.composite[:, ids]
    wanted = max(1, math.ceil(rules.minimum_stability * len(to_place) - 1e-9)) - 1
    weights, owner = weights_of(methodology), _owners(methodology)
    found = np.full((len(ids), len(weights)), np.inf)
    for start in range(0, len(ids), ROWS):
        part = slice(start, start + ROWS)
        gap = rules.dimension_floor * FULL - dimension_draws(ids[part]).transpose(0, 2, 1)
        gap = np.nan_to_num(gap, nan=-np.inf)
        fails = gap > 10.0**-DIGITS
        count = fails.sum(axis=0)
        for j, (weight, d) in enumerate(zip(weights.tolist(), owner.tolist(), strict=True)):
            change = to_place[:, part] * (scores.weight[ids[part]] / (weight * FULL))
            lifted = gap[d] * (scores.dimension_weight[ids[part], d] / (weight * FULL))
            change = np.where(count - fails[d] > 0, np.inf, np.maximum(change, lifted))
            found[part, j] = np.partition(change, wanted, axis=0)[wanted]
    return found


def _owners(methodology: Methodology) -> Ints:
    """The position of each indicator's dimension, (k,)."""
    owner = np.empty(len(methodology.indicators), dtype=np.int64)
    for d, columns in enumerate(columns_of(methodology)):
        owner[columns] = d
    return owner
