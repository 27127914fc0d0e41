"""The main effect of a column on a score: a local-linear smoother, and the correlation ratio it gives.

Paruolo, Saisana and Saltelli (JRSS A, 2013) take the correlation ratio η² = V(E(y|x)) / V(y) as an
indicator's effective weight, with a local-linear kernel regression for E(y|x), as here. x is first gathered
into at most CELLS cells (each distinct value its own, if there are no more), so that 0, ½ and 1 are treated
exactly and a nation costs no more than a province. The bandwidth is the one of least generalised
cross-validation, and the degrees of freedom that it uses are taken off, so that noise alone gives about 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.columns import is_constant
from models.assessment.composite.ranking import Floats

CELLS = 100
# Bandwidths as shares of the range of x; at 0 each cell has its own mean, at the last it is a straight line.
BANDWIDTHS = (0.0, 0.03, 0.05, 0.1, 0.2, 0.4, 1.0, 100.0)
# More parameters than this share of the observations are not worth judging.
DEAREST = 0.5


def correlation_ratio(x: Floats, y: Floats) -> float:
    """η² of y on x, 0–1, both (n,) without NaN; 0 for a constant x, NaN for a constant y or n < 3."""
    if len(x) < 3 or is_constant(y[:, None])[0]:
        return float("nan")
    if is_constant(x[:, None])[0]:
        return 0.0
    n = len(x)
    count, at, mean = _cells(x, y - y.mean())
    total = float(((y - y.mean()) ** 2).sum())
    within = max(total - float(count @ mean**2), 0.0)
    best, ratio = np.inf, 0.0
    for width in BANDWIDTHS:
        smooth = _smoother(at, count, width)
        used = float(np.trace(smooth))
        if used > max(2.0, DEAREST * n) + 1e-9 or n - used < 1e-9:
            continue
        residual = within + float(count @ (mean - smooth @ mean) ** 2)
        score = residual / (n - used) ** 2
        if score < best:
            best, ratio = score, 1 - (residual / (n - used)) / (total / (n - 1))
    return min(max(ratio, 0.0), 1.0)


def _cells(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Observations, mean x scaled to 0–1 and mean y of each cell; equal x never in two cells."""
    distinct, cell = np.unique(x, return_inverse=True)
    if len(distinct) > CELLS:
        share = (np.cumsum(np.bincount(cell)) - 1) / len(x)
        _, of_value = np.unique((share * CELLS).astype(np.int64), return_inverse=True)
        cell = of_value[cell]
    count = np.bincount(cell).astype(np.float64)
    at = np.bincount(cell, x) / count
    return count, (at - at[0]) / (at[-1] - at[0]), np.bincount(cell, y) / count


def _smoother(at: Floats, count: Floats, width: float) -> NDArray[np.float64]:
    """The matrix that takes cell means to fitted values: local-linear with a Gaussian kernel."""
    if width == 0:
        return np.eye(len(at))
    distance = at[None, :] - at[:, None]
    kernel = np.exp(-0.5 * (distance / width) ** 2) * count
    s0, s1, s2 = (np.sum(kernel * distance**power, axis=1, keepdims=True) for power in range(3))
    slope = s0 * s2 - s1**2
    # Where only one cell is within reach there is no slope to fit: its own mean stands.
    is_alone = slope <= 1e-9 * s0**2 * width**2
    linear = kernel * (s2 - s1 * distance) / np.where(is_alone, 1.0, slope)
    return np.where(is_alone, kernel / s0, linear)
