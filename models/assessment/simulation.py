"""The simulation: every society's score under every draw of a plan, in blocks of societies.

All arithmetic is element by element in a fixed order, so that blocks and threads change no bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.blocks import Block, Levels, Setting, combinations
from models.assessment.cells import Cells
from models.assessment.columns import scales_of
from models.assessment.composite.ranking import Floats
from models.assessment.levels import levels_of
from models.assessment.methodology.schema import Methodology
from models.assessment.noise import Pool
from models.assessment.plan import Plan
from models.assessment.scoring import DIGITS, FULL

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Numbers in one array of a block: 16 such arrays fit into a processor's cache.
BLOCK_NUMBERS = 32_768


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
class Simulator(Setting):
    """Scores societies under the draws of any plan."""

    def run(
        self, plan: Plan, told: Callable[[float], None] | None = None, members: Ints | None = None
    ) -> Drawn:
        """Score every society under every draw of `plan`; see `Drawn`.

        `told` hears what share is done. With `members` only these are scored, as they would be among all.
        """
        return _run(self, plan, told, members)

    def dimensions(self, plan: Plan, members: Ints) -> Floats:
        """The dimensions of some societies under every draw, (d, members, draws), 0–100, NaN where none."""
        found = np.full((len(self.methodology.dimensions), len(members), len(plan)), np.nan)
        size = max(8, BLOCK_NUMBERS // len(plan))
        for start in range(0, len(members), size):
            part = slice(start, start + size)
            block = Block(self, plan, members[part])
            for draws in combinations(plan):
                found[:, part, draws] = block.levelled(*block.scores(draws), draws)[1]
        return found


def make_simulator(cells: Cells, methodology: Methodology, pool: Pool) -> Simulator:
    """Prepare a simulation: the scales of other normalisations and the levels of other options."""
    bare = Simulator(cells, methodology, pool, scales_of(cells), Levels({}, {}))
    return Simulator(cells, methodology, pool, bare.scales, levels_of(bare))


def _run(
    simulator: Simulator, plan: Plan, told: Callable[[float], None] | None, members: Ints | None
) -> Drawn:
    cells, rules = simulator.cells, simulator.methodology
    n, draws, bands = len(cells.keys), len(plan), rules.composite.bands
    dimensions = len(rules.dimensions)
    together = combinations(plan)
    is_single = len(together) == 1 and not plan.options.any()
    found = Drawn(
        np.full((n, draws), np.nan).T,
        np.zeros((n, draws), dtype=np.bool_).T,
        np.zeros((n, len(bands))),
        *(np.full(n, np.nan) for _ in range(2)),
        *(np.full((n, dimensions), np.nan) for _ in range(2)),
    )
    size = max(8, BLOCK_NUMBERS // max(1, draws // len(together)))
    # A society that filed has dimensions, rated or not.
    filed = np.flatnonzero(~np.isnan(cells.value[0]).all(axis=1))
    if members is not None:
        filed = np.intersect1d(filed, members)
    blocks = [filed[start : start + size] for start in range(0, len(filed), size)]

    def work(members: Ints) -> None:
        block = Block(simulator, plan, members)
        for chosen in together:
            _store(block, chosen, found, is_single=is_single)

    # NumPy lets go of the interpreter's lock inside each operation.
    with ThreadPoolExecutor(max_workers=_threads()) as pool:
        for done, _ in enumerate(pool.map(work, blocks), start=1):
            if told is not None:
                told(done / len(blocks))
    return found


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _store(block: Block, draws: Ints, found: Drawn, *, is_single: bool) -> None:
    rules, members = block.setting.methodology, block.members
    score, parts = block.scores(draws)
    composite, parts = block.levelled(score, parts, draws)
    is_rated = block.setting.cells.is_rated[members]
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


def _band_counts(composite: Floats, parts: Floats, block: Block) -> Floats:
    """Draws in each band, (n, bands); a vetoed society's excellent draws count for the band they become."""
    rules, members = block.setting.methodology, block.members
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
    vetoed = np.flatnonzero(block.setting.cells.is_vetoed[members])
    moved = counts[vetoed, 0]
    counts[vetoed, 0] = 0
    counts[vetoed, becomes] += moved
    return counts


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
