"""The smallest change that flips a decision: of one indicator of the society's own, and of the weights.

One indicator: the society's score moves, every other society stays. Its published score moves through the
gates and the places, its draws move by the same amount (common draws), so that stability is judged too; the
floors of the dimensions in the draws stay as they were drawn. Weights: the least r such that weights within
w·(1 ± r), changed for all societies along the direction steepest for this one, flip its gates and places
(Barron and Schmidt 1988, closeness in the largest relative change); a bound from above, found by selecting
anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.cutoffs import Cutoffs, cutoffs
from models.assessment.exemplars import Candidates, Decision, rotated_out, selected_in
from models.assessment.methodology.schema import Methodology
from models.assessment.quotas import Flags, Ints, select_draws
from models.assessment.scoring import DIGITS, FULL, columns_of, meets_floor, weights_of

# A score beyond a competitor's by this much is ahead of it; scores are kept to 9 decimals.
STEP = 1e-7
ROWS = 1_000
BOUNDS = np.array(["score", "quota", "stability", "practice_tag", "dimension_floor"])
SCHEMA = pl.Schema({
    "society_id": pl.String, "direction": pl.String, "score_needed": pl.Float64, "bound_by": pl.String,
    "indicator": pl.String, "indicator_from": pl.Float64, "indicator_to": pl.Float64,
    "indicator_outcome": pl.String, "weight_change": pl.Float64, "weight_outcome": pl.String,
})  # fmt: skip


@dataclass(frozen=True)
class Shifts:
    """Of the societies `who` (m,): the change of score at which the decision turns, and what sets it.

    `needed` (m,), score points: the decision is “selected” at this change and above, “not” below;
    `bound` (m,) indexes BOUNDS.
    """

    who: Ints
    needed: Floats
    bound: Ints


def flip_frame(candidates: Candidates, decision: Decision, methodology: Methodology) -> pl.DataFrame:
    """The `decision_flips` frame, one row a society.

    `score_needed`: the composite at which the decision turns, `bound_by` which rule; the indicator whose
    change is the least, with its score 0–1 before and after (at the very threshold); the outcomes say
    found, places_only (the draws' floors must be simulated anew), none, not_scores or out_of_reach.
    """
    scores, n = candidates.scores, len(candidates.scores.composite)
    shifts = shifts_of(candidates, decision, methodology)
    column, after, only_places, by_floor = _indicator(candidates, decision, shifts, methodology)
    weight, searched = weight_changes(candidates, decision, shifts, methodology)
    codes = list(methodology.weights)
    found = column >= 0
    target = scores.composite[shifts.who] + shifts.needed
    before = np.where(found, scores.indicator[shifts.who, np.where(found, column, 0)], np.nan)
    outcome = np.where(found, np.where(only_places, "places_only", "found"), "none")
    spread = methodology.uncertainty.weight_spread
    weighed = np.where(np.isnan(weight), "none", np.where(weight <= spread, "within", "beyond"))
    part = pl.DataFrame(
        {
            "row": shifts.who,
            "score_needed": np.where(np.isfinite(shifts.needed), target.round(DIGITS), np.nan),
            "bound_by": np.where(by_floor, "dimension_floor", BOUNDS[shifts.bound]),
            "indicator": [codes[j] if j >= 0 else None for j in column.tolist()],
            "indicator_from": before,
            "indicator_to": np.where(found, after.round(DIGITS), np.nan),
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


def shifts_of(candidates: Candidates, decision: Decision, methodology: Methodology) -> Shifts:
    """The turning point of every society whose decision is a matter of scores (see `Decision.standing`)."""
    rules, scores = methodology.exemplars, candidates.scores
    who = np.flatnonzero(decision.standing & ~rotated_out(candidates, decision.year, methodology))
    own = scores.composite[who]
    point = cutoffs(scores.composite[None], decision.eligible[None], decision.pool, decision.total)
    places = _turn(point, who, decision.chosen[who][None])[0] - own
    stable = _stability_shift(candidates, decision, who, methodology)
    practice = _practice_score(candidates, decision, methodology)[who] - own
    floor = rules.minimum_score - own
    fixed = np.maximum(np.maximum(floor, stable), practice)
    places = _exact_places(candidates, decision, who, places, fixed, methodology)
    stacked = np.stack([floor, places, stable, practice])
    return Shifts(who, stacked.max(axis=0), stacked.argmax(axis=0))


def _turn(cut: Cutoffs, who: Ints, has_place: Flags) -> Floats:
    """The score at which each of `who` wins or loses its place in each draw, (draws, m)."""
    group = cut.group_of[who]
    return np.where(has_place, cut.displace[:, group], cut.admit[:, group])


def _stability_shift(
    candidates: Candidates, decision: Decision, who: Ints, methodology: Methodology
) -> Floats:
    """The shift of a society's draws at which it gets a place in just enough of them, (m,)."""
    rules, drawn = methodology.exemplars, candidates.draws.joint
    able = drawn.meets_floor & (drawn.composite >= rules.minimum_score) & decision.standing
    cut = cutoffs(drawn.composite, able, decision.pool, decision.total)
    has_place = selected_in(candidates, drawn, methodology)[:, who]
    shift = np.maximum(_turn(cut, who, has_place), rules.minimum_score) - drawn.composite[:, who]
    shift[~drawn.meets_floor[:, who]] = np.inf
    wanted = max(1, math.ceil(rules.minimum_stability * len(shift) - 1e-9))
    return np.partition(shift, wanted - 1, axis=0)[wanted - 1]


def _practice_score(candidates: Candidates, decision: Decision, methodology: Methodology) -> Floats:
    """The score of the steady society that must be passed for the same supervisor and practice, (n,)."""
    limit = methodology.exemplars.per_supervisor_and_tag
    n = len(candidates.scores.composite)
    if limit is None:
        return np.full(n, -np.inf)
    frame = pl.DataFrame(
        {
            "row": np.arange(n),
            "supervisor": candidates.societies["supervisor_id"],
            "tag": candidates.practice_tag,
            "score": candidates.scores.composite,
            "steady": decision.steady,
        }
    ).drop_nulls(["supervisor", "tag"])
    steady = frame.filter("steady").select("supervisor", "tag", rival="row", rival_score="score")
    bar = (
        frame.join(steady, on=["supervisor", "tag"])
        .filter(pl.col("row") != pl.col("rival"))
        .group_by("row")
        .agg(pl.col("rival_score").sort(descending=True).gather([limit - 1], null_on_oob=True).first())
        .drop_nulls()
    )
    found = np.full(n, -np.inf)
    found[bar["row"].to_numpy()] = bar["rival_score"].to_numpy()
    return found


def _exact_places(  # noqa: PLR0913, PLR0917
    candidates: Candidates,
    decision: Decision,
    who: Ints,
    places: Floats,
    fixed: Floats,
    methodology: Methodology,
) -> Floats:
    """Check the turning points of the places by selecting anew, and correct those that are not exact.

    Only where the places decide (no other rule is stricter), the nearest first, at most
    `flips.checked_maximum`. A change of one score also changes who is eligible, and so the places of classes.
    """
    near = np.where(places >= fixed, np.abs(places), np.inf)
    near[decision.chosen[who]] = np.where(np.isfinite(places), np.abs(places), np.inf)[decision.chosen[who]]
    checked = np.argsort(near, kind="stable")[: methodology.exemplars.flips.checked_maximum]
    checked = checked[np.isfinite(near[checked])]
    ids, at = who[checked], places[checked]
    wrong = ~_chosen_at(candidates, decision, ids, at + STEP, methodology)
    wrong |= _chosen_at(candidates, decision, ids, at - STEP, methodology)
    if not wrong.any():
        return places
    ids, own = ids[wrong], candidates.scores.composite[ids[wrong]]
    low, high = methodology.exemplars.minimum_score - own - 1.0, FULL - own
    top = _chosen_at(candidates, decision, ids, high, methodology)
    for _ in range(36):
        middle = (low + high) / 2
        is_in = _chosen_at(candidates, decision, ids, middle, methodology)
        high, low = np.where(is_in, middle, high), np.where(is_in, low, middle)
    places = places.copy()
    places[checked[wrong]] = np.where(top, high, np.inf)
    return places


def _chosen_at(
    candidates: Candidates, decision: Decision, ids: Ints, shift: Floats, methodology: Methodology
) -> Flags:
    """Whether each of `ids` (m,) gets a place when its own score alone moves by `shift` (m,); gates hold."""
    rules, composite = methodology.exemplars, candidates.scores.composite
    floors = meets_floor(candidates.scores.dimension, rules.dimension_floor)
    chosen = np.zeros(len(ids), dtype=np.bool_)
    columns = np.flatnonzero(decision.standing)
    position = np.searchsorted(columns, ids)
    pool = decision.pool.part(columns)
    for start in range(0, len(ids), ROWS):
        part = slice(start, start + ROWS)
        rows = np.arange(len(ids[part]))
        score = np.repeat(composite[columns][None], len(rows), axis=0)
        score[rows, position[part]] = np.round(composite[ids[part]] + shift[part], DIGITS)
        able = np.repeat(floors[columns][None], len(rows), axis=0)
        able[rows, position[part]] = True
        able &= score >= rules.minimum_score
        chosen[part] = select_draws(score, able, pool, decision.total)[rows, position[part]]
    return chosen


def _indicator(
    candidates: Candidates, decision: Decision, shifts: Shifts, methodology: Methodology
) -> tuple[Ints, Floats, Flags, Flags]:
    """The indicator with the least change that turns the decision: column (−1: none), its score then.

    Also whether only gates and places are judged (a society below a dimension's floor has draws below it
    too), and whether it is a dimension's floor that turns the decision.
    """
    scores, who, rules = candidates.scores, shifts.who, methodology.exemplars
    value, weights = scores.indicator[who], weights_of(methodology)
    gains = ~decision.named[who]
    per_point = scores.weight[who][:, None] / (weights * FULL)
    change = shifts.needed[:, None] * per_point
    floor = rules.dimension_floor * FULL
    dimension = scores.dimension[who]
    fails = dimension < floor - 10.0**-DIGITS
    owner = np.empty(len(weights), dtype=np.int64)
    for d, columns in enumerate(columns_of(methodology)):
        owner[columns] = d
    to_floor = (floor - dimension)[:, owner] * scores.dimension_weight[who][:, owner] / (weights * FULL)
    # A society below one floor needs an indicator of that dimension; below two, no single one suffices.
    only_places: Flags = np.asarray(fails.any(axis=1))
    places = np.maximum(_without_stability(candidates, decision, shifts, methodology), 0.0)
    for_places = np.maximum(places[:, None] * per_point, to_floor)
    on_floor = np.where(only_places[:, None], to_floor > places[:, None] * per_point, False)
    on_floor = np.where(gains[:, None], on_floor, to_floor > change)
    change = np.where(only_places[:, None], for_places, change)
    barred = only_places[:, None] & ((fails.sum(axis=1) > 1)[:, None] | ~fails[:, owner])
    # A loss comes at the floor of the dimension too, whichever is nearer.
    change = np.where(gains[:, None], change, np.maximum(change, to_floor))
    after = value + change
    wrong_way = np.where(gains[:, None], change < 0, change > 0)
    impossible = ~np.isfinite(change) | (after > 1) | (after < 0) | np.isnan(value) | barred | wrong_way
    size = np.where(impossible, np.inf, np.abs(change))
    column: Ints = np.asarray(size.argmin(axis=1))
    rows = np.arange(len(who))
    column = np.asarray(np.where(np.isfinite(size[rows, column]), column, -1))
    chosen = np.where(column >= 0, column, 0)
    by_floor = np.where(column >= 0, on_floor[rows, chosen], only_places)
    return column, after[rows, chosen], only_places, np.asarray(by_floor)


def _without_stability(
    candidates: Candidates, decision: Decision, shifts: Shifts, methodology: Methodology
) -> Floats:
    """The change of score that the score floor and the places need, stability aside, (m,)."""
    own = candidates.scores.composite[shifts.who]
    point = cutoffs(candidates.scores.composite[None], decision.eligible[None], decision.pool, decision.total)
    places = _turn(point, shifts.who, decision.chosen[shifts.who][None])[0] - own
    return np.maximum(places, methodology.exemplars.minimum_score - own)


def weight_changes(
    candidates: Candidates, decision: Decision, shifts: Shifts, methodology: Methodology
) -> tuple[Floats, NDArray[np.bool_]]:
    """The least relative change of weights that turns gates and places, (m,); NaN: none found below 0.9.

    Searched for those selected and those nearest to it, at most `flips.weights_maximum`; the flag says who.
    """
    rules = methodology.exemplars.flips
    found = np.full(len(shifts.who), np.nan)
    searched = np.zeros(len(shifts.who), dtype=np.bool_)
    near = np.argsort(np.abs(shifts.needed), kind="stable")[: rules.weights_maximum]
    near = near[np.isfinite(shifts.needed[near])]
    searched[near] = True
    ids = shifts.who[near]
    if not len(ids):
        return found, searched
    search = _WeightSearch(candidates, decision, ids, methodology)
    steps = np.array(rules.weight_steps)
    low, high = np.zeros(len(ids)), np.full(len(ids), np.nan)
    for r in steps:
        open_ = np.isnan(high)
        turned = search.turned(np.full(len(ids), r))
        high = np.where(open_ & turned, r, high)
        low = np.where(open_ & ~turned, r, low)
    for _ in range(8):
        middle = (low + np.nan_to_num(high)) / 2
        turned = search.turned(middle)
        high = np.where(~np.isnan(high) & turned, middle, high)
        low = np.where(~turned, middle, low)
    found[near] = high.round(4)
    return found, searched


class _WeightSearch:
    """Selects anew, every society scored under the weights that are steepest for one of them."""

    def __init__(
        self, candidates: Candidates, decision: Decision, ids: Ints, methodology: Methodology
    ) -> None:
        scores = candidates.scores
        self.methodology, self.decision, self.ids = methodology, decision, ids
        self.columns = np.flatnonzero(decision.standing)
        self.pool = decision.pool.part(self.columns)
        self.position = np.searchsorted(self.columns, ids)
        values = scores.indicator[self.columns]
        self.counts = (~np.isnan(values)).astype(np.float64)
        self.filled = np.nan_to_num(values)
        self.weights = weights_of(methodology)
        self.was = decision.chosen[ids]
        # The rest of the field moves with the weights: what sets a society apart is its own profile against
        # that of those who stand.
        field = self.filled.sum(axis=0) / np.maximum(self.counts.sum(axis=0), 1)
        own = np.where(np.isnan(scores.indicator[ids]), field, scores.indicator[ids])
        lean = (own - field) - ((own - field) * self.weights).sum(axis=1, keepdims=True) / FULL
        self.sign = np.where(self.was[:, None], -1, 1) * np.sign(lean)

    def turned(self, r: Floats) -> Flags:
        """Whether gates and places of each society turn under its weights at `r` (m,)."""
        drawn = self.weights * (1 + r[:, None] * self.sign)
        rules = self.methodology.exemplars
        score = self._scored(drawn, slice(None))
        able = score >= rules.minimum_score
        for owned in columns_of(self.methodology):
            part = self._scored(drawn, owned)
            able &= np.isnan(part) | (part >= rules.dimension_floor * FULL - 10.0**-DIGITS)
        chosen = select_draws(score, able, self.pool, self.decision.total)
        return np.asarray(chosen[np.arange(len(r)), self.position] != self.was)

    def _scored(self, drawn: Floats, columns: Ints | slice) -> Floats:
        top = drawn[:, columns] @ self.filled[:, columns].T
        bottom = drawn[:, columns] @ self.counts[:, columns].T
        share = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
        return np.asarray(np.round(share * FULL, DIGITS))
