"""One indicator of a block of societies, drawn: noise, evidence, pending checks, normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.assessment.cells import Cells
from models.assessment.composite.ranking import Floats
from models.assessment.noise import KNOTS, REACH, STEP, Pool, beta_quantiles, places
from models.assessment.plan import MISSING, NORMALISATIONS, Plan

Ints = NDArray[np.int64]
Kind = TypeVar("Kind", np.int64, np.float64)

ORDER_POINTS = 4_096
# Draws mixed at once: a product so small is left to one thread.
CHUNK = 500
LIMIT = REACH - STEP * 1e-6
COUNT, EVIDENCE, PENDING, ABSENCE = range(4)


@dataclass(frozen=True)
class Scale:
    """How other normalisations read an indicator: `low`, `high` of the rated, and their order.

    `order` (ORDER_POINTS + 1,): share of the rated below a value, ties half, at even steps from 0 to `top`.
    """

    low: float
    high: float
    top: float
    order: Floats


def scales_of(cells: Cells) -> list[Scale]:
    """The scale of every indicator over the rated societies' published values."""
    return [_scale(column) for column in cells.value[0, cells.is_rated].T]


def _scale(values: Floats) -> Scale:
    seen = np.sort(values[~np.isnan(values)])
    if not seen.size:
        return Scale(0.0, 1.0, 1.0, np.linspace(0, 1, ORDER_POINTS + 1))
    low, high, top = float(seen[0]), float(seen[-1]), max(float(seen[-1]), 1.0)
    at = np.linspace(0, top, ORDER_POINTS + 1)
    half = top / ORDER_POINTS / 2
    below, to = np.searchsorted(seen, at - half, side="left"), np.searchsorted(seen, at + half, side="right")
    return Scale(low, high, top, (below + to) / 2 / len(seen))


@dataclass(frozen=True)
class Column:
    """An indicator of some societies. Rows (positions in the block) that need drawing, and with what.

    `value` (2, n): as `Cells`; `noisy`: rows with the noise of a count, and the quantiles of their
    values by grouping, `start` and `slope` (rows · KNOTS,). `told`: rows with self-reported parts;
    `waiting`: rows with some of it pending, their shift if refuted and the whole span; `open_`: rows of which
    nothing is known yet; `doubted`: absences that may be none, where a normal deviate exceeds `limit`.
    """

    value: Floats
    is_owed: NDArray[np.bool_]
    peer_mean: Floats
    noisy: Ints
    start: dict[int, Floats]
    slope: dict[int, Floats]
    told: Ints
    told_place: Ints
    told_share: Floats
    waiting: Ints
    waiting_place: Ints
    shift: Floats
    span: Floats
    open_: Ints
    open_place: Ints
    worst: Floats
    best: Floats
    doubted: Ints
    doubted_place: Ints
    limit: Floats

    @classmethod
    def make(cls, cells: Cells, j: int, members: Ints, groupings: tuple[int, ...]) -> Column:
        """The column of indicator `j` for the societies `members`; noise is prepared for `groupings`."""
        from scipy.special import ndtri

        value, keys = cells.value[:, members, j], cells.keys[members]
        doubted = np.flatnonzero(cells.false_absence[members, j] > 0)
        noisy = np.flatnonzero(cells.is_sampled[members, j])
        told = np.flatnonzero(cells.self_reported[members, j] > 0)
        is_open = cells.is_open[members, j]
        score = np.minimum(value[0], 1.0)
        worst, best = cells.worst[members, j], cells.best[members, j]
        is_waiting = ~is_open & ~cells.is_owed[members, j] & ~np.isnan(score) & (best - worst > 0)
        waiting, open_ = np.flatnonzero(is_waiting), np.flatnonzero(is_open)
        start, slope = [], []
        for grouping in groupings if noisy.size else ():
            w, who = int(np.searchsorted(cells.sampled, j)), members[noisy]
            quantiles = beta_quantiles(cells.mean[grouping, who, w], cells.tries[grouping, who, w])
            quantiles *= cells.reach[who, j][:, None]
            start.append(quantiles.ravel())
            slope.append(np.diff(quantiles, axis=-1, append=quantiles[:, -1:]).ravel())
        return cls(
            value=value,
            is_owed=cells.is_owed[members, j],
            peer_mean=cells.peer_mean[members, j],
            noisy=noisy,
            start=dict(zip(groupings, start, strict=False)),
            slope=dict(zip(groupings, slope, strict=False)),
            told=told,
            told_place=places(keys[told], int(cells.family[j]), EVIDENCE),
            told_share=cells.self_reported[members, j][told],
            waiting=waiting,
            waiting_place=places(keys[waiting], j, PENDING),
            shift=(worst - score)[waiting],
            span=(best - worst)[waiting],
            open_=open_,
            open_place=places(keys[open_], j, PENDING),
            worst=worst[open_],
            best=best[open_],
            doubted=doubted,
            doubted_place=places(keys[doubted], int(cells.family[j]), ABSENCE),
            limit=-ndtri(cells.false_absence[members, j][doubted]),
        )


def deviates(cells: Cells, pool: Pool, members: Ints, number: Ints) -> Floats:
    """Normal deviates of the true rates of `members` in draws `number`, (w, members, draws).

    Independent from the pool, then dependent as the posterior says.
    """
    keys = cells.keys[members]
    found = np.empty((len(members), len(cells.sampled), len(number)))
    for w, j in enumerate(cells.sampled.tolist()):
        found[:, w] = _read(pool.deviate, places(keys, j, COUNT), number)
    mixed = np.empty((len(cells.sampled), len(members), len(number)))
    for start in range(0, len(number), CHUNK):
        part = slice(start, start + CHUNK)
        mixed[:, :, part] = np.matmul(cells.mix[members], found[:, :, part]).transpose(1, 0, 2)
    return mixed


def draw_column(  # noqa: PLR0913, PLR0917
    column: Column, pool: Pool, plan: Plan, draws: Ints, scale: Scale, deviate: Floats | None, *,
    normalisation: int, missing: int, grouping: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Scores, 0 where not counted, and 1 or 0 for whether they count; each (n, draws), or (n, 1) if fixed."""
    base = column.value[grouping]
    if MISSING[missing] == "left_out":
        base = np.where(column.is_owed, np.nan, base)
    elif MISSING[missing] == "peer_mean":
        base = np.where(column.is_owed, column.peer_mean, base)
    is_counted = ~np.isnan(base)
    counts = is_counted.astype(np.float64)[:, None]
    value = np.where(is_counted, base, 0.0)[:, None]
    told = column.told.size > 0 and plan.evidence[draws[0]] >= 0
    checked = plan.pending[draws[0]] >= 0
    is_open = checked and column.waiting.size + column.open_.size + column.doubted.size > 0
    if told or is_open or (deviate is not None and column.noisy.size):
        value = np.repeat(value, len(draws), axis=1)
    if deviate is not None and column.noisy.size:
        value[column.noisy] = _noise(column, deviate[column.noisy], grouping)
    if told:
        kept = _read(pool.evidence, column.told_place, plan.evidence[draws])
        value[column.told] *= 1 - column.told_share[:, None] * (1 - kept)
    if checked:
        number = plan.pending[draws]
        if column.waiting.size:
            outcome = _read(pool.pending, column.waiting_place, number)
            value[column.waiting] += column.shift[:, None] + column.span[:, None] * outcome
        if column.open_.size:
            outcome = _read(pool.pending, column.open_place, number)
            value[column.open_] = column.worst[:, None] + (column.best - column.worst)[:, None] * outcome
            counts[column.open_] = 1.0
        if column.doubted.size:
            luck = _read(pool.deviate, column.doubted_place, number)
            counts = np.repeat(counts, len(draws), axis=1)
            counts[column.doubted] = luck > column.limit[:, None]
    _normalise(value, scale, normalisation)
    value *= counts
    return value, counts


def _noise(column: Column, deviate: Floats, grouping: int) -> Floats:
    """Values at normal deviates (noisy, draws), which are used up."""
    np.clip(deviate, -LIMIT, LIMIT, out=deviate)
    deviate += REACH
    deviate *= 1 / STEP
    at = deviate.astype(np.int64)
    deviate -= at
    at += (np.arange(len(column.noisy)) * KNOTS)[:, None]
    found = column.slope[grouping].take(at)
    found *= deviate
    found += column.start[grouping].take(at)
    return found


def _read(pool: NDArray[Kind], place: Ints, number: Ints) -> NDArray[Kind]:
    """Draws `number` of the pool from each place, (places, draws), a copy."""
    first, count = int(number[0]), len(number)
    if number[-1] - first == count - 1 and (np.diff(number) == 1).all():
        return sliding_window_view(pool, count)[place + first]
    return pool[place[:, None] + number]


def _normalise(value: Floats, scale: Scale, normalisation: int) -> None:
    """From values in targets to scores 0–1, in place."""
    name = NORMALISATIONS[normalisation]
    if name == "minmax" and scale.high > scale.low:
        value -= scale.low
        value /= scale.high - scale.low
    if name == "prank":
        np.clip(value, 0.0, scale.top, out=value)
        value *= ORDER_POINTS / scale.top
        value += 0.5
        value[:] = scale.order.take(value.astype(np.int64))
    np.clip(value, 0.0, 1.0, out=value)
