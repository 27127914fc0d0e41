"""From which score on a society passes the floor, wins a place and passes the practice rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.assessment.composite.ranking import Floats
from models.assessment.cutoffs import Cutoffs, cutoffs
from models.assessment.exemplars import Candidates, Decision, rotated_out
from models.assessment.methodology.schema import Methodology
from models.assessment.quotas import Flags, Ints, select_draws
from models.assessment.scoring import DIGITS, FULL, meets_floor

# A score beyond a competitor's by this much is ahead of it; scores are kept to 9 decimals.
STEP = 1e-7
ROWS = 500
"""Societies whose selections are made anew at one time, which bounds memory."""


@dataclass(frozen=True)
class Turning:
    """Of the societies `who` (m,) whose decision is a matter of scores: what it turns on at published scores.

    `bounds` (3, m): changes of score, in points, from which the score floor, the places and the practice rule
    are met; the decision needs them all.
    """

    who: Ints
    bounds: Floats

    @property
    def needed(self) -> Floats:
        """The strictest of the three, (m,)."""
        return np.asarray(self.bounds.max(axis=0))


def turning_points(candidates: Candidates, decision: Decision, methodology: Methodology) -> Turning:
    """The turning point of every society whose decision is a matter of scores (see `Decision.standing`)."""
    rules, scores = methodology.exemplars, candidates.scores
    who = np.flatnonzero(decision.standing & ~rotated_out(candidates, decision.year, methodology))
    own = scores.composite[who]
    point = cutoffs(scores.composite[None], decision.eligible[None], decision.pool, decision.total)
    places = turn(point, who, decision.chosen[who][None])[0] - own
    practice = _practice_score(candidates, decision, methodology)[who] - own
    floor = rules.minimum_score - own
    places = _exact_places(candidates, decision, who, places, np.maximum(floor, practice), methodology)
    return Turning(who, np.stack([floor, places, practice]))


def turn(cut: Cutoffs, who: Ints, has_place: Flags) -> Floats:
    """The score at which each of `who` wins or loses its place in each draw, (draws, m)."""
    group = cut.group_of[who]
    return np.where(has_place, cut.displace[:, group], cut.admit[:, group])


def _practice_score(candidates: Candidates, decision: Decision, methodology: Methodology) -> Floats:
    """The score of the steady society that must be passed for the same supervisor and practice, (n,)."""
    limit = methodology.exemplars.per_supervisor_and_tag
    n = len(candidates.scores.composite)
    if limit is None:
        return np.full(n, -np.inf)
    frame = pl.DataFrame(
        {
            "row": np.arange(n),
            "supervisor": candidates.societies["supervisor_id"],
            "tag": candidates.practice_tag,
            "score": candidates.scores.composite,
            "steady": decision.steady,
        }
    ).drop_nulls(["supervisor", "tag"])
    steady = frame.filter("steady").select("supervisor", "tag", rival="row", rival_score="score")
    bar = (
        frame.join(steady, on=["supervisor", "tag"])
        .filter(pl.col("row") != pl.col("rival"))
        .group_by("row")
        .agg(pl.col("rival_score").sort(descending=True).gather([limit - 1], null_on_oob=True).first())
        .drop_nulls()
    )
    found = np.full(n, -np.inf)
    found[bar["row"].to_numpy()] = bar["rival_score"].to_numpy()
    return found


def _exact_places(  # noqa: PLR0913, PLR0917
    candidates: Candidates,
    decision: Decision,
    who: Ints,
    places: Floats,
    fixed: Floats,
    methodology: Methodology,
) -> Floats:
    """Check the turning points of the places by selecting anew, and correct those that are not exact.

    Only where the places decide (no other rule is stricter), the nearest first, at most
    `flips.checked_maximum`. A change of one score also changes who is eligible, and so the places of classes.
    """
    near = np.where(places >= fixed, np.abs(places), np.inf)
    near[decision.chosen[who]] = np.where(np.isfinite(places), np.abs(places), np.inf)[decision.chosen[who]]
    checked = np.argsort(near, kind="stable")[: methodology.exemplars.flips.checked_maximum]
    checked = checked[np.isfinite(near[checked])]
    ids, at = who[checked], places[checked]
    wrong = ~_chosen_at(candidates, decision, ids, at + STEP, methodology)
    wrong |= _chosen_at(candidates, decision, ids, at - STEP, methodology)
    if not wrong.any():
        return places
    ids, own = ids[wrong], candidates.scores.composite[ids[wrong]]
    low, high = methodology.exemplars.minimum_score - own - 1.0, FULL - own
    top = _chosen_at(candidates, decision, ids, high, methodology)
    for _ in range(36):
        middle = (low + high) / 2
        is_in = _chosen_at(candidates, decision, ids, middle, methodology)
        high, low = np.where(is_in, middle, high), np.where(is_in, low, middle)
    places = places.copy()
    places[checked[wrong]] = np.where(top, high, np.inf)
    return places


def _chosen_at(
    candidates: Candidates, decision: Decision, ids: Ints, shift: Floats, methodology: Methodology
) -> Flags:
    """Whether each of `ids` (m,) gets a place when its own score alone moves by `shift` (m,); gates hold."""
    rules, composite = methodology.exemplars, candidates.scores.composite
    floors = meets_floor(candidates.scores.dimension, rules.dimension_floor)
    chosen = np.zeros(len(ids), dtype=np.bool_)
    columns = np.flatnonzero(decision.standing)
    position = np.searchsorted(columns, ids)
    pool = decision.pool.part(columns)
    for start in range(0, len(ids), ROWS):
        part = slice(start, start + ROWS)
        rows = np.arange(len(ids[part]))
        score = np.repeat(composite[columns][None], len(rows), axis=0)
        score[rows, position[part]] = np.round(composite[ids[part]] + shift[part], DIGITS)
        able = np.repeat(floors[columns][None], len(rows), axis=0)
        able[rows, position[part]] = True
        able &= score >= rules.minimum_score
        chosen[part] = select_draws(score, able, pool, decision.total)[rows, position[part]]
    return chosen
