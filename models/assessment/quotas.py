"""Places for exemplars: √ of the eligible by class, a share for small societies, a cap on national ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pool:
    """The societies as the quota rules see them (n of them).

    `class_of` (n,) indexes `classes`; `keys` (3, n) are the tie-breakers; `order` (n,) lists the societies
    from best to worst tie-break. `small_share` of the places is kept for small ones, capped ones have at most
    `capped_share`.
    """

    classes: list[str]
    class_of: Ints
    is_small: Flags
    is_capped: Flags
    keys: Floats
    order: Ints
    small_share: float
    capped_share: float

    def part(self, members: Ints) -> Pool:
        """The pool of some of the societies only, in the order of `members` (ascending)."""
        position = np.full(len(self.class_of), -1)
        position[members] = np.arange(len(members))
        kept = position[self.order]
        return Pool(
            self.classes, self.class_of[members], self.is_small[members], self.is_capped[members],
            self.keys[:, members], kept[kept >= 0], self.small_share, self.capped_share,
        )  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Outcome for one set of scores, by society (n,).

    `selected`; `why`: '' not eligible, SELECTED, or the quota that was full; `quota` (classes,); `place` and
    `class_rank`: order among the eligible, 1 the best (0 not eligible); places kept for small societies, and
    at most for capped ones.
    """

    selected: Flags
    why: NDArray[np.str_]
    quota: Ints
    place: Ints
    class_rank: Ints
    small_places: int
    capped_places: int


REASONS = np.array(["", "SELECTED", "QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL"])
NONE, SELECTED, FULL_CLASS, FULL_REST, FULL_LEVEL = range(5)


def places(rated: int, methodology: Methodology) -> int:
    """All places: a share of the rated societies, rounded down, but not fewer than the minimum."""
    rules = methodology.exemplars
    return max(rules.places_minimum, math.floor(rules.places_share * rated + 1e-9))


def class_quotas(eligible: Ints, total: int) -> Ints:
    """Places by class (draws, classes) in proportion to √(eligible), by largest remainder.

    A class never gets more places than it has eligible societies; what is left over goes to the classes with
    room, by the same rule. Equal remainders go to the class that comes first.
    """
    root = np.sqrt(eligible.astype(np.float64))
    quota = np.zeros_like(eligible)
    for _ in range(eligible.shape[1] + 1):
        left = np.minimum(total, eligible.sum(axis=1)) - quota.sum(axis=1)
        share = np.where(quota < eligible, root, 0.0)
        if not left.any():
            break
        quota = np.minimum(quota + largest_remainder(share, left), eligible)
    return quota


def largest_remainder(share: Floats, seats: Ints) -> Ints:
    """Apportion `seats` (draws,) in proportion to `share` (draws, classes)."""
    total = share.sum(axis=1, keepdims=True)
    ideal = np.divide(share * seats[:, None], total, out=np.zeros_like(share), where=total > 0).round(9)
    base = np.floor(ideal).astype(np.int64)
    extra = np.where(total[:, 0] > 0, seats - base.sum(axis=1), 0)
    by_remainder = rank_first((ideal - base).round(9))
    return base + (by_remainder <= extra[:, None])


def rank_first(values: Floats) -> Ints:
    """Rank along the last axis, 1 the largest; of equal values the first comes first."""
    order = np.argsort(-values, axis=-1, kind="stable")
    ranks = np.empty(values.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.arange(1, values.shape[-1] + 1)[None], axis=-1)
    return ranks


def select(score: Floats, eligible: Flags, pool: Pool, total: int) -> Selection:
    """Fill the places once, `score` and `eligible` (n,), and say why each eligible society got none."""
    filler = _fill(score[None], eligible[None], pool, total)
    n = len(score)
    why, place = np.zeros(n, dtype=np.int8), np.zeros(n, dtype=np.int64)
    why[filler.some] = filler.why[0]
    place[filler.some[filler.order[0]]] = np.arange(1, len(filler.some) + 1)
    class_rank = np.zeros(n, dtype=np.int64)
    for c in range(len(pool.classes)):
        mine = np.flatnonzero((pool.class_of == c) & eligible)
        class_rank[mine] = place[mine].argsort().argsort() + 1
    # A society within its class's places that lost its own to a kept one is told so.
    why[(why == FULL_CLASS) & (class_rank <= filler.quota[0][pool.class_of])] = FULL_REST
    small, capped = reserved(pool, total)
    return Selection(why == SELECTED, REASONS[why], filler.quota[0], place, class_rank, small, capped)


def select_draws(score: Floats, eligible: Flags, pool: Pool, total: int) -> Flags:
    """Fill the places of every draw at once: `score` and `eligible` (draws, n) → selected (draws, n)."""
    filler = _fill(score, eligible, pool, total)
    selected = np.zeros(score.shape, dtype=np.bool_)
    selected[:, filler.some] = filler.why == SELECTED
    return selected


def reserved(pool: Pool, total: int) -> tuple[int, int]:
    """Places kept for small societies (rounded up), and open to capped ones (rounded down)."""
    return math.ceil(pool.small_share * total - 1e-9), math.floor(pool.capped_share * total + 1e-9)


def _fill(score: Floats, eligible: Flags, pool: Pool, total: int) -> _Filler:
    # Only societies eligible in some draw are sorted; they stand in tie-break order, kept by a stable sort.
    some = pool.order[np.asarray(eligible.any(axis=0))[pool.order]]
    able, class_of = eligible[:, some], pool.class_of[some]
    order = np.argsort(np.where(able, -score[:, some], np.inf), axis=1, kind="stable")
    counts = np.stack([able[:, class_of == c].sum(axis=1) for c in range(len(pool.classes))], axis=1)
    filler = _Filler(
        some, able, order, class_of, pool.is_small[some], pool.is_capped[some], class_quotas(counts, total)
    )
    filler.run(*reserved(pool, total), total)
    return filler


class _Filler:
    """Walks down the order of all draws together, place by place, and keeps the counts that are left.

    First the places kept for small societies go to the best small ones, then the rest to the best of all,
    each within its class's places and the cap. Kept places that no small society can take stay empty.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        some: Ints,
        able: Flags,
        order: Ints,
        class_of: Ints,
        is_small: Flags,
        is_capped: Flags,
        quota: Ints,
    ) -> None:
        self.some, self.able, self.order, self.class_of = some, able, order, class_of
        self.is_small, self.is_capped, self.quota = is_small, is_capped, quota
        self.room = quota.copy()
        self.draw = np.arange(len(order))
        # An eligible society nobody came to stands behind full classes.
        self.why = np.where(able, FULL_CLASS, NONE).astype(np.int8)

    def run(self, kept_places: int, capped_places: int, total: int) -> None:
        """Fill both passes; afterwards `why` holds the outcomes."""
        draws, steps = len(self.order), int(self.able.sum(axis=1).max(initial=0))
        kept = np.full(draws, kept_places)
        others = np.full(draws, total - kept_places)
        capped = np.full(draws, capped_places)
        for step in range(steps):
            if not kept.any():
                break
            who, able, has_room, is_below_cap = self._next(step, capped)
            taken = able & self.is_small[who] & has_room & is_below_cap & (kept > 0)
            kept -= taken
            self._take(who, taken, capped)
        for step in range(steps):
            if not self.room.any():
                break
            who, able, has_room, is_below_cap = self._next(step, capped)
            waiting = able & (self.why[self.draw, who] != SELECTED)
            taken = waiting & has_room & is_below_cap & (self.is_small[who] | (others > 0))
            missed = waiting & ~taken & has_room
            self.why[self.draw[missed], who[missed]] = np.where(is_below_cap, FULL_REST, FULL_LEVEL)[missed]
            others -= taken & ~self.is_small[who]
            self._take(who, taken, capped)

    def _next(self, step: int, capped: Ints) -> tuple[Ints, Flags, Flags, Flags]:
        who = self.order[:, step]
        has_room = self.room[self.draw, self.class_of[who]] > 0
        return who, self.able[self.draw, who], has_room, ~self.is_capped[who] | (capped > 0)

    def _take(self, who: Ints, taken: Flags, capped: Ints) -> None:
        self.why[self.draw[taken], who[taken]] = SELECTED
        self.room[self.draw[taken], self.class_of[who[taken]]] -= 1
        capped -= taken & self.is_capped[who]
