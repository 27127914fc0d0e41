"""The simulation: every society's score under every draw of a plan, in blocks of societies.

All arithmetic is element by element in a fixed order, so that blocks and threads change no bit.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.cells import Cells
from models.assessment.columns import Column, Scale, deviates, draw_column, scales_of
from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.noise import Pool
from models.assessment.plan import AGGREGATIONS, MISSING, NORMALISATIONS, OPTIONS, Plan, published_plan
from models.assessment.scoring import DIGITS, FULL, columns_of

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Numbers in one array of a block: 16 such arrays fit into a processor's cache.
BLOCK_NUMBERS = 32_768
TABLE_POINTS = 257


@dataclass(frozen=True)
class Drawn:
    """Scores 0–100 under every draw, NaN where there is none, by society (n) and draw.

    `composite` (draws, n); `meets_floor` (draws, n): every dimension at the exemplars' floor; `bands`
    (n, bands): share of draws in each band; `dimension_low`, `dimension_high` (n, d) and `low`, `high` (n,):
    interval over the draws, widened to hold the published score, for plans of the published method only (else
    NaN).
    """

    composite: Floats
    meets_floor: Flags
    bands: Floats
    low: Floats
    high: Floats
    dimension_low: Floats
    dimension_high: Floats


@dataclass(frozen=True)
class Levels:
    """How scores under other options are read on the published scale: by equal shares of the rated societies.

    (normalisation, aggregation, missing) → quantiles there and here, for the composite; (normalisation,
    missing, dimension) likewise for dimensions.
    """

    composite: dict[tuple[int, int, int], tuple[Floats, Floats]]
    dimension: dict[tuple[int, int, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Simulator:
    """What every plan shares: cells, pool, scales of the indicators and levels of the options."""

    cells: Cells
    methodology: Methodology
    pool: Pool
    scales: list[Scale]
    levels: Levels

    def run(self, plan: Plan) -> Drawn:
        """Score every society under every draw of `plan`; see `Drawn`."""
        return _run(self, plan)

    def dimensions(self, plan: Plan, members: Ints) -> Floats:
        """The dimensions of some societies under every draw, (d, members, draws), 0–100, NaN where none."""
        found = np.full((len(self.methodology.dimensions), len(members), len(plan)), np.nan)
        size = max(8, BLOCK_NUMBERS // len(plan))
        for start in range(0, len(members), size):
            part = slice(start, start + size)
            block = _Block(self, plan, members[part])
            for draws in _combinations(plan):
                found[:, part, draws] = block.levelled(*block.scores(draws), draws)[1]
        return found


def make_simulator(cells: Cells, methodology: Methodology, pool: Pool) -> Simulator:
    """Prepare a simulation: the scales of other normalisations and the levels of other options."""
    bare = Simulator(cells, methodology, pool, scales_of(cells), Levels({}, {}))
    return Simulator(cells, methodology, pool, bare.scales, _levels(bare))


def _levels(simulator: Simulator) -> Levels:
    """Quantiles of the rated societies' scores under each combination, beside the published."""
    cells = simulator.cells
    grid = [
        (n, a, m)
        for n in range(len(NORMALISATIONS))
        for a in range(len(AGGREGATIONS))
        for m in range(len(MISSING))
    ]
    plan = published_plan(simulator.methodology, len(grid))
    options = np.zeros((len(grid), len(OPTIONS)), dtype=np.int64)
    options[:, :3] = grid
    plan = Plan(plan.weights, options, plan.data, plan.evidence, plan.pending)
    rated = np.flatnonzero(cells.is_rated)
    composite, dimension = np.full((len(rated), len(grid)), np.nan), []
    for draws in _combinations(plan):
        block = _Block(simulator, plan, rated)
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


def _combinations(plan: Plan) -> list[Ints]:
    """The draws of each combination of options and kinds of noise, in the order of the first."""
    kinds = np.stack([plan.data >= 0, plan.evidence >= 0, plan.pending >= 0], axis=1)
    key = np.concatenate([plan.options, kinds], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == k) for k in np.argsort(first)]


def _run(simulator: Simulator, plan: Plan) -> Drawn:
    cells, rules = simulator.cells, simulator.methodology
    n, draws, bands = len(cells.keys), len(plan), rules.composite.bands
    dimensions = len(rules.dimensions)
    combinations = _combinations(plan)
    is_single = len(combinations) == 1 and not plan.options.any()
    found = Drawn(
        np.full((n, draws), np.nan).T,
        np.zeros((n, draws), dtype=np.bool_).T,
        np.zeros((n, len(bands))),
        *(np.full(n, np.nan) for _ in range(2)),
        *(np.full((n, dimensions), np.nan) for _ in range(2)),
    )
    size = max(8, BLOCK_NUMBERS // max(1, draws // len(combinations)))
    # A society that filed has dimensions, rated or not.
    filed = np.flatnonzero(~np.isnan(cells.value[0]).all(axis=1))
    blocks = [filed[start : start + size] for start in range(0, len(filed), size)]

    def work(members: Ints) -> None:
        block = _Block(simulator, plan, members)
        for chosen in combinations:
            _store(block, chosen, found, is_single=is_single)

    # NumPy lets go of the interpreter's lock inside each operation.
    with ThreadPoolExecutor(max_workers=_threads()) as pool:
        for _ in pool.map(work, blocks):
            pass
    return found


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _store(block: _Block, draws: Ints, found: Drawn, *, is_single: bool) -> None:
    rules, members = block.simulator.methodology, block.members
    score, parts = block.scores(draws)
    composite, parts = block.levelled(score, parts, draws)
    is_rated = block.simulator.cells.is_rated[members]
    composite[~is_rated] = np.nan
    floor = rules.exemplars.dimension_floor
    rows, columns = _span(members), _span(draws)
    at = (rows, columns) if isinstance(rows, slice) and isinstance(columns, slice) else np.ix_(members, draws)
    found.composite.T[at] = composite
    found.meets_floor.T[at] = _above(parts, floor)
    found.bands[members] += _band_counts(composite, parts, block) / found.composite.shape[0]
    if is_single:
        level = rules.uncertainty.interval
        score, dimension = block.published()
        found.low[members], found.high[members] = _around(interval(composite.T, level), score)
        for d, part in enumerate(parts):
            bounds = _around(interval(part.T, level), dimension[d])
            found.dimension_low[members, d], found.dimension_high[members, d] = bounds


def _around(bounds: Floats, point: Floats) -> Floats:
    """Bounds (2, n) widened to hold the published score: a count that meets its target can only fall."""
    return np.stack([np.minimum(bounds[0], point), np.maximum(bounds[1], point)])


def _span(numbers: Ints) -> slice | Ints:
    """The slice of consecutive numbers, which is copied at once; others as they are."""
    first, last = int(numbers[0]), int(numbers[-1])
    is_run = last - first == len(numbers) - 1 and bool((np.diff(numbers) == 1).all())
    return slice(first, last + 1) if is_run else numbers


def _above(parts: Floats, floor: float) -> Flags:
    """Whether every applicable dimension (d, n, draws) has the share `floor` of full marks: (n, draws)."""
    least = floor * FULL - 10.0**-DIGITS
    above = np.ones(parts.shape[1:], dtype=np.bool_)
    for part in parts:
        above &= ~(part < least)
    return above


def _band_counts(composite: Floats, parts: Floats, block: _Block) -> Floats:
    """Draws in each band, (n, bands); a vetoed society's excellent draws count for the band they become."""
    rules, members = block.simulator.methodology, block.members
    bands = rules.composite.bands
    left = ~np.isnan(composite)
    counts = np.zeros((len(members), len(bands)))
    for k, band in enumerate(bands):
        inside = left & (composite >= band.minimum)
        if band.dimension_floor is not None:
            inside &= _above(parts, band.dimension_floor)
        counts[:, k] = inside.sum(axis=1)
        left &= ~inside
    becomes = [band.code for band in bands].index(rules.vetoes.excellent_becomes)
    vetoed = np.flatnonzero(block.simulator.cells.is_vetoed[members])
    moved = counts[vetoed, 0]
    counts[vetoed, 0] = 0
    counts[vetoed, becomes] += moved
    return counts


class _Block:
    """Some societies under a plan: the parts that do not depend on the draw are made once."""

    def __init__(self, simulator: Simulator, plan: Plan, members: Ints) -> None:
        self.simulator, self.plan, self.members = simulator, plan, members
        k = len(simulator.methodology.indicators)
        is_noisy = bool((plan.data >= 0).any())
        groupings = tuple(np.unique(plan.options[:, -1]).tolist()) if is_noisy else ()
        self.columns = [Column.make(simulator.cells, j, members, groupings) for j in range(k)]
        self.owners = columns_of(simulator.methodology)

    def published(self) -> tuple[Floats, Floats]:
        """The published score (n,) and dimensions (d, n), without any noise."""
        plan, self.plan = self.plan, published_plan(self.simulator.methodology)
        score, parts = self.scores(np.zeros(1, dtype=np.int64))
        self.plan = plan
        return np.round(score[:, 0], DIGITS), np.round(parts[:, :, 0], DIGITS)

    def scores(self, draws: Ints) -> tuple[Floats, Floats]:
        """Composite (n, draws) and dimensions (d, n, draws) of draws with equal options, as they come."""
        simulator, plan = self.simulator, self.plan
        normalisation, aggregation, missing, grouping = plan.options[draws[0]].tolist()
        weights = plan.weights[draws]
        is_fixed = bool((weights == weights[0]).all())
        shape = (len(self.members), len(draws))
        mixed: dict[int, Floats] = {}
        if plan.data[draws[0]] >= 0:
            cells = simulator.cells
            made = deviates(cells, simulator.pool, self.members, plan.data[draws])
            mixed = dict(zip(cells.sampled.tolist(), made, strict=True))
        parts, total = np.empty((len(self.owners), *shape)), np.zeros(shape)
        bottom_all = np.zeros(shape)
        for d, owned in enumerate(self.owners):
            top, bottom = np.zeros(shape), np.zeros(shape)
            for j in owned.tolist():
                value, counts = draw_column(
                    self.columns[j], simulator.pool, plan, draws, simulator.scales[j], mixed.get(j),
                    normalisation=normalisation, missing=missing, grouping=grouping,
                )  # fmt: skip
                # A column that no draw changes is one number a society: no more is multiplied than must be.
                weight = weights[:1, j] if is_fixed else weights[:, j]
                top += value * weight
                bottom += counts * weight
            has_any = bottom > 0
            safe = np.where(has_any, bottom, 1.0)
            share = np.divide(top, safe, out=top)
            parts[d] = np.where(has_any, share * FULL, np.nan)
            if AGGREGATIONS[aggregation] == "gmean":
                least = simulator.methodology.uncertainty.geometric_floor / FULL
                np.maximum(share, least, out=share)
                np.log(share, out=share)
            share *= bottom
            total += share
            bottom_all += bottom
        has_any = bottom_all > 0
        total /= np.where(has_any, bottom_all, 1.0)
        if AGGREGATIONS[aggregation] == "gmean":
            np.exp(total, out=total)
        total *= FULL
        total[~has_any] = np.nan
        return total, parts

    def levelled(self, composite: Floats, parts: Floats, draws: Ints) -> tuple[Floats, Floats]:
        """Read scores on the published scale, and round the composite; see `Levels`."""
        normalisation, aggregation, missing, _ = self.plan.options[draws[0]].tolist()
        levels = self.simulator.levels
        pair = levels.composite.get((normalisation, aggregation, missing))
        if pair is not None:
            composite = np.interp(composite, *pair)
        for d in range(len(parts)):
            pair = levels.dimension.get((normalisation, missing, d))
            if pair is not None:
                parts[d] = np.where(np.isnan(parts[d]), np.nan, np.interp(parts[d], *pair))
        # Dimensions are only held against a floor, which allows for rounding itself.
        return np.round(composite, DIGITS), parts


def interval(drawn: Floats, level: float) -> Floats:
    """Lower and upper bound over the draws, (2, n), of (draws, n); a column with NaN gives NaN.

    Linear between order statistics, as `numpy.quantile`; a full sort is several times faster than its
    partial one.
    """
    bounds = np.full((2, drawn.shape[1]), np.nan)
    seen = np.flatnonzero(~np.isnan(drawn).any(axis=0))
    ordered = np.sort(drawn.T[seen], axis=1)
    for bound, share in enumerate(tails(level)):
        at = share * (len(drawn) - 1)
        below = int(at)
        above = min(below + 1, len(drawn) - 1)
        between = ordered[:, below] + (at - below) * (ordered[:, above] - ordered[:, below])
        bounds[bound, seen] = between.round(DIGITS)
    return bounds


def tails(level: float) -> tuple[float, float]:
    """The two shares that leave `level` between them."""
    return round((1 - level) / 2, DIGITS), round((1 + level) / 2, DIGITS)
