"""What shaking the weights does: intervals of scores, ranges of ranks, and the draws behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.aggregation import draw_blocks, weighted_mean
from models.assessment.composite.ranking import Floats, rank_units
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import DIGITS, FULL, columns_of, meets_floor, weights_of

# Societies worked on at once: 1,000 draws of this many take about 25 MB an array.
BLOCK = 3_000
RANK_BYTES = 64_000_000


@dataclass(frozen=True)
class Draws:
    """Scores of every society under every draw of the weights. NaN where a score does not exist.

    `composite` (draws, n) and `meets_floor` (draws, n); `low`, `high` (n,) and `dimension_low`,
    `dimension_high` (n, d): the interval over the draws, 0–100.
    """

    composite: Floats
    meets_floor: NDArray[np.bool_]
    low: Floats
    high: Floats
    dimension_low: Floats
    dimension_high: Floats


def weight_draws(methodology: Methodology, seed: int) -> Floats:
    """Weights times uniform factors in 1 ± spread, (draws, k); the same seed gives the same draws."""
    rules, weights = methodology.uncertainty, weights_of(methodology)
    generator = np.random.Generator(np.random.PCG64(seed))
    shape = (rules.draws, len(weights))
    return weights * generator.uniform(1 - rules.weight_spread, 1 + rules.weight_spread, shape)


def draw_scores(indicator: Floats, is_rated: NDArray[np.bool_], methodology: Methodology, seed: int) -> Draws:
    """Score every society under every draw: `indicator` (n, k) in 0–1 with NaN, `is_rated` (n,).

    The floor is the exemplars' `dimension_floor`. Costs a few matrix products a block of societies.
    """
    weights, columns = weight_draws(methodology, seed), columns_of(methodology)
    floor, level = methodology.exemplars.dimension_floor, methodology.uncertainty.interval
    n, draws = len(indicator), len(weights)
    composite = np.full((draws, n), np.nan)
    above = np.ones((draws, n), dtype=np.bool_)
    bounds = np.full((2, n), np.nan)
    dimension_bounds = np.full((2, n, len(columns)), np.nan)
    for start in range(0, n, BLOCK):
        part = slice(start, start + BLOCK)
        drawn = _scored(indicator[part], weights)
        drawn[:, ~is_rated[part]] = np.nan
        composite[:, part] = drawn
        bounds[:, part] = interval(drawn, level)
        for d, column in enumerate(columns):
            scored = _scored(indicator[part][:, column], weights[:, column])
            above[:, part] &= meets_floor(scored[..., None], floor)
            dimension_bounds[:, part, d] = interval(scored, level)
    return Draws(composite, above, *bounds, *dimension_bounds)


def _scored(values: Floats, weights: Floats) -> Floats:
    return np.round(weighted_mean(values, weights) * FULL, DIGITS)


def interval(drawn: Floats, level: float) -> Floats:
    """Lower and upper bound over the draws, (2, n), of (draws, n); a column with NaN gives NaN.

    Linear between order statistics, as `numpy.quantile`; a full sort is several times faster than its
    partial one.
    """
    bounds = np.full((2, drawn.shape[1]), np.nan)
    seen = ~np.isnan(drawn).any(axis=0)
    ordered = np.sort(drawn[:, seen], axis=0)
    for bound, share in enumerate(_tails(level)):
        at = share * (len(drawn) - 1)
        below = int(at)
        above = min(below + 1, len(drawn) - 1)
        between = ordered[below] + (at - below) * (ordered[above] - ordered[below])
        bounds[bound, seen] = between.round(DIGITS)
    return bounds


def _tails(level: float) -> tuple[float, float]:
    return round((1 - level) / 2, DIGITS), round((1 + level) / 2, DIGITS)


def rank_ranges(point: Floats, drawn: Floats, groups: pl.Series, level: float) -> NDArray[np.float64]:
    """Rank in the peer group and its range over the draws: (3, n) = rank, rank_low, rank_high.

    1 is the best; equal scores share the best rank. `point` (n,), `drawn` (draws, n), `groups` (n,) names.
    Societies without a score have none (NaN) and take no place. The range holds whole ranks, outward.
    """
    ranges = np.full((3, len(point)), np.nan)
    members = pl.DataFrame({"group": groups, "row": range(len(point))}).filter(
        pl.col("group").is_not_null() & pl.Series(~np.isnan(point))
    )
    for rows in members.group_by("group", maintain_order=True).agg("row")["row"]:
        group = rows.to_numpy()
        ranks = np.empty((len(drawn), len(group)), dtype=np.int32)
        for block in draw_blocks(len(drawn), len(group), 6, limit_bytes=RANK_BYTES):
            ranks[block] = rank_units(drawn[block][:, group])
        ordered = np.sort(ranks, axis=0)
        lower, upper = _tails(level)
        ranges[0, group] = rank_units(point[group])
        ranges[1, group] = ordered[int(lower * (len(drawn) - 1))]
        ranges[2, group] = ordered[math.ceil(upper * (len(drawn) - 1))]
    return ranges
