"""What a simulation redraws: every society's every indicator as arrays, with its noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.noise import society_keys
from models.assessment.peers import WHOLE
from models.assessment.posterior import Figures, correlations, joint_posterior
from models.assessment.scoring import Scores, matrix
from models.assessment.shrinkage import fit_priors

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
PUBLISHED, COARSER = 0, 1


@dataclass(frozen=True)
class Cells:
    """Societies (n) × indicators (k). Values are in the society's favour and in targets: 1 is full marks.

    `keys` (n,) place each society in the noise pool; `group` (2, n): number of its peer group, as published
    and the next coarser, -1 without one. `is_rated`, `is_vetoed` (n,).

    `value` (2, n, k): not capped at the target, NaN where not counted; the second with small counts shrunk to
    the coarser group. `is_sampled` (n, k): a share with the noise of a count. `sampled` (w,): the indicators
    that are such shares. Their true rates have betas of `mean` and `tries` (2, n, w), dependent by `mix`
    (n, w, w), see `posterior`; a value is `reach` (n, k) times the rate.

    `self_reported` (n, k): part of the value that is self-reported only. `is_owed`: required and not
    reported. `is_open`: a check of it is not finished and nothing is known yet. `worst`, `best` (n, k): the
    score once what is pending is known. `false_absence` (n, k): chance that an absence is none, and so scores
    nothing (0: no such doubt); of one `family` (k,) all a society's absences are false together, since one
    declaration stands behind them. `peer_mean` (n, k): mean value of the rated peers.
    """

    keys: NDArray[np.uint64]
    group: Ints
    is_rated: Flags
    is_vetoed: Flags
    value: Floats
    is_sampled: Flags
    sampled: Ints
    mean: Floats
    tries: Floats
    mix: Floats
    reach: Floats
    self_reported: Floats
    is_owed: Flags
    is_open: Flags
    worst: Floats
    best: Floats
    false_absence: Floats
    family: Ints
    peer_mean: Floats


def coarser_group(group: str) -> str:
    """The next coarser peer group: county/micro/cases → county/micro, county → all."""
    return "/".join(group.split("/")[:-1]) or WHOLE


def make_cells(
    societies: pl.DataFrame,
    indicators: pl.DataFrame,
    scores: Scores,
    is_vetoed: Flags,
    methodology: Methodology,
) -> Cells:
    """Lay out the `indicators` frame; `societies` has society_id and peer_group in the order of `scores`."""
    ids = scores.society_ids
    rows = indicators.join(societies.select("society_id", "peer_group"), on="society_id").join(
        _rules(methodology), on="indicator"
    )
    rows = _with_shares(rows)
    rows = rows.join(_coarser_priors(rows, methodology), on=["society_id", "indicator"], how="left")
    column = {name: matrix(rows, name, ids, methodology) for name in ("own", "unit", "worst", "best")}
    is_counted = ~np.isnan(scores.indicator)
    unit = np.nan_to_num(column["unit"], nan=1.0)
    own = np.where(np.isnan(column["own"]), scores.indicator, column["own"] / unit)
    own = np.where(is_counted, own, np.nan)
    is_sampled = is_counted & (matrix(rows, "is_noisy", ids, methodology) > 0)
    numbers = {
        name: np.nan_to_num(matrix(rows, name, ids, methodology))
        for name in (
            "favourable", "denominator", "prior_favourable", "prior_weight", "coarse_favourable",
            "coarse_weight", "evidence_share", "self_reported_share", "shrunk",
        )
    }  # fmt: skip
    reach = numbers["evidence_share"] / unit
    is_shrunk = is_sampled & (numbers["shrunk"] > 0)
    value = np.stack([own, np.where(is_shrunk, reach * _shrunk(numbers, "coarse"), own)])
    groups = societies["peer_group"]
    sampled = np.flatnonzero([i.is_sampled for i in methodology.indicators])
    mean, tries, mix = _rates(numbers, is_sampled, scores, _numbered(groups), sampled, methodology)
    filed = societies["filed"].to_numpy()[:, None]
    doubts = methodology.uncertainty.absence_false
    doubt = pl.col("missing_case").replace_strict(
        {"absence_declared": doubts.declared, "absence_contradicted": doubts.contradicted},
        default=0.0, return_dtype=pl.Float64,
    )  # fmt: skip
    rows = rows.with_columns(
        is_owed=pl.col("missing_case") == "required_absent",
        is_open=pl.col("missing_case") == "under_verification",
        false_absence=doubt,
    )
    return Cells(
        keys=society_keys(ids.to_list()),
        group=np.stack([_numbered(groups), _numbered(groups.map_elements(coarser_group, pl.String))]),
        is_rated=scores.is_rated,
        is_vetoed=is_vetoed,
        value=value,
        is_sampled=is_sampled,
        sampled=sampled,
        mean=mean,
        tries=tries,
        mix=mix,
        reach=reach,
        self_reported=np.where(is_counted, numbers["self_reported_share"], 0.0),
        is_owed=is_counted & (matrix(rows, "is_owed", ids, methodology) > 0),
        is_open=filed & (matrix(rows, "is_open", ids, methodology) > 0),
        worst=column["worst"],
        best=column["best"],
        false_absence=np.where(filed, np.nan_to_num(matrix(rows, "false_absence", ids, methodology)), 0.0),
        family=_families(methodology),
        peer_mean=_peer_mean(np.minimum(own, 1.0), groups, scores.is_rated),
    )


def rated_anew(cells: Cells, societies: pl.DataFrame, scores: Scores) -> Cells:
    """The cells of the same figures under other weights, which change only who is rated."""
    own = np.minimum(cells.value[PUBLISHED], 1.0)
    return replace(
        cells,
        is_rated=scores.is_rated,
        peer_mean=_peer_mean(own, societies["peer_group"], scores.is_rated),
    )


def _rules(methodology: Methodology) -> pl.DataFrame:
    return pl.DataFrame(
        [(i.code, i.is_sampled, i.low_is_good) for i in methodology.indicators],
        schema={"indicator": pl.String, "is_sampled": pl.Boolean, "is_lower_better": pl.Boolean},
        orient="row",
    )


def _with_shares(rows: pl.DataFrame) -> pl.DataFrame:
    held = pl.col("numerator_raw").clip(0, pl.col("denominator"))
    low, prior = pl.col("is_lower_better"), pl.col("prior_mean")
    return rows.with_columns(
        own=pl.when(low).then(1 - pl.col("value")).otherwise("value"),
        unit=pl.when(low).then(1.0).otherwise("target"),
        favourable=pl.when(low).then(pl.col("denominator") - held).otherwise(held),
        prior_favourable=pl.when(low).then(1 - prior).otherwise(prior),
        is_noisy=pl.col("is_sampled") & pl.col("prior_weight").is_not_null() & pl.col("score").is_not_null(),
    )


def _coarser_priors(rows: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """Priors of the next coarser groups: society_id, indicator, coarse_favourable, coarse_weight."""
    groups = rows.select("peer_group").unique().drop_nulls()
    parents = groups.with_columns(parent=groups["peer_group"].map_elements(coarser_group, pl.String))
    noisy = (
        rows.filter("is_noisy")
        .join(parents, on="peer_group")
        .select(
            "society_id", "indicator", "denominator", peer_group="parent", numerator="favourable",
        )
    )  # fmt: skip
    priors = fit_priors(noisy, methodology.shrinkage)
    return noisy.join(priors, on=["peer_group", "indicator"]).select(
        "society_id", "indicator", coarse_favourable="prior_mean", coarse_weight="prior_weight"
    )


def _shrunk(numbers: dict[str, Floats], prior: str) -> Floats:
    """Mean of the rate given its count alone, under the prior of that name, (n, k)."""
    weight = numbers[f"{prior}_weight"]
    total = np.maximum(weight + numbers["denominator"], 1e-9)
    return (weight * numbers[f"{prior}_favourable"] + numbers["favourable"]) / total


def _rates(  # noqa: PLR0913, PLR0917
    numbers: dict[str, Floats],
    is_sampled: Flags,
    scores: Scores,
    group: Ints,
    sampled: Ints,
    methodology: Methodology,
) -> tuple[Floats, Floats, Floats]:
    """Mean and tries (2, n, w) of the true rates' betas under the priors of both groupings; mix (n, w, w)."""
    owners = np.array([i.dimension for i in methodology.indicators])
    is_exact = ~is_sampled & ~np.isnan(scores.indicator) & (group >= 0)[:, None]
    centre, spread = _group_moments(np.where(is_exact, scores.indicator, np.nan), group)
    tries = np.maximum(numbers["denominator"], 1e-9)
    value = np.where(is_sampled, numbers["favourable"] / tries, np.where(is_exact, scores.indicator, np.nan))
    means, totals, mixes = [], [], []
    correlation = None
    for prior in ("prior", "coarse"):
        alone = _shrunk(numbers, prior)
        rate, weight = numbers[f"{prior}_favourable"], numbers[f"{prior}_weight"]
        figures = Figures(
            value=value,
            error=np.where(is_sampled, alone * (1 - alone) / tries, 0.0),
            prior_mean=np.where(is_sampled, rate, centre),
            prior_variance=np.where(is_sampled, rate * (1 - rate) / (weight + 1), spread),
        )
        correlation = correlation or correlations(figures, owners)
        mean, total, mix = joint_posterior(figures, owners, sampled, correlation)
        means.append(mean)
        totals.append(total)
        mixes.append(mix)
    return np.stack(means), np.stack(totals), mixes[PUBLISHED]


def _group_moments(value: Floats, group: Ints) -> tuple[Floats, Floats]:
    """Mean and variance of each column within each society's group, (n, k); 0 where nobody has it."""
    seen = ~np.isnan(value)
    filled = np.where(seen, value, 0.0)
    size = int(group.max(initial=-1)) + 1
    inside = np.maximum(group, 0)
    sums = np.zeros((3, max(size, 1), value.shape[1]))
    for k, part in enumerate((seen.astype(np.float64), filled, filled**2)):
        np.add.at(sums[k], inside[group >= 0], part[group >= 0])
    count = np.maximum(sums[0], 1)
    mean = sums[1] / count
    variance = np.maximum(sums[2] / count - mean**2, 0.0)
    return mean[inside], variance[inside]


def _families(methodology: Methodology) -> Ints:
    first = [i.families[0] for i in methodology.indicators]
    return np.array([first.index(name) for name in first], dtype=np.int64)


def _numbered(groups: pl.Series) -> Ints:
    codes = {name: n for n, name in enumerate(sorted(groups.drop_nulls().unique().to_list()))}
    return np.array([codes.get(name, -1) for name in groups.to_list()], dtype=np.int64)


def _peer_mean(value: Floats, groups: pl.Series, is_rated: Flags) -> Floats:
    """Mean value of the rated of each society's group, (n, k); of all rated where the group has none."""
    number = _numbered(groups)
    seen = ~np.isnan(value) & is_rated[:, None]
    filled = np.where(seen, value, 0.0)
    size = number.max(initial=-1) + 1
    inside = number >= 0
    top, count = np.zeros((size, value.shape[1])), np.zeros((size, value.shape[1]))
    np.add.at(top, number[inside], filled[inside])
    np.add.at(count, number[inside], seen[inside])
    overall = filled.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    means = np.where(count > 0, top / np.maximum(count, 1), overall)
    return np.where(inside[:, None], means[number], overall) if size else np.tile(overall, (len(value), 1))
