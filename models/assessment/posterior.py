"""What all of a society's figures together say of its true rates.

A count of few tries says little; but a society that does well elsewhere probably does well here too. So the
true rates of a society have a joint prior: means and spreads of its peers (beta-binomial, `shrinkage`), and
two correlations, one within a dimension and one between dimensions, estimated from the data. The posterior is
the linear one (multivariate empirical Bayes: Efron and Morris, JASA 67, 1972; Fay and Herriot, JASA 74,
1979), best among linear ones whatever the distributions. Without the correlations the errors of the
indicators would add up unseen, and an interval of the whole would be far too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Societies solved at once: 1,000 matrices of 37 × 37 take 11 MB.
BLOCK = 1_000
# A figure that is known has this error, one that is not there the other; rates keep this far off 0 and 1.
KNOWN, UNKNOWN, EDGE = 1e-9, 1e6, 2e-3
# No correlation is taken as perfect, and no beta as flatter than this.
HIGHEST, FEWEST = 0.95, 0.5


@dataclass(frozen=True)
class Figures:
    """Figures (n, k) in the society's favour, 0–1: `value` with its `error` (variance); NaN: none.

    `prior_mean`, `prior_variance` (n, k) of the true rates among the peers.
    """

    value: Floats
    error: Floats
    prior_mean: Floats
    prior_variance: Floats


def correlations(figures: Figures, owners: NDArray[np.str_]) -> tuple[float, float]:
    """Mean correlation of true rates within a dimension and between dimensions, each 0 … HIGHEST.

    `owners` (k,) names the dimension of each indicator. Products of two figures' deviations from their
    priors: the noise of two counts is independent, so it adds nothing to their mean.
    """
    seen = ~np.isnan(figures.value) & (figures.prior_variance > KNOWN)
    spread = np.sqrt(np.where(seen, figures.prior_variance, 1.0))
    deviation = np.where(seen, (figures.value - figures.prior_mean) / spread, 0.0)
    # Element by element in a fixed order: a matrix product may differ by a bit between machines.
    total, own, pairs_own = deviation.sum(axis=1), 0.0, 0.0
    count = seen.sum(axis=1).astype(np.float64)
    square = (deviation**2).sum(axis=1)
    for name in np.unique(owners):
        inside = owners == name
        own += float((deviation[:, inside].sum(axis=1) ** 2 - (deviation[:, inside] ** 2).sum(axis=1)).sum())
        size = seen[:, inside].sum(axis=1)
        pairs_own += float((size * (size - 1)).sum())
    every, pairs = float((total**2 - square).sum()), float((count * (count - 1)).sum())
    between = (every - own) / (pairs - pairs_own) if pairs > pairs_own else 0.0
    within = own / pairs_own if pairs_own else 0.0
    between = min(max(between, 0.0), HIGHEST)
    return min(max(within, between), HIGHEST), between


def joint_posterior(
    figures: Figures, owners: NDArray[np.str_], wanted: Ints, correlation: tuple[float, float]
) -> tuple[Floats, Floats, Floats]:
    """Mean and tries of the betas of the rates `wanted` (w of the k), (n, w) each, and their dependence.

    The last, (n, w, w), is lower triangular: it makes independent normal deviates those of the posterior.
    """
    within, between = correlation
    shared = np.where(owners[:, None] == owners[None, :], within, between)
    np.fill_diagonal(shared, 1.0)
    n, w = len(figures.value), len(wanted)
    mean, variance, mix = np.empty((n, w)), np.empty((n, w)), np.empty((n, w, w))
    for start in range(0, n, BLOCK):
        part = slice(start, start + BLOCK)
        mean[part], variance[part], mix[part] = _solve(figures, part, shared, wanted)
    mean = np.clip(mean, EDGE, 1 - EDGE)
    return mean, np.maximum(mean * (1 - mean) / variance - 1, FEWEST), mix


def _solve(figures: Figures, part: slice, shared: Floats, wanted: Ints) -> tuple[Floats, Floats, Floats]:
    value = figures.value[part]
    seen = ~np.isnan(value)
    error = np.where(seen, np.maximum(figures.error[part], KNOWN), UNKNOWN)
    spread = np.sqrt(np.maximum(figures.prior_variance[part], KNOWN))
    prior = spread[:, :, None] * shared * spread[:, None, :]
    wide = prior + np.eye(len(shared)) * error[:, None, :]
    gain = np.linalg.solve(wide, prior[:, :, wanted])
    off = np.where(seen, value - figures.prior_mean[part], 0.0)
    mean = figures.prior_mean[part][:, wanted] + np.einsum("nkw,nk->nw", gain, off)
    left = prior[:, wanted][:, :, wanted] - np.einsum("nwk,nkv->nwv", prior[:, wanted], gain)
    variance = np.maximum(np.einsum("nww->nw", left), KNOWN)
    scale = np.sqrt(variance)
    related = left / scale[:, :, None] / scale[:, None, :]
    # A trace of independence keeps it positive after rounding.
    steady = related * (1 - 1e-6)
    place = np.arange(len(wanted))
    steady[:, place, place] = 1.0
    return mean, variance, np.linalg.cholesky(steady)
