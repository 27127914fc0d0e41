"""One sample nation assessed and held against its truth: the frames that the validity figures are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from models.assessment.assess import Assessment, assess
from models.assessment.composite.ranking import Floats, rank_units
from models.assessment.methodology import Methodology
from models.sample.facts import connected
from models.sample.honesty import Honesty
from models.sample.nation import Nation, aligned, nation, true_worth, worth

# Scores are rounded to nine decimals; a bound is held within this.
SLACK = 1e-6
# What is held against what: interval of the data → the score at true rates and the evidence as graded;
# joint interval → the true score.
TARGETS = {"data": ("low", "high", "at_rates"), "joint": ("joint_low", "joint_high", "truth")}
RANKS = {
    "data": ("rank_low", "rank_high", "rank_at_rates"),
    "joint": ("joint_rank_low", "joint_rank_high", "rank_truth"),
}


@dataclass(frozen=True)
class Trial:
    """A nation, its assessment, and the rated societies beside their truth.

    `societies`: the `composite` frame of the rated with level, size_class, has_cases, quality; `truth`,
    `at_rates` (true rates, evidence as graded) and `at_evidence` (true evidence, rates as counted), 0–100;
    the ranks of the first two in the peer group. `dimensions`: theirs, with `truth` and `at_rates`. `sets`:
    the rank sets with rank_at_rates.
    """

    land: Nation
    result: Assessment
    societies: pl.DataFrame
    dimensions: pl.DataFrame
    sets: pl.DataFrame


def trial(
    societies: int, year: int, seed: int, methodology: Methodology, honesty: Honesty | None = None
) -> Trial:
    """Make a nation, assess what it filed, and put the truth beside it."""
    land = nation(societies, year, seed, honesty)
    with connected(land.filed) as con:
        result = assess(con, year, methodology, seed)
    ids = result.composite["society_id"]
    known = {
        "truth": true_worth(land, methodology).scores,
        "at_rates": worth(land, methodology, evidence="filed", rates="true").scores,
        "at_evidence": worth(land, methodology, evidence="true", rates="filed").scores,
    }
    beside = {name: aligned(scores.composite, scores.society_ids, ids) for name, scores in known.items()}
    rated = (
        result.composite.with_columns(quality=pl.Series(land.latent(ids)), **_columns(beside))
        .join(result.societies.select("society_id", "level", "size_class", "has_cases"), on="society_id")
        .filter(pl.col("score").is_not_null())
    )
    rated = rated.with_columns(rank_truth=_ranks(rated, "truth"), rank_at_rates=_ranks(rated, "at_rates"))
    parts = {n: known[n].dimension.ravel() for n in ("truth", "at_rates")}
    dimensions = result.dimensions.with_columns(**_columns(parts)).filter(pl.col("low").is_not_null())
    sets = result.rank_sets.join(rated.select("society_id", "rank_at_rates"), on="society_id")
    return Trial(land, result, rated, dimensions, sets)


def _columns(values: dict[str, Floats]) -> dict[str, pl.Series]:
    return {name: pl.Series(value, dtype=pl.Float64).fill_nan(None) for name, value in values.items()}


def _ranks(rated: pl.DataFrame, name: str) -> pl.Series:
    rank = np.zeros(rated.height, dtype=np.int64)
    for rows in rated.with_row_index("row").group_by("peer_group").agg("row")["row"]:
        group = rows.to_numpy()
        rank[group] = rank_units(rated[name].to_numpy()[group])
    return pl.Series(rank)


def is_held(low: str, high: str, value: str) -> pl.Expr:
    """Whether the value lies within its bounds."""
    return (pl.col(low) - SLACK <= pl.col(value)) & (pl.col(value) <= pl.col(high) + SLACK)


def recovery(trials: list[Trial]) -> dict[str, float]:
    """How well truth is found: rank correlations (mean, and least over nations), bias, RMSE in points."""
    rows = []
    for one in trials:
        s = one.societies
        rows.append(
            {
                "spearman_truth": spearmanr(s["score"], s["truth"])[0],
                "spearman_quality": spearmanr(s["score"], s["quality"])[0],
                "spearman_truth_quality": spearmanr(s["truth"], s["quality"])[0],
                "bias": float((s["score"] - s["truth"]).mean()),  # type: ignore[arg-type]
                "rmse": float(np.sqrt(((s["score"] - s["truth"]) ** 2).mean())),
                "sd_truth": float(s["truth"].std()),  # type: ignore[arg-type]
            }
        )
    frame = pl.DataFrame(rows)
    found = {name: float(frame[name].mean()) for name in frame.columns}  # type: ignore[arg-type]
    found["spearman_truth_least"] = float(frame["spearman_truth"].min())  # type: ignore[arg-type]
    return found


def error_shares(trials: list[Trial]) -> dict[str, float]:
    """Root mean square error in points that each ignorance makes alone, and together.

    Of tries (rates as counted, evidence known), of evidence (rates known, evidence as graded), of both.
    """
    every = pl.concat([one.societies.select("score", "truth", "at_rates", "at_evidence") for one in trials])
    return {
        name: float(np.sqrt(((every[column] - every["truth"]) ** 2).mean()))
        for name, column in (("tries", "at_evidence"), ("evidence", "at_rates"), ("both", "score"))
    }


def coverage(trials: list[Trial]) -> dict[str, dict[str, float]]:
    """Share of societies whose interval, or range of ranks, holds its target; by kind, over all nations."""
    found = {}
    for name, bounds, frames in (
        *((f"score_{k}", b, [t.societies for t in trials]) for k, b in TARGETS.items()),
        *((f"rank_{k}", b, [t.societies for t in trials]) for k, b in RANKS.items()),
        ("dimension_data", TARGETS["data"], [t.dimensions for t in trials]),
    ):
        found[name] = _held(frames, bounds)
    found["score_data_truth"] = _held([t.societies for t in trials], ("low", "high", "truth"))
    return found | {"rank_sets": rank_set_coverage(trials)}


def _held(frames: list[pl.DataFrame], bounds: tuple[str, str, str]) -> dict[str, float]:
    """Coverage, its standard error over nations, mean width, and where the rest went."""
    low, high, value = bounds
    shares = np.array([frame.select(is_held(*bounds).mean()).item() for frame in frames])
    every = pl.concat([frame.select(low, high, value) for frame in frames])
    return {
        "held": float(every.select(is_held(*bounds).mean()).item()),
        "error": float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("nan"),
        "below": float((every[value] < every[low] - SLACK).mean()),  # type: ignore[arg-type]
        "above": float((every[value] > every[high] + SLACK).mean()),  # type: ignore[arg-type]
        "width": float((every[high] - every[low]).mean()),  # type: ignore[arg-type]
        "n": float(every.height),
    }


def rank_set_coverage(trials: list[Trial]) -> dict[str, float]:
    """Share of peer groups in which the sets of all members hold their ranks at once, and the sets' width."""
    groups = pl.concat(
        [
            t.sets.group_by("peer_group").agg(
                held=(
                    (pl.col("low") <= pl.col("rank_at_rates")) & (pl.col("rank_at_rates") <= pl.col("high"))
                ).all(),
                width=((pl.col("high") - pl.col("low") + 1) / pl.len()).mean(),
            )
            for t in trials
        ]
    )
    held = float(groups["held"].mean())  # type: ignore[arg-type]
    return {
        "held": held,
        "error": float(np.sqrt(held * (1 - held) / groups.height)),
        "width": float(groups["width"].mean()),  # type: ignore[arg-type]
        "n": float(groups.height),
    }


def coverage_by(trials: list[Trial], group: pl.Expr) -> list[dict[str, object]]:
    """Coverage of both intervals and of the published rank range by a property of societies."""
    every = pl.concat([t.societies for t in trials]).with_columns(group.alias("group"))
    return (
        every.group_by("group")
        .agg(
            n=pl.len(),
            data=is_held(*TARGETS["data"]).mean(),
            joint=is_held(*TARGETS["joint"]).mean(),
            rank=is_held(*RANKS["data"]).mean(),
            bias=(pl.col("score") - pl.col("truth")).mean(),
        )
        .sort("group")
        .to_dicts()
    )


def dimension_coverage(trials: list[Trial]) -> list[dict[str, object]]:
    """Coverage of the dimensions' intervals, and how many are single points."""
    return (
        pl.concat([t.dimensions for t in trials])
        .group_by(group="dimension")
        .agg(
            n=pl.len(), data=is_held(*TARGETS["data"]).mean(), point=(pl.col("low") == pl.col("high")).mean()
        )
        .sort("group")
        .to_dicts()
    )


def case_advantage(trials: list[Trial], within: float = 0.1) -> dict[str, float]:
    """Societies without commissioned cases against those with, paired by latent quality, level and size.

    Mean difference (without − with) in points of score, of true score and of error (score − truth), with the
    half-width of its 95 % interval over pairs. Each handler takes its nearest unused twin within `within`
    standard deviations of quality.
    """
    rows = []
    for one in trials:
        s = one.societies.sort("society_id")
        for part in s.partition_by("level", "size_class"):
            rows += _pairs(part, within)
    table = np.array(rows)
    names = ("score", "truth", "error")
    half = 1.96 * table.std(axis=0, ddof=1) / np.sqrt(len(table))
    found = {"pairs": float(len(table))}
    for k, name in enumerate(names):
        found |= {name: float(table[:, k].mean()), f"{name}_half": float(half[k])}
    return found


def _pairs(part: pl.DataFrame, within: float) -> list[tuple[float, float, float]]:
    having, free = part.filter("has_cases"), part.filter(~pl.col("has_cases"))
    quality = free["quality"].to_numpy().copy()
    pairs = []
    for row in having.iter_rows(named=True):
        if not len(quality):
            break
        k = int(np.argmin(np.abs(quality - row["quality"])))
        if abs(quality[k] - row["quality"]) > within:
            continue
        twin = free.row(k, named=True)
        quality[k] = np.inf
        score, truth = twin["score"] - row["score"], twin["truth"] - row["truth"]
        pairs.append((score, truth, score - truth))
    return pairs
