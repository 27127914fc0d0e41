"""Scores: composite and dimensions over applicable indicators, applicable weight, verified share, bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.aggregation import weighted_mean
from models.assessment.composite.ranking import Floats
from models.assessment.methodology.rules import Band
from models.assessment.methodology.schema import Methodology

# Scores are kept to this many decimals, so that 80 is 80 whichever way a machine adds up the parts.
DIGITS = 9
FULL = 100.0


@dataclass(frozen=True)
class Scores:
    """Scores by society (rows in the order of `society_ids`). Not counted is NaN.

    `indicator` (n, k) in 0–1; `composite` (n,) and `dimension` (n, d) in 0–100; `weight` (n,) and
    `dimension_weight` (n, d): applicable weight; `verified_share` (n,) in 0–1; `is_rated` (n,).
    """

    society_ids: pl.Series
    indicator: Floats
    composite: Floats
    dimension: Floats
    weight: Floats
    dimension_weight: Floats
    verified_share: Floats
    is_rated: NDArray[np.bool_]


def weights_of(methodology: Methodology) -> Floats:
    """Indicator weights in the methodology's order, (k,)."""
    return np.array(list(methodology.weights.values()), dtype=np.float64)


def columns_of(methodology: Methodology) -> list[NDArray[np.int64]]:
    """The positions of each dimension's indicators, in the methodology's order."""
    owners = np.array([i.dimension for i in methodology.indicators])
    return [np.flatnonzero(owners == d.code) for d in methodology.dimensions]


def score(societies: pl.DataFrame, indicators: pl.DataFrame, methodology: Methodology) -> Scores:
    """Score 100·Σwᵢsᵢ/Σwᵢ over the indicators that count; a null score leaves both sums.

    `societies`: society_id, filed; `indicators`: society_id, indicator, score (0–1|null), is_verified. The
    composite is NaN for a society that did not file or whose applicable weight is below the minimum; its
    dimensions are NaN only where it did not file or nothing of the dimension applies.
    """
    ids = societies["society_id"]
    filed = societies["filed"].to_numpy()
    values = matrix(indicators, "score", ids, methodology)
    values[~filed] = np.nan
    verified = matrix(indicators, "is_verified", ids, methodology) > 0
    weights, columns = weights_of(methodology), columns_of(methodology)
    counts = ~np.isnan(values)
    weight = counts @ weights
    is_rated = filed & (weight >= methodology.composite.minimum_applicable_weight - 10.0**-DIGITS)
    with_weight = np.where(weight > 0, weight, np.nan)
    return Scores(
        society_ids=ids,
        indicator=values,
        composite=np.where(is_rated, scaled(weighted_mean(values, weights)), np.nan),
        dimension=np.stack([scaled(weighted_mean(values[:, c], weights[c])) for c in columns], axis=1),
        weight=np.round(weight, DIGITS),
        dimension_weight=np.stack([counts[:, c] @ weights[c] for c in columns], axis=1).round(DIGITS),
        verified_share=np.round((verified & counts) @ weights / with_weight, DIGITS),
        is_rated=is_rated,
    )


def scaled(mean: Floats) -> Floats:
    """0–1 → 0–100, to DIGITS decimals."""
    return np.round(mean * FULL, DIGITS)


def matrix(indicators: pl.DataFrame, column: str, ids: pl.Series, methodology: Methodology) -> Floats:
    """Lay a column of the long frame out as (societies, indicators); absent or null is NaN."""
    codes = list(methodology.weights)
    placed = (
        indicators.select("society_id", "indicator", pl.col(column).cast(pl.Float64))
        .join(pl.DataFrame({"society_id": ids, "_row": range(len(ids))}), on="society_id")
        .join(pl.DataFrame({"indicator": codes, "_column": range(len(codes))}), on="indicator")
    )
    matrix = np.full((len(ids), len(codes)), np.nan)
    filled = placed[column].fill_null(np.nan).to_numpy()
    matrix[placed["_row"].to_numpy(), placed["_column"].to_numpy()] = filled
    return matrix


def meets_floor(dimension: Floats, floor: float) -> NDArray[np.bool_]:
    """Whether every applicable dimension (…, d), 0–100, has the share `floor` of full marks."""
    reached: NDArray[np.bool_] = np.isnan(dimension) | (dimension >= floor * FULL - 10.0**-DIGITS)
    return np.asarray(reached.all(axis=-1))


def band_codes(scores: Scores, vetoed: NDArray[np.bool_], methodology: Methodology) -> list[str]:
    """Band of each society; a vetoed one that would be excellent takes the band the methodology names."""
    bands = methodology.composite.bands
    conditions = [_in_band(band, scores) for band in bands]
    found = np.select(
        [~scores.is_rated, *conditions], ["unrated", *(b.code for b in bands)], default="unrated"
    )
    barred = (found == "excellent") & vetoed
    return [str(code) for code in np.where(barred, methodology.vetoes.excellent_becomes, found)]


def _in_band(band: Band, scores: Scores) -> NDArray[np.bool_]:
    reached = scores.composite >= band.minimum
    if band.dimension_floor is None:
        return reached
    return reached & meets_floor(scores.dimension, band.dimension_floor)
