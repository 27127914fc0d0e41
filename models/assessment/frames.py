"""The frames of an assessment that come from scores and draws: dimensions, composite."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.assessment.composite.aggregation import weighted_mean
from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import DIGITS, FULL, Scores, band_codes, matrix, weights_of
from models.assessment.simulation import interval
from models.assessment.uncertainty import Draws, rank_ranges


def dimension_frame(
    societies: pl.DataFrame, scores: Scores, draws: Draws, methodology: Methodology
) -> pl.DataFrame:
    """The `dimensions` frame: score and interval (0–100|null), applicable weight, peers' mean and median.

    Peers are the rated societies of the group, the society itself among them.
    """
    codes = [d.code for d in methodology.dimensions]
    n, d = scores.dimension.shape
    rated_score = pl.when("is_rated").then("score")
    over = ["peer_group", "dimension"]
    return (
        pl.DataFrame(
            {
                "society_id": scores.society_ids.gather(np.repeat(np.arange(n), d)),
                "dimension": codes * n,
                "peer_group": societies["peer_group"].gather(np.repeat(np.arange(n), d)),
                "is_rated": np.repeat(scores.is_rated, d),
                "score": scores.dimension.ravel(),
                "applicable_weight": scores.dimension_weight.ravel(),
                "low": draws.dimension_low.ravel(),
                "high": draws.dimension_high.ravel(),
            }
        )
        .with_columns(pl.col(pl.Float64).fill_nan(None))
        .with_columns(
            pl.when(pl.col("peer_group").is_not_null())
            .then(rated_score.mean().over(over))
            .alias("peer_mean"),
            pl.when(pl.col("peer_group").is_not_null())
            .then(rated_score.median().over(over))
            .alias("peer_median"),
        )
        .drop("peer_group", "is_rated")
    )


def composite_frame(  # noqa: PLR0913, PLR0917
    societies: pl.DataFrame,
    indicators: pl.DataFrame,
    scores: Scores,
    draws: Draws,
    joint_ranks: Floats,
    barred: pl.DataFrame,
    methodology: Methodology,
) -> pl.DataFrame:
    """The `composite` frame: score, intervals, bounds, band, rank and its ranges in the peer group, bars.

    `low`, `high`, `rank_low`, `rank_high` come from the data's draws, the `joint_…` from all (`joint_ranks`,
    (2, n)); `worst`, `best` are the score once everything missing or pending is known. `peer_n` counts the
    rated societies of the group, those that the rank is among.
    """
    vetoed = barred["veto_code"].is_not_null().to_numpy()
    level = methodology.uncertainty.interval
    rank, rank_low, rank_high = rank_ranges(
        scores.composite, draws.data.composite, societies["peer_group"], level
    )
    joint_low, joint_high = interval(draws.joint.composite, level)
    worst, best = bounds(indicators, scores, methodology)
    frame = pl.DataFrame(
        {
            "society_id": scores.society_ids,
            "score": scores.composite,
            "low": draws.low,
            "high": draws.high,
            "joint_low": joint_low,
            "joint_high": joint_high,
            "worst": worst,
            "best": best,
            "band": band_codes(scores, vetoed, methodology),
            "applicable_weight": scores.weight,
            "verified_share": scores.verified_share,
            "peer_group": societies["peer_group"],
            "is_rated": scores.is_rated,
            "filed": societies["filed"],
            "was_returned": societies["was_returned"],
            "rank": rank,
            "rank_low": rank_low,
            "rank_high": rank_high,
            "joint_rank_low": joint_ranks[0],
            "joint_rank_high": joint_ranks[1],
            "veto_code": barred["veto_code"],
            "hold_code": barred["hold_code"],
        }
    )
    counts = indicators.group_by("society_id").agg(
        (pl.col("state") == "not_reported").sum().cast(pl.Int64).alias("not_reported_n"),
        (pl.col("state") == "under_verification").sum().cast(pl.Int64).alias("pending_n"),
    )
    return (
        frame.with_columns(pl.col(pl.Float64).fill_nan(None))
        .join(counts, on="society_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("^(joint_)?rank(_low|_high)?$").cast(pl.Int64),
            pl.when(pl.col("peer_group").is_not_null())
            .then(pl.col("is_rated").sum().over("peer_group"))
            .otherwise(0)
            .cast(pl.Int64)
            .alias("peer_n"),
            pl.when(pl.col("was_returned"))
            .then(pl.lit("RETURNED"))
            .when(~pl.col("filed"))
            .then(pl.lit("NOT_FILED"))
            .when(~pl.col("is_rated"))
            .then(pl.lit("APPLICABLE_WEIGHT"))
            .alias("unrated_reason"),
        )
        .select(
            "society_id",
            "score",
            "low",
            "high",
            "joint_low",
            "joint_high",
            "worst",
            "best",
            "band",
            "applicable_weight",
            "not_reported_n",
            "pending_n",
            "verified_share",
            "peer_group",
            "peer_n",
            "rank",
            "rank_low",
            "rank_high",
            "joint_rank_low",
            "joint_rank_high",
            "veto_code",
            "hold_code",
            "unrated_reason",
        )
    )


def bounds(indicators: pl.DataFrame, scores: Scores, methodology: Methodology) -> Floats:
    """Worst and best composite, (2, n), 0–100, once all that is missing is known; NaN if unrated."""
    weights = weights_of(methodology)
    found = []
    for name in ("worst", "best"):
        values = matrix(indicators, name, scores.society_ids, methodology)
        mean = np.round(weighted_mean(values, weights) * FULL, DIGITS)
        found.append(np.where(scores.is_rated, mean, np.nan))
    # An indicator that may yet leave the sums, or enter them, can also do so at no gain.
    return np.stack([np.fmin(found[0], scores.composite), np.fmax(found[1], scores.composite)])
