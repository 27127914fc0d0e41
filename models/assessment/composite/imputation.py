"""Imputation: by the mean of a unit's group, or along time in a panel. What has no source stays missing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.messages import CompositeError, Issue, named
from models.assessment.composite.ranking import Floats

PANEL_METHODS = ("latest", "constant", "linear")


def impute_group_mean(
    values: Floats, groups: NDArray[np.object_], codes: Sequence[str], units: Sequence[str]
) -> tuple[Floats, tuple[Issue, ...]]:
    """Replace a missing value by the mean of the observed values of the unit's group.

    `values` is (units, indicators), `groups` (units,) of labels, None or "" for none. A unit without a group
    is left as it is (COINr's i_mean_grp), and so is a column without a value in a group; both are reported.
    """
    has_group = np.array([label not in (None, "") for label in groups], dtype=bool)
    labels, member = np.unique(np.array([str(label) for label in groups[has_group]]), return_inverse=True)
    part = values[has_group]
    seen = ~np.isnan(part)
    total = np.zeros((len(labels), values.shape[1]))
    count = np.zeros_like(total)
    np.add.at(total, member, np.where(seen, part, 0.0))
    np.add.at(count, member, seen)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    imputed = values.copy()
    imputed[has_group] = np.where(seen, part, mean[member])
    sourceless = count == 0
    issues = [
        Issue("impute", "impute_no_source", (code,), {"groups": labels[empty].tolist()})
        for code, empty in zip(codes, sourceless.T, strict=True)
        if empty.any()
    ]
    left = named(units, ~has_group & np.isnan(values).any(axis=1))
    if left:
        issues.append(Issue("impute", "impute_no_group", (), {"count": len(left), "units": left}))
    return imputed, tuple(issues)


def check_panel_method(method: str) -> None:
    """Refuse a name that is not in PANEL_METHODS."""
    if method not in PANEL_METHODS:
        raise CompositeError("option", option="--panel", value=method, allowed=PANEL_METHODS)


def impute_panel(
    values: Floats,
    times: Floats,
    codes: Sequence[str],
    *,
    method: str = "latest",
    max_steps: int | None = None,
) -> tuple[Floats, tuple[Issue, ...]]:
    """Fill a panel (times, units, indicators) along time; `times` is (times,), increasing.

    "latest" carries the last observation forward, over at most `max_steps` points; "constant" does so without
    limit and also takes the first observation backwards; "linear" interpolates in time and holds the ends
    (COINr's impute_panel; R's approx with rule = 2). Series without an observation stay missing, reported.
    """
    check_panel_method(method)
    if len(times) < 2 or not (np.diff(times) > 0).all():
        raise CompositeError("panel_times", times=list(times))
    seen = ~np.isnan(values)
    points = len(times)
    step = np.arange(points)[:, None, None]
    before = np.maximum.accumulate(np.where(seen, step, -1), axis=0)
    after = np.flip(np.minimum.accumulate(np.flip(np.where(seen, step, points), axis=0), axis=0), axis=0)
    last = _take(values, before, points)
    if method == "latest":
        near = (before >= 0) & (step - before <= (points if max_steps is None else max_steps))
        filled = np.where(near, last, np.nan)
    else:
        following = _take(values, after, points)
        filled = np.where(np.isnan(last), following, last)
        if method == "linear":
            inside = ~seen & (before >= 0) & (after < points)
            start = times[np.clip(before, 0, points - 1)]
            span = np.where(inside, times[np.clip(after, 0, points - 1)] - start, 1.0)
            share = (times[:, None, None] - start) / span
            filled = np.where(inside, last + share * (following - last), filled)
    empty = (~seen.any(axis=0)).sum(axis=0)
    issues = (
        Issue("impute", "panel_no_source", (code,), {"count": count})
        for code, count in zip(codes, empty.tolist(), strict=True)
        if count
    )
    return np.where(seen, values, filled), tuple(issues)


def _take(values: Floats, index: NDArray[np.int64], points: int) -> Floats:
    taken = np.take_along_axis(values, np.clip(index, 0, points - 1), axis=0)
    return np.where((index >= 0) & (index < points), taken, np.nan)
