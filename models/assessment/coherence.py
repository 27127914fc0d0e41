"""Coherence of the composite: do the indicators work as their weights say? One row a check and item.

OECD/JRC Handbook (Nardo et al., 2008), steps 4 and 10; effective weights after Paruolo, Saisana and Saltelli
(2013), see `smoothing`. Thresholds are the methodology's `coherence`; a breach is either signed off there or
makes the run provisional (试评).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.aggregation import weighted_mean
from models.assessment.composite.columns import is_constant
from models.assessment.composite.ranking import Floats, rank_units
from models.assessment.methodology.uncertainty_rules import Coherence
from models.assessment.smoothing import correlation_ratio
from models.errors import FengqingError

# A score this near to 0 or 1 is at that end.
END = 1e-9
WHOLE = "all"
SCHEMA = {
    "check": pl.String, "item": pl.String, "other": pl.String, "value": pl.Float64, "minimum": pl.Float64,
    "maximum": pl.Float64, "n": pl.Int64, "breached": pl.Boolean,
    "signed": pl.Boolean,
}  # fmt: skip

Row = tuple[str, str, str | None, float, float | None, float | None, int]


@dataclass(frozen=True)
class _Scored:
    """What the checks share: scores, and pairwise moments over the societies that have both."""

    values: Floats
    weights: Floats
    composite: Floats
    codes: tuple[str, ...]
    owners: NDArray[np.str_]
    dimensions: tuple[str, ...]
    dimension: Floats
    stated: Floats
    seen: NDArray[np.int64]
    is_judged: NDArray[np.bool_]


def check(
    values: Floats, weights: Floats, codes: Sequence[str], dimensions: Sequence[str], rules: Coherence
) -> pl.DataFrame:
    """Run every check over the rated societies: `values` (n, k) in 0–1 with NaN, the others (k,).

    `dimensions` names the dimension of each indicator. The frame: check, item, other (of a pair, else null),
    value, minimum and maximum (null: no bound), n (societies behind it), breached, and signed: breached, but
    signed off in the methodology. A value that cannot be computed is null and breached. The checks:

    - observations: societies that have the indicator; with fewer than the minimum it is judged in no other
      check but enters the composite;
    - effective_weight, effective_weight_dimension: 100 · η² of the composite on it ÷ Σ η², between stated
      share ÷ ratio and · ratio (shares are of those judged);
    - item_rest_correlation: with the rest of its own dimension; negative_correlation, redundant_correlation:
      pairs of indicators, or dimensions, beyond the bound (if none is, the nearest one). A negative bound is
      moved out to what chance alone would not reach in any of the pairs looked at (Fisher's z, Bonferroni);
    - cronbach_alpha, pca_first_share: for all (with bounds) and each dimension (without), from pairwise
      correlations; pairs with too few societies in common count as uncorrelated;
    - rank_shift: mean |shift of rank| ÷ n when the indicator is left out;
    - met_by_all, met_by_none: share of societies with full marks, or with none.

    Raises:
        FengqingError: no society, no indicator, or shapes that do not fit.
    """
    scored = _prepare(values, weights, codes, dimensions, rules)
    rows = [
        *_observations(scored, rules),
        *_effective_weights(scored, rules),
        *_correlations(scored, rules),
        *_structure(scored, rules),
        *_rank_shifts(scored, rules),
        *_ends(scored, rules),
    ]
    frame = pl.DataFrame([(*row, None, None) for row in rows], schema=SCHEMA, orient="row")
    value, is_bounded = pl.col("value"), pl.any_horizontal(pl.col("minimum", "maximum").is_not_null())
    outside = (value < pl.col("minimum")).fill_null(False) | (value > pl.col("maximum")).fill_null(False)
    judged = frame.with_columns(value.fill_nan(None)).with_columns(
        breached=is_bounded & (value.is_null() | outside)
    )
    return _with_signed(judged, rules)


def unsigned(checks: pl.DataFrame) -> pl.DataFrame:
    """The breaches that nobody has signed off; the run is provisional (试评) if there are any."""
    return checks.filter("breached", ~pl.col("signed"))


def _with_signed(checks: pl.DataFrame, rules: Coherence) -> pl.DataFrame:
    signed = pl.DataFrame(
        [(s.check, s.item, s.other, True) for s in rules.sign_offs],
        schema={"check": pl.String, "item": pl.String, "other": pl.String, "signed": pl.Boolean},
        orient="row",
    )
    key = ["check", "item", "other"]
    return (
        checks.drop("signed")
        .join(signed, on=key, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(signed=pl.col("breached") & pl.col("signed").fill_null(False))
    )


def _prepare(
    values: Floats, weights: Floats, codes: Sequence[str], dimensions: Sequence[str], rules: Coherence
) -> _Scored:
    k = len(codes)
    if (
        values.ndim != 2
        or not values.size
        or values.shape[1] != k
        or not k == len(weights) == len(dimensions)
    ):
        raise FengqingError(
            "COHERENCE_SHAPE",
            f"一致性检验需要至少一个学会和一个指标，且列数相同；实为 {values.shape}、{len(weights)} 个权重、"
            f"{k} 个代码、{len(dimensions)} 个维度。",
            f"Coherence checks need at least one society and one indicator, and columns that fit; found "
            f"{values.shape}, {len(weights)} weights, {k} codes, {len(dimensions)} dimensions.",
        )
    owners = np.array(dimensions)
    names = tuple(dict.fromkeys(dimensions))
    seen = (~np.isnan(values)).sum(axis=0)
    parts = [weighted_mean(values[:, owners == d], weights[owners == d]) for d in names]
    return _Scored(
        values=values,
        weights=weights,
        composite=weighted_mean(values, weights),
        codes=tuple(codes),
        owners=owners,
        dimensions=names,
        dimension=np.stack(parts, axis=1),
        stated=np.array([weights[owners == d].sum() for d in names]),
        seen=seen,
        is_judged=seen >= rules.minimum_observations,
    )


def _observations(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    for code, n in zip(scored.codes, scored.seen.tolist(), strict=True):
        yield "observations", code, None, n, rules.minimum_observations, None, n


def _effective_weights(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    judged = np.flatnonzero(scored.is_judged)
    yield from _shares(
        "effective_weight", scored.values[:, judged], scored.composite, scored.weights[judged],
        [scored.codes[i] for i in judged], rules.effective_weight_ratio,
    )  # fmt: skip
    yield from _shares(
        "effective_weight_dimension", scored.dimension, scored.composite, scored.stated,
        scored.dimensions, rules.effective_weight_ratio_dimension,
    )  # fmt: skip


def _shares(  # noqa: PLR0913, PLR0917
    name: str, columns: Floats, composite: Floats, weights: Floats, codes: Sequence[str], ratio: float
) -> Iterable[Row]:
    ratios = np.array([_ratio(column, composite) for column in columns.T])
    total = np.nansum(ratios)
    effective = 100 * ratios / (total if total > 0 else np.nan)
    stated = 100 * weights / weights.sum()
    counts = (~np.isnan(columns)).sum(axis=0).tolist()
    for code, share, weight, n in zip(codes, effective, stated, counts, strict=True):
        yield name, code, None, float(share), float(weight / ratio), float(weight * ratio), n


def _ratio(column: Floats, composite: Floats) -> float:
    both = ~(np.isnan(column) | np.isnan(composite))
    return correlation_ratio(column[both], composite[both])


def _correlations(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    judged = np.flatnonzero(scored.is_judged)
    codes = [scored.codes[i] for i in judged]
    chance = rules.chance / max(len(judged), 1)
    for i in judged:
        rest = (scored.owners == scored.owners[i]) & (np.arange(len(scored.codes)) != i)
        if not rest.any():
            continue
        others = weighted_mean(scored.values[:, rest], scored.weights[rest])
        found, n = correlations(np.stack([scored.values[:, i], others], axis=1), rules.minimum_observations)
        # Too little spread to correlate is told by the effective weight and the shares at the ends.
        if not np.isnan(found[0, 1]):
            minimum = float(_below_chance(n[0, 1], chance, rules.negative_correlation))
            yield "item_rest_correlation", scored.codes[i], None, found[0, 1], minimum, None, int(n[0, 1])
    for columns, names in ((scored.values[:, judged], codes), (scored.dimension, list(scored.dimensions))):
        found, n = correlations(columns, rules.minimum_observations)
        first, second = np.triu_indices(len(names), 1)
        pairs, counts = found[first, second], n[first, second]
        known = np.flatnonzero(~np.isnan(pairs))
        low = _below_chance(counts, rules.chance / max(len(known), 1), rules.negative_correlation)
        high = np.full(len(pairs), rules.redundant_correlation)
        for name, beyond, is_low in (
            ("negative_correlation", pairs - low, True),
            ("redundant_correlation", high - pairs, False),
        ):
            shown = known[beyond[known] < 0]
            if not shown.size and known.size:
                shown = known[[np.argmin(beyond[known])]]
            for p in shown:
                limits = (float(low[p]), None) if is_low else (None, float(high[p]))
                yield name, names[first[p]], names[second[p]], float(pairs[p]), *limits, int(counts[p])


def _below_chance(n: NDArray[np.int64], chance: float, bound: float) -> Floats:
    """The bound on a correlation over n societies, or lower: what chance alone goes below with `chance`."""
    from scipy.special import ndtri

    by_chance = np.tanh(ndtri(chance) / np.sqrt(np.maximum(n - 3, 1)))
    return np.asarray(np.minimum(by_chance, bound))


def correlations(values: Floats, minimum: int) -> tuple[Floats, NDArray[np.int64]]:
    """Pairwise correlations (k, k) of columns (n, k) with NaN, and the number of rows behind each.

    NaN where fewer than `minimum` rows have both, or either is constant over those.
    """
    seen = (~np.isnan(values)).astype(np.float64)
    count = seen.T @ seen
    centre = np.where(seen.any(axis=0), np.nansum(values, axis=0) / np.maximum(seen.sum(axis=0), 1), 0.0)
    filled = np.where(seen > 0, values - centre, 0.0)
    with_any = np.maximum(count, 1)
    mean = filled.T @ seen / with_any
    square = (filled**2).T @ seen / with_any - mean**2
    product = filled.T @ filled / with_any - mean * mean.T
    spread = np.sqrt(np.maximum(square, 0) * np.maximum(square.T, 0))
    is_known = (count >= max(minimum, 3)) & (np.minimum(square, square.T) > END**2)
    found = np.where(is_known, product / np.where(is_known, spread, 1.0), np.nan)
    return np.clip(found, -1, 1), count.astype(np.int64)


def _structure(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    varies = scored.is_judged & ~is_constant(scored.values)
    for name in (WHOLE, *scored.dimensions):
        mine = np.flatnonzero(varies & ((scored.owners == name) | (name == WHOLE)))
        if len(mine) < 2:
            continue
        found, _ = correlations(scored.values[:, mine], rules.minimum_observations)
        found = np.nan_to_num(found, nan=0.0)
        np.fill_diagonal(found, 1.0)
        bounds = (rules.alpha_minimum, rules.pca_first_share_maximum) if name == WHOLE else (None, None)
        n = int(scored.seen[mine].min())
        yield "cronbach_alpha", name, None, cronbach_alpha(found), bounds[0], None, n
        yield "pca_first_share", name, None, float(pca_shares(found)[0]), None, bounds[1], n


def cronbach_alpha(correlation: Floats) -> float:
    """Standardised alpha of a correlation matrix (k, k), k ≥ 2."""
    k = len(correlation)
    return float(k / (k - 1) * (1 - k / correlation.sum())) if correlation.sum() > 0 else float("-inf")


def pca_shares(correlation: Floats) -> Floats:
    """Share of the variance of each principal component, largest first, (k,).

    Pairwise correlations may give small negative eigenvalues; they count as 0.
    """
    found = np.maximum(np.linalg.eigvalsh(correlation)[::-1], 0)
    return np.asarray(found / found.sum())


def _rank_shifts(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    shifts = leave_one_out(scored.values, scored.weights)
    for code, shift, n in zip(scored.codes, shifts.tolist(), scored.seen.tolist(), strict=True):
        yield "rank_shift", code, None, shift, None, rules.rank_shift_maximum, n


def leave_one_out(values: Floats, weights: Floats) -> Floats:
    """Mean |shift of rank| ÷ n for each indicator (k,) when it leaves the weighted mean of `values` (n, k).

    Over the societies that have a score with and without it; NaN if there are none.
    """
    seen = ~np.isnan(values)
    points = np.where(seen, values, 0.0) * weights
    top, bottom = points.sum(axis=1)[:, None] - points, (seen @ weights)[:, None] - seen * weights
    has_score = bottom > END
    without = np.where(has_score, top / np.where(has_score, bottom, 1.0), np.nan)
    whole = np.where(has_score, weighted_mean(values, weights)[:, None], np.nan)
    shift = np.abs(rank_units(without.T) - rank_units(whole.T))
    n = has_score.sum(axis=0)
    return np.where(n > 0, np.nansum(shift, axis=1) / np.maximum(n, 1) ** 2, np.nan)


def _ends(scored: _Scored, rules: Coherence) -> Iterable[Row]:
    n = np.maximum(scored.seen, 1)
    full, none = (scored.values >= 1 - END).sum(axis=0) / n, (scored.values <= END).sum(axis=0) / n
    for i in np.flatnonzero(scored.seen > 0):
        seen = int(scored.seen[i])
        yield "met_by_all", scored.codes[i], None, float(full[i]), None, rules.met_by_all_maximum, seen
        yield "met_by_none", scored.codes[i], None, float(none[i]), None, rules.met_by_none_maximum, seen
