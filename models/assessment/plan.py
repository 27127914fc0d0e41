"""Which choices each draw of a simulation makes: weights, options of the method, and which noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import weights_of

Ints = NDArray[np.int64]

NORMALISATIONS = ("goalposts", "prank", "minmax")
AGGREGATIONS = ("amean", "gmean")
MISSING = ("zero", "left_out", "peer_mean")
GROUPINGS = ("published", "coarser")
# Options of the method, in the order of `Plan.options`; the first of each is the published one.
OPTIONS = {
    "normalisation": NORMALISATIONS,
    "aggregation": AGGREGATIONS,
    "missing_required": MISSING,
    "peer_grouping": GROUPINGS,
}
NOISES = ("data", "evidence", "pending")


@dataclass(frozen=True)
class Plan:
    """One row a draw. `weights` (draws, k); `options` (draws, 4): the option of each of OPTIONS.

    `data`, `evidence`, `pending` (draws,): which draw of the noise; -1: none, as published.
    """

    weights: Floats
    options: Ints
    data: Ints
    evidence: Ints
    pending: Ints

    def __len__(self) -> int:
        return len(self.options)

    @property
    def most(self) -> int:
        """How far the plan reads on in the noise pool."""
        return 1 + max(int(getattr(self, name).max(initial=0)) for name in NOISES)


def published_plan(methodology: Methodology, draws: int = 1) -> Plan:
    """The published method, without noise, `draws` times."""
    weights = np.broadcast_to(weights_of(methodology), (draws, len(methodology.indicators)))
    none = np.full(draws, -1)
    return Plan(weights, np.zeros((draws, len(OPTIONS)), dtype=np.int64), none, none, none)


def data_plan(methodology: Methodology) -> Plan:
    """The published method under the noise of the shares."""
    draws = methodology.uncertainty.draws
    return replace(published_plan(methodology, draws), data=np.arange(draws))


def method_plan(methodology: Methodology, seed: int) -> Plan:
    """The data as they are under weights and options drawn anew.

    Options come in fixed shares (largest remainder), grouped so that equal draws lie together: that is no
    less random, since a draw's weights and noise do not depend on its place.
    """
    draws = methodology.uncertainty.draws
    plan = published_plan(methodology, draws)
    return replace(plan, weights=weight_draws(methodology, draws, seed), options=option_draws(methodology))


def joint_plan(methodology: Methodology, seed: int) -> Plan:
    """Everything at once: noise, evidence, pending checks, weights and options."""
    every = np.arange(methodology.uncertainty.draws)
    return replace(method_plan(methodology, seed), data=every, evidence=every, pending=every)


def weight_draws(methodology: Methodology, draws: int, seed: int) -> Floats:
    """Weights times uniform factors in 1 ± spread, (draws, k); the same seed gives the same draws."""
    spread, weights = methodology.uncertainty.weight_spread, weights_of(methodology)
    generator = np.random.Generator(np.random.PCG64(seed))
    return weights * generator.uniform(1 - spread, 1 + spread, (draws, len(weights)))


def option_draws(methodology: Methodology) -> Ints:
    """The options of each draw, (draws, 4), in the shares of the methodology."""
    rules = methodology.uncertainty
    shares = [list(getattr(rules, name).model_dump().values()) for name in OPTIONS]
    combinations = np.array(list(product(*(range(len(share)) for share in shares))), dtype=np.int64)
    chance = np.prod([np.array(share)[combinations[:, n]] for n, share in enumerate(shares)], axis=0)
    ideal = chance * rules.draws
    count = np.floor(ideal + 1e-9).astype(np.int64)
    left = rules.draws - count.sum()
    count[np.argsort(-(ideal - count).round(9), kind="stable")[:left]] += 1
    return np.repeat(combinations, count, axis=0)


def pick(points: Floats, shares: dict[str, float]) -> Ints:
    """Turn uniform points into options in these shares, (draws,): 0 … options - 1."""
    steps = np.cumsum(list(shares.values()))[:-1]
    return np.searchsorted(steps, points, side="right").astype(np.int64)
