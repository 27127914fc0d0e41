"""Simultaneous rank sets: 1,000 units in time and memory, and their coverage by simulation."""

from __future__ import annotations

import numpy as np

from benchmarks._measure import Meter
from models.assessment.composite.ranking import rank_units
from models.assessment.rank_sets import comparison_intervals, normal_errors, rank_sets

UNITS, DRAWS = 1_000, 1_000
REPETITIONS = 500
LEVEL = 0.90
SEED = 20230090


def run(meter: Meter) -> None:
    generator = np.random.default_rng(SEED)
    truth, errors = generator.normal(75, 8, UNITS), generator.uniform(0.5, 4, UNITS)
    estimates = truth + errors * generator.standard_normal(UNITS)
    drawn = normal_errors(errors, DRAWS, SEED)

    def bare() -> None:
        np.sort(drawn @ drawn.T, axis=1)
        np.sort(drawn, axis=1)

    sets = meter.work(
        f"{UNITS:,} units, {DRAWS:,} draws",
        lambda: rank_sets(estimates, drawn, level=LEVEL),
        floor=bare,
        seconds=30,
        gigabytes=2,
    )
    meter.figure("steps", sets.steps)
    meter.figure("mean width of a set", (sets.high - sets.low + 1).mean(), unit="places")
    meter.work("comparison intervals", lambda: comparison_intervals(estimates, errors), gigabytes=2)
    for what, centres in (
        ("20 close units", generator.normal(70, 3, 20)),
        ("20 equal units", np.full(20, 70.0)),
        ("two groups of 10 equal units", np.repeat([90.0, 50.0], 10)),
    ):
        _coverage(meter, what, centres, generator)


def _coverage(meter: Meter, what: str, truth: np.ndarray, generator: np.random.Generator) -> None:
    errors = generator.uniform(0.5, 2.5, len(truth))
    ranks = rank_units(truth)
    drawn = normal_errors(errors, DRAWS, SEED)
    held = np.zeros((REPETITIONS, 2), dtype=np.bool_)
    for n in meter.track(range(REPETITIONS), f"coverage: {what}", REPETITIONS):
        sets = rank_sets(truth + errors * generator.standard_normal(len(truth)), drawn, level=LEVEL)
        held[n, 0] = ((sets.low <= ranks) & (ranks <= sets.high)).all()
        held[n, 1] = sets.possible_top(5)[ranks <= 5].all()
    # Two standard errors of the simulation and of the draws' quantile below the level.
    least = LEVEL - 2 * np.sqrt(LEVEL * (1 - LEVEL) * (1 / REPETITIONS + 1 / DRAWS))
    for k, of in enumerate(("all ranks at once", "the top 5")):
        meter.figure(f"coverage of {of}, {what}", held[:, k].mean(), minimum=round(float(least), 3))
