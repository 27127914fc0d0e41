"""ASEM: 1,000 draws over treatment limit, normalisation, weights and aggregation, treatment recomputed."""

from __future__ import annotations

import numpy as np

from benchmarks._asem import OPTIONS, values_and_tree
from benchmarks._measure import Meter
from models.assessment.composite import rank_units, score_draws

DRAWS = 1_000
SEED = 20230090


def run(meter: Meter) -> None:
    values, tree, source = values_and_tree()
    generator = np.random.default_rng(SEED)
    choice = generator.integers(0, len(OPTIONS), DRAWS)
    weights = tree.weight * generator.uniform(0.75, 1.25, (DRAWS, len(tree.codes)))

    def bare() -> None:
        np.sort(weights[:, : tree.size] @ values.T, axis=1)

    ranks = meter.work(
        f"{DRAWS:,} draws with ranks ({source})",
        lambda: rank_units(score_draws(values, tree, OPTIONS, choice, weights)),
        floor=bare,
        seconds=1,
    )
    meter.figure("combinations drawn", len(np.unique(choice)), minimum=len(OPTIONS))
    meter.figure("mean spread of a unit's rank", ranks.std(axis=0).mean(), unit="places", minimum=0.1)
