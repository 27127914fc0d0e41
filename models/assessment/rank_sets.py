"""Confidence sets for ranks, all at once, and for the top places; comparison intervals for display.

Mogstad, Romano, Shaikh and Wilhelm (Review of Economic Studies, 2024): a unit's rank is bounded by the pairs
that are told apart, and pairs are told apart by studentised differences with step-down bootstrap critical
values (Romano and Wolf, 2005), over both directions of every pair, so that the chance of any wrong direction
is at most 1 - level. Goldstein and Spiegelhalter (JRSS A, 1996) for `comparison_intervals`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats, rank_units
from models.errors import FengqingError

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A standard error of a difference below this share of the largest is rounding: the pair is known for certain.
CERTAIN = 1e-6
# Estimates closer than this share of the largest are tied, as in `rank_units`.
TIED = 1e-12


@dataclass(frozen=True)
class RankSets:
    """Ranks (n,), 1 the best, and bounds `low` and `high` (n,) that hold for all units at once, at `level`.

    `critical` is the last critical value in standard errors, `steps` how often it was drawn anew.
    """

    level: float
    rank: Ints
    low: Ints
    high: Ints
    critical: float
    steps: int

    def possible_top(self, places: int) -> Flags:
        """The confidence set for the top `places`, (n,): it holds all of them at `level`."""
        return np.asarray(self.low <= places)

    def certain_top(self, places: int) -> Flags:
        """The units that are among the top `places` for certain, (n,): none is wrong at `level`."""
        return np.asarray(self.high <= places)


def normal_errors(standard_errors: Floats, draws: int, seed: int) -> Floats:
    """Draw independent normal errors, (draws, n), for estimates of which only standard errors are known."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return generator.standard_normal((draws, len(standard_errors))) * standard_errors


def rank_sets(estimates: Floats, drawn: Floats, *, level: float = 0.90) -> RankSets:
    """Simultaneous confidence sets for the ranks of n units; higher is better.

    `estimates` (n,); `drawn` (draws, n): bootstrap draws of the estimates or of their errors, dependent or
    not (`normal_errors` gives independent ones). Only their spread about their own means is used. Ties share
    the best rank. Costs draws · n² multiplications a step, in blocks of n · draws.

    Raises:
        FengqingError: NaN or infinite values, shapes that do not fit, fewer than 100 draws.
    """
    _check(estimates, drawn, level)
    n = len(estimates)
    order = np.argsort(-estimates, kind="stable")
    sorted_estimates = estimates[order]
    errors = np.ascontiguousarray((drawn - drawn.mean(axis=0)).T[order])
    gap = sorted_estimates[:, None] - sorted_estimates[None, :]
    inverse = _inverse_errors(errors)
    above = np.triu(np.ones((n, n), dtype=np.bool_), 1)
    told = above & (inverse == 0) & (gap > TIED * np.abs(estimates).max(initial=0.0))
    # A pair known for certain asks for no critical value; untold pairs still do, in both directions.
    statistic = gap * inverse
    open_pairs = above & (inverse > 0)
    critical, steps = 0.0, 0
    against = np.full(errors.shape[1], -np.inf)
    while open_pairs.any():
        largest = _largest(errors, inverse, open_pairs, against, with_reverse=steps == 0)
        critical, steps = _quantile(largest, level), steps + 1
        new = open_pairs & (statistic > critical)
        if not new.any():
            break
        told |= new
        open_pairs &= ~new
    worse_than, better_than = told.sum(axis=0), told.sum(axis=1)
    rank = rank_units(estimates).astype(np.int64)
    back = np.empty(n, dtype=np.int64)
    back[order] = np.arange(n)
    return RankSets(level, rank, worse_than[back] + 1, n - better_than[back], critical, steps)


def band_rank_sets(estimates: Floats, drawn: Floats, *, level: float = 0.90) -> RankSets:
    """The same from simultaneous bands of the estimates, for many units: draws · n numbers, no pairs.

    Each band is the estimate ± critical · its standard error, with the critical value that all bands hold at
    once; a unit is above another where its band lies above the other's. The sets hold at `level`, and are
    wider than those of `rank_sets`, which compares differences. After Klein, Wright and Wieczorek (2020).

    Raises:
        FengqingError: as `rank_sets`.
    """
    _check(estimates, drawn, level)
    n = len(estimates)
    errors = drawn - drawn.mean(axis=0)
    spread = np.sqrt((errors**2).sum(axis=0) / (len(drawn) - 1))
    has_error = spread > CERTAIN * spread.max(initial=0.0)
    critical = 0.0
    if has_error.any():
        largest = (np.abs(errors[:, has_error]) / spread[has_error]).max(axis=1)
        critical = _quantile(largest, level)
    half = critical * np.where(has_error, spread, 0.0)
    slack = TIED * np.abs(estimates).max(initial=0.0)
    lowest, highest = np.sort(estimates - half), np.sort(estimates + half)
    surely_better = n - np.searchsorted(lowest, estimates + half + slack, side="right")
    surely_worse = np.searchsorted(highest, estimates - half - slack, side="left")
    rank = rank_units(estimates).astype(np.int64)
    return RankSets(level, rank, surely_better + 1, n - surely_worse, critical, 1)


def comparison_intervals(estimates: Floats, standard_errors: Floats, *, level: float = 0.95) -> Floats:
    """Bounds (2, n) whose not overlapping means, on average over pairs, a difference at `level`.

    For independent estimates; half-width c · standard error, with the same c for all. For showing, not for
    deciding: two units are compared at a time, and nothing is simultaneous.

    Raises:
        FengqingError: NaN or infinite values, shapes that do not fit, or a negative standard error.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    _check_pair(estimates, standard_errors, level)
    n = len(estimates)
    first, second = np.triu_indices(n, 1)
    total = standard_errors[first] + standard_errors[second]
    apart = np.hypot(standard_errors[first], standard_errors[second])
    ratio = total[apart > 0] / apart[apart > 0]
    factor = 0.0
    if ratio.size:
        factor = brentq(lambda c: 2 * ndtr(-c * ratio).mean() - (1 - level), 0.0, 40.0, xtol=1e-10)
    return np.stack([estimates - factor * standard_errors, estimates + factor * standard_errors])


def _inverse_errors(errors: Floats) -> Floats:
    """One over the standard error of each difference, (n, n); 0 where it has none."""
    draws = errors.shape[1]
    product = errors @ errors.T / (draws - 1)
    variance = np.diag(product)
    # Two units whose draws agree lose all digits in this difference; the tolerance below catches them.
    squared = np.maximum(variance[:, None] + variance[None, :] - 2 * product, 0)
    scale = variance.max(initial=0.0)
    has_error = squared > CERTAIN**2 * scale
    return np.where(has_error, 1 / np.sqrt(np.where(has_error, squared, 1.0)), 0.0)


def _largest(
    errors: Floats, inverse: Floats, open_pairs: Flags, against: Floats, *, with_reverse: bool
) -> Floats:
    """The largest studentised error of each draw, (draws,), over the hypotheses still open.

    Units stand in the order of the estimates. Of a pair j before k, “j is not better” is open until it is
    rejected; “k is not better” is never rejected and always open, so its largest is kept in `against`.
    """
    n = len(errors)
    largest = np.full(errors.shape[1], -np.inf)
    for j in range(n - 1):
        if with_reverse:
            studentised = (errors[j + 1 :] - errors[j]) * inverse[j, j + 1 :, None]
            np.maximum(against, studentised.max(axis=0), out=against)
            left = open_pairs[j, j + 1 :]
            if left.any():
                np.maximum(largest, -studentised[left].min(axis=0), out=largest)
        else:
            (still,) = np.nonzero(open_pairs[j])
            if still.size:
                studentised = (errors[j] - errors[still]) * inverse[j, still, None]
                np.maximum(largest, studentised.max(axis=0), out=largest)
    return np.maximum(largest, against)


def _quantile(largest: Floats, level: float) -> float:
    """The order statistic that keeps the level with finitely many draws."""
    draws = len(largest)
    at = min(math.ceil(level * (draws + 1)), draws) - 1
    return float(np.partition(largest, at)[at])


def _check(estimates: Floats, drawn: Floats, level: float) -> None:
    if drawn.ndim != 2 or estimates.shape != drawn.shape[1:] or len(drawn) < 100 or not 0 < level < 1:
        raise FengqingError(
            "RANK_SETS_SHAPE",
            f"名次置信集需要 (n,) 的估计值、至少 100 次抽样的 (抽样, n) 数组和 0 与 1 之间的水平；"
            f"实为 {estimates.shape}、{drawn.shape}、{level}。",
            "Rank sets need estimates (n,), at least 100 draws as (draws, n) and a level between 0 and 1; "
            f"found {estimates.shape}, {drawn.shape}, {level}.",
        )
    _finite(np.isfinite(estimates) & np.isfinite(drawn).all(axis=0))


def _check_pair(estimates: Floats, standard_errors: Floats, level: float) -> None:
    if estimates.ndim != 1 or estimates.shape != standard_errors.shape or not 0 < level < 1:
        raise FengqingError(
            "RANK_SETS_SHAPE",
            "估计值与标准误须等长，水平在 0 与 1 之间；"
            f"实为 {estimates.shape}、{standard_errors.shape}、{level}。",
            "Estimates and standard errors must be of one length, the level between 0 and 1; "
            f"found {estimates.shape}, {standard_errors.shape}, {level}.",
        )
    _finite(np.isfinite(estimates) & np.isfinite(standard_errors) & (standard_errors >= 0))


def _finite(is_usable: Flags) -> None:
    if not is_usable.all():
        count, first = int((~is_usable).sum()), int((~is_usable).argmax())
        raise FengqingError(
            "RANK_SETS_NOT_FINITE",
            f"{count} 个单位（首个在第 {first} 位）的估计值、抽样或标准误为空、无穷或为负。"
            "请先移出没有得分的单位。",
            f"{count} units (the first at {first}) have NaN, infinite or negative numbers; "
            "leave out the units without a score first.",
        )
