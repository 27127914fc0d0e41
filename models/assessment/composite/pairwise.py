"""Copeland's rule: count, for each unit, the units it beats less those that beat it (non-compensatory)."""

import numpy as np

from models.assessment.composite.ranking import Floats

# Votes are sums of weights; a margin below this share of them is the rounding of a tie, not a win.
TIE = 1e-12
BLOCK_CELLS = 4_000_000
# Multiplications that a linear algebra library leaves to one thread: on a busy machine its threads wait for
# each other longer than they work.
SMALL_PRODUCT = 250_000


def outranking(values: Floats, weights: Floats) -> Floats:
    """Share of the weight on which unit i is better than unit j: (units, k), (k,) → (units, units).

    A tie counts half. Only indicators that both units have take part; o[i, j] + o[j, i] = 1, and NaN where
    they share none. The diagonal is one half. Needs units² cells.
    """
    better = np.zeros((len(values), len(values)))
    shared = np.zeros_like(better)
    for column, weight in zip(values.T, weights, strict=True):
        known = ~np.isnan(column)
        better += weight * _compare(column, column)
        shared += weight * np.logical_and.outer(known, known)
    return np.divide(better + shared, 2 * shared, out=np.full_like(better, np.nan), where=shared > 0)


def copeland(values: Floats, weights: Floats) -> Floats:
    """Copeland scores, from -(units - 1) to units - 1: pairwise majorities won less those lost.

    Shapes: values (units, k) or (draws, units, k), weights (k,) or (draws, k); the result is (units,) unless
    either has draws, then (draws, units). A pair is decided by the weight of the indicators both units have;
    equal weight, or none shared, is a tie. A unit without any value scores NaN.
    """
    draws = max(1 if values.ndim == 2 else len(values), 1 if weights.ndim == 1 else len(weights))
    weight = np.broadcast_to(np.atleast_2d(weights), (draws, values.shape[-1]))
    scores = _fixed(values, weight) if values.ndim == 2 else _drawn(values, weight)
    scores = np.where(np.isnan(values).all(axis=-1), np.nan, scores)
    return scores[0] if values.ndim == 2 and weights.ndim == 1 else scores


def _compare(left: Floats, right: Floats) -> Floats:
    """Compare each `left` (…, m) with each `right` (…, n): +1 better, -1 worse, else 0; gives (…, m, n)."""
    a, b = left[..., :, None], right[..., None, :]
    return np.subtract(a > b, a < b, dtype=np.float64)


def _majorities(margin: Floats, weight_sum: Floats) -> Floats:
    allowance = TIE * weight_sum[:, None, None]
    return (margin > allowance).sum(axis=-1, dtype=float) - (margin < -allowance).sum(axis=-1)


def _fixed(values: Floats, weight: Floats) -> Floats:
    """Same values in every draw: compare each pair once, then one matrix product over the draws."""
    units, k = values.shape
    draws = len(weight)
    scores = np.empty((draws, units))
    rows = max(1, min(BLOCK_CELLS // (units * max(k, draws)), SMALL_PRODUCT // (units * k * draws)))
    for start in range(0, units, rows):
        block = values[start : start + rows]
        signs = _compare(block.T, values.T).reshape(k, -1)
        margin = (weight @ signs).reshape(draws, len(block), units)
        scores[:, start : start + rows] = _majorities(margin, weight.sum(axis=1))
    return scores


def _drawn(values: Floats, weight: Floats) -> Floats:
    """Values of each draw's own: blocks of draws, or of one draw's rows when there are many units."""
    draws, units, k = values.shape
    scores = np.empty((draws, units))
    step = max(1, BLOCK_CELLS // (units * units))
    rows = max(1, min(units, BLOCK_CELLS // units))
    for first in range(0, draws, step):
        part, share = values[first : first + step], weight[first : first + step]
        for start in range(0, units, rows):
            block = part[:, start : start + rows]
            margin = np.zeros((len(part), block.shape[1], units))
            for j in range(k):
                margin += share[:, j, None, None] * _compare(block[..., j], part[..., j])
            scores[first : first + step, start : start + rows] = _majorities(margin, share.sum(axis=1))
    return scores
