"""Reading the scores of other options on the published scale: quantiles of the rated societies under each."""

from __future__ import annotations

import numpy as np

from models.assessment.blocks import Block, Levels, Setting, combinations
from models.assessment.composite.ranking import Floats
from models.assessment.plan import AGGREGATIONS, MISSING, NORMALISATIONS, OPTIONS, Plan, published_plan
from models.assessment.scoring import FULL

TABLE_POINTS = 257


def levels_of(setting: Setting) -> Levels:
    """Quantiles of the rated societies' scores under each combination, beside the published."""
    cells = setting.cells
    grid = [
        (n, a, m)
        for n in range(len(NORMALISATIONS))
        for a in range(len(AGGREGATIONS))
        for m in range(len(MISSING))
    ]
    plan = published_plan(setting.methodology, len(grid))
    options = np.zeros((len(grid), len(OPTIONS)), dtype=np.int64)
    options[:, :3] = grid
    plan = Plan(plan.weights, options, plan.data, plan.evidence, plan.pending)
    rated = np.flatnonzero(cells.is_rated)
    composite, dimension = np.full((len(rated), len(grid)), np.nan), []
    for draws in combinations(plan):
        block = Block(setting, plan, rated)
        score, parts = block.scores(draws)
        composite[:, draws] = score
        dimension.append((draws, parts))
    found = Levels({}, {})
    at = np.linspace(0, 1, TABLE_POINTS)
    if not rated.size:
        return found
    for k, (n, a, m) in enumerate(grid):
        if n or a:
            found.composite[n, a, m] = _pair(composite[:, k], composite[:, grid.index((0, 0, m))], at)
    parts_of = {grid[d]: parts[:, :, i] for draws, parts in dimension for i, d in enumerate(draws.tolist())}
    for n, a, m in grid:
        if n and not a:
            for d in range(parts_of[n, a, m].shape[0]):
                found.dimension[n, m, d] = _pair(parts_of[n, 0, m][d], parts_of[0, 0, m][d], at)
    return found


def _pair(there: Floats, here: Floats, at: Floats) -> tuple[Floats, Floats]:
    seen = ~(np.isnan(there) | np.isnan(here))
    if not seen.any():
        return np.array([0.0, FULL]), np.array([0.0, FULL])
    return np.quantile(there[seen], at), np.quantile(here[seen], at)
