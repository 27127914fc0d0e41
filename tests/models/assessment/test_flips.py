"""Flips: the change found turns the decision when the selection is made anew, 99 % of it does not."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.assessment.exemplars import NO_YEARS, Candidates, decide
from models.assessment.flips import SCHEMA, flip_frame
from models.assessment.scoring import meets_floor, score
from models.assessment.simulation import Drawn
from models.assessment.uncertainty import Draws

N, DRAWS = 220, 100


class Nation:
    """Societies with draws about their scores, which can be decided anew with one figure changed."""

    def __init__(self, methodology, society_frame, barred_frame):
        rng = np.random.default_rng(7)
        self.method = methodology
        self.ids = [f"S{k:04d}" for k in range(N)]
        given = {
            one: {
                "level": str(rng.choice(["national", "city", "county"])),
                "size_class": str(rng.choice(["large", "medium", "small", "micro"])),
                "cast_class": str(rng.choice(list("ABCDEX"))),
                "supervisor_id": f"U{k % 25}",
            }
            for k, one in enumerate(self.ids)
        }
        self.societies = society_frame(given)
        self.barred = barred_frame(given)
        self.tags = pl.Series(rng.choice(["education", "youth", "evaluation"], N))
        quality = rng.normal(0.84, 0.06, N)
        self.values = np.clip(quality[:, None] + rng.normal(0, 0.12, (N, 37)), 0, 1).round(3)
        self.spread = rng.normal(0, 1, (DRAWS, N))
        self.dimension_spread = rng.normal(0, 1, (DRAWS, N, 7))
        self.scores = self.scored(self.values)
        self.candidates, self.dimensions = self.candidate(self.scores, self.scores)

    def scored(self, values):
        frame = pl.DataFrame(
            {
                "society_id": np.repeat(self.ids, 37),
                "indicator": list(self.method.weights) * N,
                "score": values.ravel(),
                "is_verified": True,
            }
        )
        return score(self.societies, frame, self.method)

    def candidate(self, scores, base):
        composite = np.round(scores.composite + self.spread, 9)
        dimensions = scores.dimension + self.dimension_spread
        nothing = np.full(N, np.nan)
        drawn = Drawn(
            composite, meets_floor(dimensions, self.method.exemplars.dimension_floor), np.zeros((N, 4)),
            base.composite - 2, base.composite + 2, nothing, nothing,
        )  # fmt: skip
        draws = Draws(None, drawn, drawn, drawn, np.zeros(DRAWS, dtype=bool))
        past = pl.DataFrame(schema=NO_YEARS)
        found = Candidates(self.societies, scores, draws, self.barred, self.tags, past)
        return found, dimensions.transpose(2, 1, 0)

    def decided_with(self, row, column, value):
        values = self.values.copy()
        values[row, column] = value
        # Tie-breaks stay as they were: they move only with the data behind a score.
        return decide(self.candidate(self.scored(values), self.scores)[0], 2025, self.method).named[row]


@pytest.fixture(scope="module")
def nation(methodology, society_frame, barred_frame):
    return Nation(methodology, society_frame, barred_frame)


@pytest.fixture(scope="module")
def flips(nation):
    decision = decide(nation.candidates, 2025, nation.method)
    frame = flip_frame(nation.candidates, decision, lambda who: nation.dimensions[:, who], nation.method)
    return decision, frame.with_row_index("row")


def test_every_society_has_a_row_and_an_outcome(flips):
    decision, frame = flips
    assert dict(frame.drop("row").schema) == dict(SCHEMA)
    assert (frame["direction"] == "lose").to_list() == decision.named.tolist()
    assert set(frame["indicator_outcome"]) >= {"found", "none"}
    found = frame.filter(pl.col("indicator_outcome") == "found")
    assert set(found["direction"]) == {"gain", "lose"}
    assert found["indicator_to"].is_between(0, 1).all()


def test_the_change_flips_the_decision_and_nearly_all_of_it_does_not(nation, flips):
    decision, frame = flips
    position = {code: k for k, code in enumerate(nation.method.weights)}
    found, early = frame.filter(pl.col("indicator_outcome") == "found").to_dicts(), 0
    for one in found:
        row, column = one["row"], position[one["indicator"]]
        start, end = one["indicator_from"], one["indicator_to"]
        beyond = 2e-6 if one["direction"] == "gain" else -2e-6
        was = decision.named[row]
        assert nation.decided_with(row, column, float(np.clip(end + beyond, 0, 1))) != was, one
        early += nation.decided_with(row, column, start + 0.99 * (end - start)) != was
    assert not early


def test_no_single_indicator_brings_those_without_a_flip(nation, flips):
    decision, frame = flips
    none = frame.filter(pl.col("indicator_outcome") == "none", pl.col("direction") == "gain")
    for row in none["row"].to_list()[::40]:
        assert not any(nation.decided_with(row, column, 1.0) for column in range(37))
        assert not decision.named[row]


def test_dropping_a_society_changes_others_only_through_places_or_stability(nation, flips):
    decision, _ = flips
    barred = nation.barred.with_columns(
        hold_code=pl.when(pl.col("society_id") == nation.ids[int(np.flatnonzero(decision.named)[0])])
        .then(pl.lit("open_serious_case"))
        .otherwise("hold_code")
    )
    anew = decide(replace(nation.candidates, barred=barred), 2025, nation.method)
    before, after = decision.facts["reason_code"], anew.facts["reason_code"]
    changed = [(b, a) for b, a in zip(before, after, strict=True) if b != a]
    by_places = {"SELECTED", "QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL", "STABILITY", "PRACTICE_TAG", "TIE"}
    assert ("SELECTED", "HOLD") in changed
    assert all(b in by_places and a in by_places for b, a in changed if a != "HOLD")
