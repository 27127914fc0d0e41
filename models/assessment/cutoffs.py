"""The scores at which a place is won or lost: the quota walk, read for every kind of society at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats
from models.assessment.quotas import Flags, Ints, Pool, class_quotas, reserved


@dataclass(frozen=True)
class Cutoffs:
    """By draw and group (class × small × capped; n societies in `group_of`), (draws, groups) in score points.

    `admit`: one more eligible member of the group gets a place above this score (inf: nowhere; −inf: anywhere
    above the floors). `displace`: one that has a place loses it below this score (−inf: only by the floors).
    The places of the classes are taken as they are; `flips` checks what that leaves out by selecting anew.
    """

    group_of: Ints
    admit: Floats
    displace: Floats


def groups(pool: Pool) -> tuple[Ints, Ints]:
    """The distinct (class, small, capped) of a pool, (g, 3), and the group of each society, (n,)."""
    marks = np.stack([pool.class_of, pool.is_small, pool.is_capped], axis=1).astype(np.int64)
    kinds, group_of = np.unique(marks, axis=0, return_inverse=True)
    return kinds, group_of.ravel()


def cutoffs(score: Floats, eligible: Flags, pool: Pool, total: int) -> Cutoffs:
    """Walk the places of every draw once, `score` and `eligible` (draws, n), and note where each group ends.

    The walk is that of `quotas`: first the places kept for small societies, then the rest.
    """
    kinds, group_of = groups(pool)
    some = pool.order[np.asarray(eligible.any(axis=0))[pool.order]]
    able = eligible[:, some]
    order = np.argsort(np.where(able, -score[:, some], np.inf), axis=1, kind="stable")
    walk = _Walk(score[:, some], able, order, kinds, group_of[some], pool, total)
    walk.run()
    return Cutoffs(group_of, walk.admit, walk.displace)


class _Walk:
    """The state of the places in all draws at once, and what each group could still take."""

    def __init__(  # noqa: PLR0913, PLR0917
        self, score: Floats, able: Flags, order: Ints, kinds: Ints, group_of: Ints, pool: Pool, total: int
    ) -> None:
        self.score, self.able, self.order, self.group_of = score, able, order, group_of
        self.class_, self.small, self.capped_kind = kinds[:, 0], kinds[:, 1] > 0, kinds[:, 2] > 0
        draws, classes = len(order), len(pool.classes)
        class_of = self.class_[group_of] if len(group_of) else np.zeros(0, dtype=np.int64)
        counts = np.stack([able[:, class_of == c].sum(axis=1) for c in range(classes)], axis=1)
        self.room = class_quotas(counts, total)
        kept, capped = reserved(pool, total)
        self.kept, self.others = np.full(draws, kept), np.full(draws, total - kept)
        self.capped = np.full(draws, capped)
        self.draw = np.arange(draws)
        self.selected: NDArray[np.bool_] = np.zeros_like(able)
        self.admit = np.full((draws, len(kinds)), np.inf)
        self.displace = np.full((draws, len(kinds)), -np.inf)
        self.last = np.full((draws, len(kinds)), np.inf)
        # Groups with a kept place, and the score of who would come in for it.
        self.has_kept = np.zeros((draws, len(kinds)), dtype=np.bool_)
        self.next_kept = np.full((draws, len(kinds)), -np.inf)

    def run(self) -> None:
        steps = int(self.able.sum(axis=1).max(initial=0))
        for is_first in (True, False):
            could = self._could(is_first=is_first)
            self.admit[could] = -np.inf
            for step in range(steps):
                if is_first and not (self.kept.any() or (self.has_kept & np.isneginf(self.next_kept)).any()):
                    break
                could = self._step(step, could, is_first=is_first)
        # A kept place is lost only below the next small one, and below who comes in for a common one too.
        self.displace = np.where(self.has_kept, np.minimum(self.next_kept, self.displace), self.displace)

    def _could(self, *, is_first: bool) -> Flags:
        """Which groups a further member of could take a place now, (draws, groups)."""
        open_ = (self.room[:, self.class_] > 0) & (~self.capped_kind | (self.capped > 0)[:, None])
        if is_first:
            return np.asarray(open_ & self.small & (self.kept > 0)[:, None])
        return np.asarray(open_ & (self.small | (self.others > 0)[:, None]))

    def _step(self, step: int, could: Flags, *, is_first: bool) -> Flags:
        who = self.order[:, step]
        group, at = self.group_of[who], self.score[self.draw, who]
        waiting = self.able[self.draw, who] & ~self.selected[self.draw, who]
        taken = waiting & could[self.draw, group]
        if is_first:
            self._note_kept(waiting & ~taken & self.small[group], group, at)
        else:
            self._note_entrants(waiting & ~taken, group, at)
        if not taken.any():
            return could
        rows, kind = self.draw[taken], group[taken]
        self.selected[rows, who[taken]] = True
        self.room[rows, self.class_[kind]] -= 1
        self.capped[rows] -= self.capped_kind[kind]
        if is_first:
            self.kept[rows] -= 1
        else:
            self.others[rows] -= ~self.small[kind]
        # A later member took a place: who could have come in before it is none of the group's concern.
        if is_first:
            self.has_kept[rows, kind] = True
            self.next_kept[rows, kind] = -np.inf
        else:
            self.last[rows, kind] = np.minimum(self.last[rows, kind], at[taken])
            self.displace[rows, kind] = -np.inf
        still = self._could(is_first=is_first)
        closed = could & ~still
        # Small ones have two chances; the lower of the two scores counts.
        already = np.isneginf(self.admit) | ~np.isfinite(self.admit)
        limit = np.broadcast_to(at[:, None], closed.shape)
        self.admit[closed] = np.where(already, limit, np.minimum(self.admit, limit))[closed]
        return still

    def _note_kept(self, refused: Flags, group: Ints, at: Floats) -> None:
        """Which small society would come in for a kept place of each group."""
        if not refused.any():
            return
        rows = self.draw[refused]
        kind, score = group[refused], at[refused]
        enters = self.room[rows, self.class_[kind]][:, None] + (self.class_[kind][:, None] == self.class_) > 0
        enters &= ~self.capped_kind[kind][:, None] | (self.capped[rows][:, None] + self.capped_kind > 0)
        enters &= self.has_kept[rows] & np.isneginf(self.next_kept[rows])
        found = self.next_kept[rows]
        found[enters] = np.broadcast_to(score[:, None], enters.shape)[enters]
        self.next_kept[rows] = found

    def _note_entrants(self, refused: Flags, group: Ints, at: Floats) -> None:
        """Who would come in if a member of a group left: one refused for want of what that member holds."""
        if not refused.any():
            return
        rows = self.draw[refused]
        kind, score = group[refused], at[refused]
        room = self.room[rows, self.class_[kind]][:, None] + (self.class_[kind][:, None] == self.class_)
        capped = self.capped[rows][:, None] + self.capped_kind
        others = self.others[rows][:, None] + ~self.small
        enters = room > 0
        enters &= ~self.capped_kind[kind][:, None] | (capped > 0)
        enters &= self.small[kind][:, None] | (others > 0)
        # Of a group with a kept place only, whoever is refused in its class would come in, above it too.
        is_common = np.isfinite(self.last[rows]) & (score[:, None] <= self.last[rows])
        is_kept_only = self.has_kept[rows] & ~np.isfinite(self.last[rows])
        enters &= np.isneginf(self.displace[rows]) & (is_common | is_kept_only)
        kept = self.displace[rows]
        kept[enters] = np.broadcast_to(score[:, None], enters.shape)[enters]
        self.displace[rows] = kept
