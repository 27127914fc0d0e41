"""Noise for the simulation: beta quantiles from a table, and a pool of draws, read at each cell's place.

A cell (a society's indicator) takes its draws from a shared pool, from a place that only the society's code,
the indicator and the purpose decide. So a society's noise is the same whoever else is assessed, in whatever
blocks and threads, and it differs from every other cell's at the same draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats

Ints = NDArray[np.int64]

# Knots of a quantile function, evenly spaced in the normal deviate z.
REACH, STEP = 4.0, 0.125
KNOTS = round(2 * REACH / STEP) + 1
# The table of beta quantiles: means by logit, tries by logarithm. Below and above, its ends serve.
LOGITS = np.linspace(-8.0, 8.0, 81)
LOG_TRIES = np.linspace(np.log(0.5), np.log(20_000.0), 54)
POOL_BITS = 20


def knot_deviates() -> Floats:
    """The normal deviates of the knots, (KNOTS,)."""
    return np.linspace(-REACH, REACH, KNOTS)


@cache
def _table() -> Floats:
    """Quantiles less the mean, in standard deviations: (means, tries, knots)."""
    from scipy.special import betaincinv, expit, ndtr

    mean, tries = expit(LOGITS)[:, None, None], np.exp(LOG_TRIES)[None, :, None]
    quantiles = betaincinv(mean * tries, (1 - mean) * tries, ndtr(knot_deviates()))
    return np.ascontiguousarray((quantiles - mean) / np.sqrt(mean * (1 - mean) / (tries + 1)))


def beta_quantiles(mean: Floats, tries: Floats) -> Floats:
    """Quantiles at the knots of betas with these means and weights, (n,) each: (n, KNOTS).

    Bilinear in logit mean and log tries; within 0.04 standard deviations of the exact quantile (tested).
    """
    logit = np.log(mean) - np.log1p(-mean)
    row, across = _place(logit, LOGITS)
    column, along = _place(np.log(tries), LOG_TRIES)
    table = _table()
    standard = (
        table[row, column] * ((1 - across) * (1 - along))
        + table[row + 1, column] * (across * (1 - along))
        + table[row, column + 1] * ((1 - across) * along)
        + table[row + 1, column + 1] * (across * along)
    )
    spread = np.sqrt(mean * (1 - mean) / (tries + 1))
    return np.clip(mean[:, None] + spread[:, None] * standard, 0.0, 1.0)


def _place(values: Floats, grid: Floats) -> tuple[Ints, Floats]:
    at = np.clip((values - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1)
    below = np.minimum(at.astype(np.int64), len(grid) - 2)
    return below, (at - below)[:, None]


def society_keys(society_ids: list[str]) -> NDArray[np.uint64]:
    """A number for each society that depends on its code alone, (n,)."""
    digests = (hashlib.blake2b(one.encode(), digest_size=8).digest() for one in society_ids)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def places(keys: NDArray[np.uint64], column: int, purpose: int) -> Ints:
    """Where each society reads the pool for an indicator and purpose, (n,): splitmix64 of the three."""
    salt = (column * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) % 2**64
    x = keys + np.uint64(salt)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) & np.uint64(2**POOL_BITS - 1)).astype(np.int64)


@dataclass(frozen=True)
class Pool:
    """Draws to read: normal deviates, and outcomes of two kinds of checks."""

    deviate: Floats
    evidence: Floats
    pending: Floats


def make_pool(seed: int, most: int, evidence: dict[float, float], pending: dict[float, float]) -> Pool:
    """Fill the pool; a cell may read `most` draws on from its place.

    `evidence` and `pending` give the chance of each outcome (by what factor it changes a figure).
    """
    size = 2**POOL_BITS
    generator = np.random.Generator(np.random.PCG64([seed, 0x5EED]))
    parts = [generator.standard_normal(size)]
    for chances in (evidence, pending):
        steps = np.cumsum(list(chances.values()))[:-1]
        parts.append(np.array(list(chances))[np.searchsorted(steps, generator.random(size), side="right")])
    return Pool(*(np.concatenate([part, part[:most]]) for part in parts))
