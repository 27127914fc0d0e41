"""Latent qualities of each society: one general factor and seven dimensions that share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.sample.seeds import stream

DIMENSIONS = 7
SHARED = 0.70  # variance the general factor explains; dimensions then correlate at about .65
PERSISTENCE = 0.95  # correlation of a society's quality from one year to the next

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Latent:
    """Standard-normal scores of one year: quality (n,), dimensions (n, 7)."""

    quality: Array
    dimensions: Array


def latents(n: int, years: list[int], seed: int) -> dict[int, Latent]:
    """Scores of n societies for each year, correlated from year to year and slowly rising.

    The residuals of a society's dimensions sum to zero, so quality is exactly their common level.
    """
    rng = stream(seed, "latent")
    found: dict[int, Latent] = {}
    general, own = rng.standard_normal(n), _residuals(rng, n)
    for step, year in enumerate(years):
        if step:
            fresh = np.sqrt(1 - PERSISTENCE**2)
            general = PERSISTENCE * general + fresh * rng.standard_normal(n)
            own = PERSISTENCE * own + fresh * _residuals(rng, n)
        level = general + 0.06 * step
        found[year] = Latent(level, np.sqrt(SHARED) * level[:, None] + np.sqrt(1 - SHARED) * own)
    return found


def truth(ids: NDArray[np.str_], year: int, latent: Latent) -> pl.DataFrame:
    """The table kept outside the inbox: society_id, report_year, quality, d1 … d7."""
    columns = {f"d{k + 1}": latent.dimensions[:, k] for k in range(DIMENSIONS)}
    frame = pl.DataFrame({"society_id": ids, "quality": latent.quality, **columns})
    return frame.with_columns(report_year=pl.lit(year, pl.Int64)).select(
        "society_id", "report_year", "quality", *columns
    )


def _residuals(rng: np.random.Generator, n: int) -> Array:
    raw = rng.standard_normal((n, DIMENSIONS))
    return (raw - raw.mean(axis=1, keepdims=True)) * np.sqrt(DIMENSIONS / (DIMENSIONS - 1))
