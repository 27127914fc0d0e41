"""Normalisation: goalposts, min-max, z-score, percentile rank, Borda. Higher is better in every output."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.columns import ends, is_constant
from models.assessment.composite.messages import CompositeError, Issue, named
from models.assessment.composite.ranking import Floats, rank_min

METHODS = ("minmax", "zscore", "goalposts", "prank", "borda")
ON_CONSTANT = ("error", "drop")
# minmax, goalposts, prank: the lowest and highest score. zscore: the mean and standard deviation.
# borda counts the units beaten, so it has no scale.
DEFAULT_SCALE = {"minmax": (0.0, 100.0), "goalposts": (0.0, 100.0), "zscore": (0.0, 1.0), "prank": (0.0, 1.0)}


def check_scale(method: str, scale: tuple[float, float] | None) -> tuple[float, float]:
    """Give the scale to use with `method` (its default for None), or raise CompositeError on a bad one."""
    if method not in METHODS:
        raise CompositeError("option", option="--normalise", value=method, allowed=METHODS)
    if scale is None:
        return DEFAULT_SCALE.get(method, (0.0, 1.0))
    low, high = scale
    finite = bool(np.isfinite([low, high]).all())
    good, allowed = {
        "borda": (False, "— (borda)"),
        "zscore": (finite and high > 0, "MEAN,SD (SD > 0)"),
    }.get(method, (finite and low < high, "LOW,HIGH (LOW < HIGH)"))
    if not good:
        raise CompositeError("option", option="--scale", value=f"{low:g},{high:g}", allowed=allowed)
    return float(low), float(high)


def normalise(  # noqa: PLR0913 - one parameter a choice
    values: Floats,
    directions: Floats,
    codes: Sequence[str],
    *,
    method: str = "minmax",
    scale: tuple[float, float] | None = None,
    goalposts: Floats | None = None,
    on_constant: str = "error",
) -> tuple[Floats, tuple[Issue, ...]]:
    """Bring each column of (units, indicators) to a common scale, turned so that higher is better.

    `directions` is (indicators,) of +1 or -1; `goalposts` (indicators, 2) lower and upper, in the units of
    `values`, values beyond them are held at the post. `scale`: see DEFAULT_SCALE. Missing stays missing.

    Raises:
        CompositeError: naming the columns that are wholly missing, or (except for goalposts) constant, unless
            `on_constant` is "drop": these columns then become missing and an issue names them; or goalposts
            that are absent or not increasing; or a bad scale.
    """
    low, high = check_scale(method, scale)
    if on_constant not in ON_CONSTANT:
        raise CompositeError("option", option="--on-constant", value=on_constant, allowed=ON_CONSTANT)
    reasons = _unusable(values, method)
    unusable = reasons != ""
    if unusable.any() and on_constant == "error":
        why = str(reasons[unusable][0])
        raise CompositeError(why, columns=named(codes, reasons == why), method=method)
    usable = np.where(unusable, np.nan, values)
    issues = [Issue("normalise", "dropped", tuple(named(codes, unusable)))] if unusable.any() else []
    if method == "goalposts":
        unit, told = _goalposts(usable, directions, codes, goalposts)
        issues += told
    else:
        unit = _by_data(usable * directions, method)
    if method == "borda":
        return unit, tuple(issues)
    spread = high if method == "zscore" else high - low
    return unit * spread + low, tuple(issues)


def _unusable(values: Floats, method: str) -> NDArray[np.str_]:
    """Say for each column why it cannot be normalised: "all_missing", "constant" or "" (it can)."""
    flat = is_constant(values) & (method != "goalposts")
    missing = np.isnan(values).all(axis=0)
    return np.where(missing, "all_missing", np.where(flat, "constant", ""))


def _by_data(signed: Floats, method: str) -> Floats:
    """Score by the data's own spread or order; wholly missing columns stay missing."""
    seen = ~np.isnan(signed)
    n = np.maximum(seen.sum(axis=0), 1)
    if method == "minmax":
        low, high = ends(signed)
        return (signed - low) / np.where(high > low, high - low, 1.0)
    if method == "zscore":
        mean = np.where(seen, signed, 0.0).sum(axis=0) / n
        deviation = np.where(seen, signed - mean, 0.0)
        spread = np.sqrt((deviation**2).sum(axis=0) / np.maximum(n - 1, 1))
        return (signed - mean) / np.where(spread > 0, spread, 1.0)
    beaten = rank_min(np.ascontiguousarray(signed.T)).T - 1.0
    return beaten if method == "borda" else beaten / np.maximum(n - 1, 1)


def _goalposts(
    values: Floats, directions: Floats, codes: Sequence[str], goalposts: Floats | None
) -> tuple[Floats, list[Issue]]:
    posts = np.full((values.shape[1], 2), np.nan) if goalposts is None else goalposts
    bad = ~(posts[:, 1] > posts[:, 0]) | ~np.isfinite(posts).all(axis=1)
    if bad.any():
        raise CompositeError("goalposts", columns=named(codes, bad))
    lower, upper = posts.T
    share = np.clip((values - lower) / (upper - lower), 0.0, 1.0)
    unit = np.where(directions < 0, 1.0 - share, share)
    flat = is_constant(unit) & ~np.isnan(unit).all(axis=0)
    if not flat.any():
        return unit, []
    return unit, [Issue("normalise", "constant_posts", tuple(named(codes, flat)))]
