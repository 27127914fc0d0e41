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
ROWS = 500
BOUNDS = np.array(["score", "quota", "practice_tag", "dimension_floor", "stability"])
SCHEMA = pl.Schema({
    "society_id": pl.String, "direction": pl.String, "score_needed": pl.Float64, "bound_by": pl.String,
    "indicator": pl.String, "indicator_from": pl.Float64, "indicator_to": pl.Float64,
    "indicator_outcome": pl.String, "weight_change": pl.Float64, "weight_outcome": pl.String,
})  # fmt: skip


DimensionDraws = Callable[[Ints], Floats]


@dataclass(frozen=True)
class Turning:
    """Of the societies `who` (m,) whose decision is a matter of scores: what it turns on at published scores.

    `bounds` (3, m): changes of score, in points, from which the score floor, the places and the practice rule
    are met; the decision needs them all.
    """

    who: Ints
    bounds: Floats

    @property
    def needed(self) -> Floats:
        """The strictest of the three, (m,)."""
        return np.asarray(self.bounds.max(axis=0))


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


def turning_points(candidates: Candidates, decision: Decision, methodology: Methodology) -> Turning:
    """The turning point of every society whose decision is a matter of scores (see `Decision.standing`)."""
    rules, scores = methodology.exemplars, candidates.scores
    who = np.flatnonzero(decision.standing & ~rotated_out(candidates, decision.year, methodology))
    own = scores.composite[who]
    point = cutoffs(scores.composite[None], decision.eligible[None], decision.pool, decision.total)
    places = _turn(point, who, decision.chosen[who][None])[0] - own
    practice = _practice_score(candidates, decision, methodology)[who] - own
    floor = rules.minimum_score - own
    places = _exact_places(candidates, decision, who, places, np.maximum(floor, practice), methodology)
    return Turning(who, np.stack([floor, places, practice]))


def _turn(cut: Cutoffs, who: Ints, has_place: Flags) -> Floats:
    """The score at which each of `who` wins or loses its place in each draw, (draws, m)."""
    group = cut.group_of[who]
    return np.where(has_place, cut.displace[:, group], cut.admit[:, group])


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
    to_place = np.maximum(_turn(cut, ids, has_place), rules.minimum_score) - drawn.composite[:, ids]
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


def weight_changes(
    candidates: Candidates, decision: Decision, turning: Turning, methodology: Methodology
) -> tuple[Floats, NDArray[np.bool_]]:
    """The least relative change of weights that turns gates and places, (m,); NaN: none found below 0.9.

    Searched for those selected and those nearest to it, at most `flips.weights_maximum`; the flag says who.
    """
    rules = methodology.exemplars.flips
    found = np.full(len(turning.who), np.nan)
    searched = np.zeros(len(turning.who), dtype=np.bool_)
    near = np.argsort(np.abs(turning.needed), kind="stable")[: rules.weights_maximum]
    near = near[np.isfinite(turning.needed[near])]
    searched[near] = True
    ids = turning.who[near]
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
