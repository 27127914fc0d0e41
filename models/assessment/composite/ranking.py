"""Minimum ("sport") ranks, vectorised over any leading axes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rank_min(values: Floats, *, descending: bool = False) -> Floats:
    """Rank along the last axis, 1 = smallest (largest if `descending`); equals share the least rank.

    Shapes: (..., units) in and out. A missing value has no rank: NaN. As R's rank(ties.method = "min").
    """
    keys = -values if descending else values
    order = np.argsort(keys, axis=-1, kind="stable")  # NaN sorts last
    ordered = np.take_along_axis(keys, order, axis=-1)
    starts = np.zeros(ordered.shape, dtype=np.int64)
    changed = ordered[..., 1:] != ordered[..., :-1]
    starts[..., 1:] = np.where(changed, np.arange(1, ordered.shape[-1]), 0)
    ranks = np.empty(values.shape, dtype=np.float64)
    np.put_along_axis(ranks, order, np.maximum.accumulate(starts, axis=-1) + 1.0, axis=-1)
    ranks[np.isnan(values)] = np.nan
    return ranks


def rank_units(scores: Floats, *, digits: int = 12) -> Floats:
    """Rank scores along the last axis, 1 = highest, NaN unranked.

    Scores that agree to `digits` digits of the largest score are tied, so that the order in which a machine
    adds the same numbers never decides a place. Shapes: (..., units) in and out.
    """
    size = np.abs(scores)
    largest = np.max(size, axis=-1, keepdims=True, initial=0.0, where=~np.isnan(size))
    scale = np.where(largest > 0, largest, 1.0)
    return rank_min(np.round(scores / scale, digits), descending=True)
