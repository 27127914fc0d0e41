"""Outlier treatment: winsorise one extreme at a time, else take logs, judged by skewness and kurtosis.

Follows the JRC/COINr rule (Nardo et al., OECD/JRC Handbook, 2008; Becker et al., COINr): a column passes when
|skewness| < 2 or excess kurtosis < 3.5, with the sample formulas G1 and G2 (Joanes and Gill, 1998).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.columns import differs, ends, is_constant
from models.assessment.composite.messages import Issue, named
from models.assessment.composite.ranking import Floats

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]

FEWEST = 4  # G2 divides by (n - 1)(n - 2)(n - 3)
LOG_OFFSET = 0.01  # share of the range added before the log, as in COINr's log_CT


@dataclass(frozen=True)
class Treatment:
    """What `treat` did. Arrays are (indicators,), but `values` is (units, indicators).

    `high` and `low` count the points moved at each end, 0 when the column was logged instead; `passes` says
    whether the treated column meets the limits (untestable columns do not fail).
    """

    values: Floats
    high: Counts
    low: Counts
    logged: Bools
    passes: Bools
    issues: tuple[Issue, ...]


def _moment_sums(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    seen = ~np.isnan(values)
    n = seen.sum(axis=0).astype(float)
    mean = np.where(seen, values, 0.0).sum(axis=0) / np.maximum(n, 1)
    deviation = np.where(seen, values - mean, 0.0)
    # Both statistics are free of scale; scaling first keeps fourth powers of large amounts finite.
    largest = np.abs(deviation).max(axis=0, initial=0.0)
    deviation = deviation / np.where(largest > 0, largest, 1.0)
    square = deviation**2
    return n, square.sum(axis=0), (square * deviation).sum(axis=0), (square**2).sum(axis=0)


def skewness(values: Floats) -> Floats:
    """Sample skewness G1 of each column, missing values apart: (units, k) → (k,).

    NaN, by definition, for a constant column or fewer than 3 values.
    """
    n, m2, m3, _ = _moment_sums(values)
    defined = (n >= 3) & ~is_constant(values)
    n, m2 = np.where(defined, n, 3.0), np.where(defined, m2, 1.0)
    g1 = np.sqrt(n) * m3 / m2**1.5
    return np.where(defined, g1 * np.sqrt(n * (n - 1)) / (n - 2), np.nan)


def kurtosis(values: Floats) -> Floats:
    """Sample excess kurtosis G2 of each column, missing values apart: (units, k) → (k,).

    NaN, by definition, for a constant column or fewer than 4 values.
    """
    n, m2, _, m4 = _moment_sums(values)
    defined = (n >= FEWEST) & ~is_constant(values)
    n, m2 = np.where(defined, n, float(FEWEST)), np.where(defined, m2, 1.0)
    excess = n * m4 / m2**2 - 3.0
    return np.where(defined, ((n + 1) * excess + 6) * (n - 1) / ((n - 2) * (n - 3)), np.nan)


def within_limits(values: Floats, skew_limit: float = 2.0, kurtosis_limit: float = 3.5) -> Bools:
    """Tell which columns pass: |G1| or G2 below its limit. Undefined statistics do not pass."""
    return (np.abs(skewness(values)) < skew_limit) | (kurtosis(values) < kurtosis_limit)


def winsorise(
    values: Floats, *, limit: int | None = 5, skew_limit: float = 2.0, kurtosis_limit: float = 3.5
) -> tuple[Floats, Counts, Counts]:
    """Pull in one extreme at a time, at the end the skewness points to, until the column passes.

    The extreme value takes the next value inwards; units tied at the extreme move together and each counts as
    a point. A step that would move more than `limit` points in all (None: no limit), or leave a single value,
    is not taken. Returns the array (units, k) and the points moved at the high and low end, both (k,).
    """
    moved = values.copy()
    high = np.zeros(values.shape[1], dtype=np.int64)
    low = np.zeros_like(high)
    most = values.shape[0] if limit is None else limit
    active = np.flatnonzero(~within_limits(moved, skew_limit, kurtosis_limit) & ~is_constant(moved))
    while active.size:
        part = moved[:, active]
        upward = skewness(part) >= 0
        flipped = np.where(upward, part, -part)
        at_end = flipped == np.nanmax(flipped, axis=0)
        inner = np.max(flipped, axis=0, initial=-np.inf, where=~at_end & ~np.isnan(flipped))
        outer = np.min(flipped, axis=0, initial=np.inf, where=~np.isnan(flipped))
        tied = at_end.sum(axis=0)
        total = tied + np.where(upward, low[active], high[active])
        allowed = (total <= most) & differs(outer, inner)
        stepped = np.where(at_end & allowed, inner, flipped)
        moved[:, active] = np.where(upward, stepped, -stepped)
        high[active] = np.where(upward & allowed, tied, high[active])
        low[active] = np.where(~upward & allowed, tied, low[active])
        active = active[allowed]
        active = active[~within_limits(moved[:, active], skew_limit, kurtosis_limit)]
    return moved, high, low


def log_shift(values: Floats) -> Floats:
    """Take log(x - min + 0.01 range) of each column, (units, k); constant columns are left as they are."""
    low, high = ends(values)
    constant = ~differs(low, high)
    spread = np.where(constant, 1.0, high - low)
    shifted = values - np.where(constant, values, low) + LOG_OFFSET * spread
    return np.where(constant, values, np.log(shifted))


def treat(
    values: Floats,
    codes: Sequence[str],
    *,
    winmax: int | None = 5,
    skew_limit: float = 2.0,
    kurtosis_limit: float = 3.5,
) -> Treatment:
    """Treat each column of (units, indicators): winsorise up to `winmax` points, else log it untreated.

    Columns that cannot be judged (fewer than 4 values, constant) or helped (two distinct values) are left as
    they are; what was logged, skipped or still fails is told in `issues`. Independent of weights and
    normalisation, so one result per `winmax` serves any number of draws.
    """
    distinct = _count_distinct(values, 2)
    few = ((~np.isnan(values)).sum(axis=0) < FEWEST) & ~is_constant(values)
    failing = ~within_limits(values, skew_limit, kurtosis_limit) & ~is_constant(values) & ~few
    pair = failing & (distinct == 2)
    chosen = np.flatnonzero(failing & ~pair)
    treated = values.copy()
    high = np.zeros(values.shape[1], dtype=np.int64)
    low, logged = np.zeros_like(high), np.zeros(high.shape, dtype=bool)
    if chosen.size:
        moved, up, down = winsorise(
            values[:, chosen], limit=winmax, skew_limit=skew_limit, kurtosis_limit=kurtosis_limit
        )
        ok = within_limits(moved, skew_limit, kurtosis_limit)
        treated[:, chosen] = np.where(ok, moved, log_shift(values[:, chosen]))
        high[chosen], low[chosen] = np.where(ok, up, 0), np.where(ok, down, 0)
        logged[chosen] = ~ok
    outside = logged & ~within_limits(treated, skew_limit, kurtosis_limit)
    told = {
        "treat_few": few,
        "treat_two_values": pair,
        "treat_logged": logged,
        "treat_still_outside": outside,
    }
    issues = (Issue("treat", code, tuple(named(codes, mask))) for code, mask in told.items() if mask.any())
    return Treatment(treated, high, low, logged, ~(outside | pair), tuple(issues))


def _count_distinct(values: Floats, most: int) -> Counts:
    """Count distinct values of each column, no further than `most` + 1."""
    ordered = np.sort(values, axis=0)  # NaN last
    steps = (ordered[1:] > ordered[:-1]).sum(axis=0)
    any_value = (~np.isnan(values)).any(axis=0)
    return np.minimum(steps + any_value, most + 1)
