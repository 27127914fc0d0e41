"""What the draws leave of a decision: chances of each band and of selection, and simultaneous rank sets."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import DIGITS

LAYERS = ("data", "method", "joint")


def band_frame(
    ids: pl.Series, is_rated: NDArray[np.bool_], chances: dict[str, Floats], methodology: Methodology
) -> pl.DataFrame:
    """The `band_probabilities` frame: one row a rated society and band; each layer's chances sum to 1.

    `chances` holds, for each of LAYERS, the share of draws in each band, (n, bands).
    """
    codes = [band.code for band in methodology.composite.bands]
    rated = np.flatnonzero(is_rated)
    return pl.DataFrame(
        {
            "society_id": ids.gather(np.repeat(rated, len(codes))),
            "band": codes * len(rated),
            **{layer: chances[layer][rated].ravel().round(DIGITS) for layer in LAYERS},
        },
        schema={"society_id": pl.String, "band": pl.String, **dict.fromkeys(LAYERS, pl.Float64)},
    )


def selection_frame(ids: pl.Series, is_rated: NDArray[np.bool_], chances: dict[str, Floats]) -> pl.DataFrame:
    """The `selection_probabilities` frame: one row a rated society; `chances` (n,) for each of LAYERS."""
    rated = np.flatnonzero(is_rated)
    return pl.DataFrame(
        {
            "society_id": ids.gather(rated),
            **{layer: chances[layer][rated].round(DIGITS) for layer in LAYERS},
        },
        schema={"society_id": pl.String, **dict.fromkeys(LAYERS, pl.Float64)},
    )
