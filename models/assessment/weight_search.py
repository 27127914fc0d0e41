"""The least change of weights, along the direction steepest for a society, that turns its decision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.exemplars import Candidates, Decision
from models.assessment.methodology.schema import Methodology
from models.assessment.quotas import Flags, Ints, select_draws
from models.assessment.scoring import DIGITS, FULL, columns_of, weights_of
from models.assessment.turning import Turning


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
