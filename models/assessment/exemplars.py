"""Exemplars: who is named, decided by gates, quotas and stability, with one reason for every society."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.methodology.schema import Methodology
from models.assessment.quotas import Pool, Selection, places, select, select_draws
from models.assessment.reasons import explain
from models.assessment.scoring import DIGITS, Scores, meets_floor
from models.assessment.simulation import Drawn
from models.assessment.uncertainty import Draws

Flags = NDArray[np.bool_]
NO_YEARS = pl.Schema({"society_id": pl.String, "year": pl.Int64})


@dataclass(frozen=True)
class Candidates:
    """What a decision rests on, by society in the order of `scores.society_ids`.

    `societies` has society_id, level, size_class, cast_class, supervisor_id, filed, reporting_line; `barred`
    is of `standing`; `practice_tag` (String|null); `past`: earlier selections, society_id and year.
    """

    societies: pl.DataFrame
    scores: Scores
    draws: Draws
    barred: pl.DataFrame
    practice_tag: pl.Series
    past: pl.DataFrame


def practice_tags(nominations: pl.DataFrame, year: int, society_ids: pl.Series) -> pl.Series:
    """Tag of each society's first nomination of the year that was not turned down; null without one."""
    first = (
        nominations.filter(
            pl.col("report_year") == year, pl.col("decision").ne_missing(pl.lit("not_recommended"))
        )
        .sort("society_id", "nomination_id")
        .unique("society_id", keep="first", maintain_order=True)
        .select("society_id", "practice_tag")
    )
    frame = pl.DataFrame({"society_id": society_ids})
    return frame.join(first, on="society_id", how="left", maintain_order="left")["practice_tag"]


@dataclass(frozen=True)
class Decision:
    """What was decided: the `exemplars` frame, `facts` (one row a society) and what flips start from.

    `eligible`, `chosen`, `steady` and `named` (n,): passed every gate before the places, got a place, is
    stable, is selected; `stability` (n,), `pool` and `total` as the quotas saw them.
    """

    year: int
    exemplars: pl.DataFrame
    facts: pl.DataFrame
    point: Selection
    pool: Pool
    total: int
    standing: Flags
    eligible: Flags
    chosen: Flags
    steady: Flags
    named: Flags
    stability: NDArray[np.float64]


def decide(candidates: Candidates, year: int, methodology: Methodology) -> Decision:
    """Decide for every society: one reason each, in the order of the societies.

    Order: filed and rated → veto → hold → objection → score and dimension floors → verified share →
    nomination (if needed) → places by class, small and micro, level → stability over the draws → one a
    practice and supervisor → rotation. The first that fails gives the reason. Places left empty stay empty.
    """
    rules = methodology.exemplars
    scores, draws, barred = candidates.scores, candidates.draws, candidates.barred
    has_veto, has_hold, is_revoked = (
        barred[c].is_not_null().to_numpy() for c in ("veto_code", "hold_code", "objection_code")
    )
    is_nominated = candidates.practice_tag.is_not_null().to_numpy()
    verified = np.nan_to_num(scores.verified_share) >= rules.minimum_verified_share
    standing = may_be_named(candidates, methodology)
    reaches = (scores.composite >= rules.minimum_score) & meets_floor(scores.dimension, rules.dimension_floor)

    pool = _pool(candidates, methodology)
    total = places(int(scores.is_rated.sum()), methodology)
    point = select(scores.composite, standing & reaches, pool, total)
    stability = selection_chances(candidates, draws.joint, methodology)
    chosen = point.selected
    steady = chosen & (stability >= rules.minimum_stability)
    first_of_practice = steady & _best_of_practice(candidates, steady, point, methodology)
    named = first_of_practice & ~rotated_out(candidates, year, methodology)

    filed = candidates.societies["filed"].to_numpy()
    in_quota = np.where(_tied(candidates, point, pool), "TIE", point.why)
    codes = np.select(
        [
            ~filed, ~scores.is_rated, has_veto, has_hold, is_revoked,
            ~(scores.composite >= rules.minimum_score),
            ~meets_floor(scores.dimension, rules.dimension_floor), ~verified, ~standing, ~chosen, ~steady,
            ~first_of_practice, ~named,
        ],
        [
            "NOT_FILED", "APPLICABLE_WEIGHT", "VETO", "HOLD", "OBJECTION", "SCORE_FLOOR", "DIMENSION_FLOOR",
            "VERIFIED_SHARE", "NOT_NOMINATED", in_quota, "STABILITY", "PRACTICE_TAG", "ROTATION",
        ],
        default="SELECTED",
    )  # fmt: skip
    eligible = standing & reaches
    facts = _facts(candidates, point, pool, stability, is_nominated).with_columns(
        pl.Series("reason_code", codes.astype(str)),
        pl.Series("quota_code", in_quota.astype(str)),
        pl.Series("is_eligible", eligible),
        _where(chosen, steady).alias("is_steady"),
        _where(steady, first_of_practice).alias("is_first_of_practice"),
        _where(first_of_practice, named).alias("is_rotation_met"),
    )
    facts = _with_lines(facts, candidates, methodology)
    return Decision(
        year=year,
        exemplars=explain(facts, methodology),
        facts=facts,
        point=point,
        pool=pool,
        total=total,
        standing=standing,
        eligible=eligible,
        chosen=chosen,
        steady=steady,
        named=named,
        stability=stability,
    )


def _with_lines(facts: pl.DataFrame, candidates: Candidates, methodology: Methodology) -> pl.DataFrame:
    """Add `line` (null for national bodies, outside the 37) and `line_eligible`, those of the line."""
    line = pl.col("line")
    return facts.with_columns(candidates.societies["reporting_line"].alias("line")).with_columns(
        pl.when(line != methodology.exemplars.national_line).then(line).alias("line"),
        pl.col("is_eligible").sum().over("line").cast(pl.Int64).alias("line_eligible"),
    )


def selection_chances(candidates: Candidates, drawn: Drawn, methodology: Methodology) -> NDArray[np.float64]:
    """Share of draws in which each society gets a place, (n,); NaN without a score."""
    selected = selected_in(candidates, drawn, methodology)
    return np.where(candidates.scores.is_rated, selected.mean(axis=0), np.nan).round(DIGITS)


def selected_in(candidates: Candidates, drawn: Drawn, methodology: Methodology) -> Flags:
    """Who gets a place in each draw, (draws, n): gates and quotas anew, bars and evidence as found."""
    total = places(int(candidates.scores.is_rated.sum()), methodology)
    able = drawn.meets_floor & (drawn.composite >= methodology.exemplars.minimum_score)
    able &= may_be_named(candidates, methodology)
    return select_draws(drawn.composite, able, _pool(candidates, methodology), total)


def may_be_named(candidates: Candidates, methodology: Methodology) -> Flags:
    """Who may be named whatever the scores: rated, neither vetoed nor held, verified, nominated."""
    rules, scores, barred = methodology.exemplars, candidates.scores, candidates.barred
    free = [barred[code].is_null() for code in ("veto_code", "hold_code", "objection_code")]
    is_free = (free[0] & free[1] & free[2]).to_numpy()
    standing = scores.is_rated & is_free
    standing &= np.nan_to_num(scores.verified_share) >= rules.minimum_verified_share
    if rules.is_nomination_needed:
        standing &= candidates.practice_tag.is_not_null().to_numpy()
    return standing


def _where(reached: Flags, passed: Flags) -> pl.Series:
    """`passed` where the gate was reached, else null."""
    return pl.select(pl.when(pl.Series(reached)).then(pl.Series(passed))).to_series()


def _pool(candidates: Candidates, methodology: Methodology) -> Pool:
    """Lay out what the quota rules need; ties: lower bound, verified share, tie dimensions, id."""
    rules, societies, scores = methodology.exemplars, candidates.societies, candidates.scores
    codes = [d.code for d in methodology.dimensions]
    tied = np.nansum(scores.dimension[:, [codes.index(d) for d in rules.tie_dimensions]], axis=1)
    keys = np.stack([np.nan_to_num(candidates.draws.low), np.nan_to_num(scores.verified_share), tied]).round(
        DIGITS
    )
    ids = societies["society_id"].rank("ordinal").to_numpy()
    class_codes = societies[rules.quota_class].to_numpy().astype(str)
    classes, class_of = np.unique(class_codes, return_inverse=True)
    return Pool(
        classes=[str(c) for c in classes],
        class_of=class_of,
        is_small=societies["size_class"].is_in(rules.small_sizes).fill_null(False).to_numpy(),
        is_capped=societies["level"].is_in(rules.capped_levels).to_numpy(),
        keys=keys,
        order=np.lexsort((ids, *(-key for key in keys[::-1]))),
        small_share=rules.small_share,
        capped_share=rules.capped_share,
    )


def _tied(candidates: Candidates, point: Selection, pool: Pool) -> Flags:
    """Not selected, yet equal in every figure to a selected society of the same class."""
    figures = pl.DataFrame(
        {
            "class": pool.class_of,
            "is_small": pool.is_small,
            "is_capped": pool.is_capped,
            "score": candidates.scores.composite,
            **{f"key_{n}": key for n, key in enumerate(pool.keys)},
        }
    )
    return (
        figures.with_columns(selected=pl.Series(point.selected))
        .with_columns(pl.col("selected").any().over(figures.columns).alias("twin"))
        .select(pl.col("twin") & ~pl.col("selected"))
        .to_series()
        .to_numpy()
    )


def _best_of_practice(
    candidates: Candidates, steady: Flags, point: Selection, methodology: Methodology
) -> Flags:
    """Among the steady, the best placed of each supervisor and practice; true where either is unknown."""
    limit = methodology.exemplars.per_supervisor_and_tag
    if limit is None:
        return np.ones(len(steady), dtype=np.bool_)
    frame = pl.DataFrame(
        {
            "supervisor": candidates.societies["supervisor_id"],
            "tag": candidates.practice_tag,
            "steady": steady,
            "place": point.place,
        }
    )
    ahead = pl.col("place").rank("ordinal").over("supervisor", "tag", "steady")
    unlimited = pl.col("supervisor").is_null() | pl.col("tag").is_null()
    return frame.select(unlimited | (ahead <= limit)).to_series().to_numpy()


def rotated_out(candidates: Candidates, year: int, methodology: Methodology) -> Flags:
    """Selected in each of the last `maximum_consecutive_years` years."""
    limit = methodology.exemplars.maximum_consecutive_years
    recent = candidates.past.filter(pl.col("year").is_between(year - limit, year - 1))
    counted = recent.group_by("society_id").agg(pl.col("year").n_unique())
    out = counted.filter(pl.col("year") == limit)["society_id"]
    return candidates.societies["society_id"].is_in(out.implode()).to_numpy()


def _facts(
    candidates: Candidates, point: Selection, pool: Pool, stability: NDArray[np.float64], is_nominated: Flags
) -> pl.DataFrame:
    """Collect the figures that gates and reasons show; NaN becomes null."""
    scores = candidates.scores
    dimension = np.where(np.isnan(scores.dimension), np.inf, scores.dimension)
    lowest = dimension.argmin(axis=1)
    facts = pl.DataFrame(
        {
            "society_id": scores.society_ids,
            "filed": candidates.societies["filed"],
            "is_rated": scores.is_rated,
            "applicable_weight": scores.weight,
            "veto_code": candidates.barred["veto_code"],
            "hold_code": candidates.barred["hold_code"],
            "objection_code": candidates.barred["objection_code"],
            "hint_codes": candidates.barred["hint_codes"],
            "score": scores.composite,
            "lowest_dimension": lowest,
            "dimension_score": np.take_along_axis(scores.dimension, lowest[:, None], axis=1)[:, 0],
            "verified_share": scores.verified_share,
            "is_nominated": is_nominated,
            "quota_class": candidates.societies["cast_class"],
            "class_places": point.quota[pool.class_of],
            "class_rank": np.where(point.class_rank > 0, point.class_rank, np.nan),
            "small_places": np.full(len(lowest), point.small_places),
            "capped_places": np.full(len(lowest), point.capped_places),
            "in_quota": point.selected,
            "stability": stability,
            "practice_tag": candidates.practice_tag,
        }
    )
    return facts.with_columns(pl.col(pl.Float64).fill_nan(None)).with_columns(
        pl.col("class_rank").cast(pl.Int64)
    )
