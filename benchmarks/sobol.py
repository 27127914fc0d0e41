"""Sobol' indices: Ishigami's known ones, and four choices behind ASEM's ranks and its first ten."""

from __future__ import annotations

import numpy as np

from benchmarks._asem import AGGREGATE, LIMITS, NORMALISE, OPTIONS, values_and_tree
from benchmarks._measure import Meter
from models.assessment.composite import rank_units, score_draws
from models.assessment.sensitivity import Indices, design, mean_rank_shift, set_distance, sobol_indices

BASE = 1_024
SEED = 20230090
FIRST, TOTAL = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])
TOP = 10


def run(meter: Meter) -> None:
    _ishigami(meter)
    values, tree, source = values_and_tree()
    plan = design(("treatment", "normalisation", "aggregation", "weights"), base=BASE, seed=SEED)
    sizes = (len(LIMITS), len(NORMALISE), len(AGGREGATE))
    picks = [plan.pick(name, size) for name, size in zip(plan.inputs[:3], sizes, strict=True)]
    choice = np.ravel_multi_index(tuple(picks), sizes)
    # One input stands for all weights: it picks one of 1,024 draws of them.
    sets = np.random.default_rng(SEED).uniform(0.75, 1.25, (BASE, len(tree.codes)))
    weights = tree.weight * sets[plan.pick("weights", BASE)]
    nominal = rank_units(score_draws(values, tree, OPTIONS, np.zeros(1, dtype=np.int64)))[0]

    def bare() -> None:
        np.sort(weights[:, : tree.size] @ values.T, axis=1)

    ranks = meter.work(
        f"{len(plan.points):,} evaluations ({source})",
        lambda: rank_units(score_draws(values, tree, OPTIONS, choice, weights)),
        floor=bare,
    )
    outputs = np.stack(
        [mean_rank_shift(ranks, nominal), ranks[:, 0], set_distance(ranks <= TOP, nominal <= TOP)], axis=1
    )
    counts, terms = np.ones((1_000, BASE)), np.ones((BASE, 42))
    found = meter.work(
        "indices of 3 outputs with 1,000 resamples",
        lambda: sobol_indices(plan, outputs, seed=SEED, names=("rank shift", "one rank", "first ten")),
        floor=lambda: counts @ terms,
    )
    for row in found.frame().iter_rows(named=True):
        interval = f"{row['total_low']:.2f}–{row['total_high']:.2f}"
        meter.figure(f"{row['output']} by {row['input']}: total ({interval})", row["total"])


def _ishigami(meter: Meter) -> None:
    plan = design(("x1", "x2", "x3"), base=4_096, seed=SEED)
    x = (2 * plan.points - 1) * np.pi
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    for shift in (0, 1_000):
        found = sobol_indices(plan, y + shift, seed=SEED)
        error = max(np.abs(found.first[:, 0] - FIRST).max(), np.abs(found.total[:, 0] - TOTAL).max())
        meter.figure(f"Ishigami + {shift:,}: largest error", error, maximum=0.02)
        meter.figure(f"Ishigami + {shift:,}: of 6 within their intervals", _within(found), minimum=6)


def _within(found: Indices) -> int:
    first = (found.first_low[:, 0] <= FIRST) & (found.first_high[:, 0] >= FIRST)
    total = (found.total_low[:, 0] <= TOTAL) & (found.total_high[:, 0] >= TOTAL)
    return int(first.sum() + total.sum())
