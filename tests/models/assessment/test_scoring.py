"""Scores and bands, worked by hand, and properties that must hold for any scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.assessment.scoring import Scores, band_codes, score


def scored(society_frame, indicator_frame, methodology, named=None, base=1.0, **society) -> Scores:
    given = {("S", code): value for code, value in (named or {}).items()}
    return score(society_frame({"S": society}), indicator_frame({"S": base}, given), methodology)


@pytest.fixture
def one(society_frame, indicator_frame, methodology):
    def make(named=None, base=1.0, **society):
        return scored(society_frame, indicator_frame, methodology, named, base, **society)

    return make


def band(scores, methodology, vetoed=False):
    return band_codes(scores, np.array([vetoed]), methodology)[0]


def test_composite_is_the_weighted_mean(one):
    # weights: 1.1 = 4, 4.4 = 5, the rest full: 100 − 4 − 5·0.5
    assert one({"1.1": 0.0, "4.4": 0.5}).composite[0] == 93.5


def test_dimension_is_the_weighted_mean_of_its_own(one):
    scores = one({"1.1": 0.5})
    assert scores.dimension[0, 0] == pytest.approx(100 * (0.5 * 4 + 8) / 12, abs=1e-9)
    assert scores.dimension[0, 1:].tolist() == [100.0] * 6


def test_not_applicable_leaves_both_sums(one):
    # 3.2–3.5 (10 of 100) leave: (90 − 4) / 90
    scores = one({"3.2": None, "3.3": None, "3.4": None, "3.5": None, "1.1": 0.0})
    assert scores.weight[0] == 90
    assert scores.composite[0] == pytest.approx(100 * 86 / 90, abs=1e-9)
    assert scores.dimension_weight[0].tolist() == [12, 16, 6, 18, 16, 12, 10]


def test_absent_and_zero_is_not_the_same_as_not_applicable(one):
    assert one({"4.6": 0.0}).composite[0] == 99
    assert one({"4.6": None}).composite[0] == 100


def test_applicable_weight_below_60_is_not_rated(one, methodology):
    # D1 + D2 + D3 = 44 leave: 56 remain; adding 1.1 (4) back makes exactly 60
    away = {"D1": None, "D2": None, "D3": None}
    below, exact = one(away), one({**away, "1.1": 1.0})
    assert below.weight[0] == 56 and np.isnan(below.composite[0]) and not below.is_rated[0]
    assert band(below, methodology) == "unrated"
    assert exact.weight[0] == 60 and exact.composite[0] == 100
    assert band(exact, methodology) == "excellent"


def test_not_filed_is_not_rated_and_has_no_dimensions(one, methodology):
    scores = one(filed=False)
    assert np.isnan(scores.composite[0]) and np.isnan(scores.dimension).all() and scores.weight[0] == 0
    assert band(scores, methodology) == "unrated"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (1.0, "excellent"), (0.9, "excellent"), (0.8999, "good"), (0.8, "good"), (0.7999, "pass"),
        (0.6, "pass"), (0.5999, "improve"), (0.0, "improve"),
    ],
)  # fmt: skip
def test_band_edges(one, methodology, base, expected):
    assert band(one(base=base), methodology) == expected


def test_excellent_needs_70_percent_of_each_dimension(one, methodology):
    # D7 weighs 10: at 0.7 the composite is 97, at 0.69 it is 96.9; only the floor differs
    assert band(one({"D7": 0.7}), methodology) == "excellent"
    assert band(one({"D7": 0.69}), methodology) == "good"
    assert band(one({"D7": None}), methodology) == "excellent"


def test_a_veto_lowers_excellent_only_and_never_the_score(one, methodology):
    assert band(one(), methodology, vetoed=True) == "good"
    assert band(one(base=0.7), methodology, vetoed=True) == "pass"


def test_verified_share_is_of_the_applicable_weight(society_frame, indicator_frame, methodology):
    frame = indicator_frame({"S": 1.0}, {("S", "D3"): None}, frozenset({("S", "D4"), ("S", "D3")}))
    scores = score(society_frame({"S": {}}), frame, methodology)
    assert scores.verified_share[0] == pytest.approx((84 - 18) / 84, abs=1e-9)


def test_missing_row_counts_as_no_score(society_frame, indicator_frame, methodology):
    frame = indicator_frame({"S": 1.0}).filter(indicator_frame({"S": 1.0})["indicator"] != "1.1")
    assert score(society_frame({"S": {}}), frame, methodology).weight[0] == 96


def test_the_order_of_rows_does_not_matter(society_frame, indicator_frame, methodology):
    frame = indicator_frame({"S": 0.7, "T": 0.9}, {("S", "4.4"): 0.2})
    societies = society_frame({"S": {}, "T": {}})
    forward, backward = score(societies, frame, methodology), score(societies, frame.reverse(), methodology)
    assert forward.composite.tolist() == backward.composite.tolist()


def values(n=37):
    return st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=n, max_size=n)


@settings(max_examples=60, deadline=None)
@given(drawn=values())
def test_scores_stay_within_0_and_100(society_frame, indicator_frame, methodology, drawn):
    named = dict(zip(methodology.weights, drawn, strict=True))
    scores = scored(society_frame, indicator_frame, methodology, named)
    found = np.concatenate([scores.composite, scores.dimension[0]])
    found = found[~np.isnan(found)]
    assert ((found >= 0) & (found <= 100)).all()


@settings(max_examples=40, deadline=None)
@given(drawn=values(), factor=st.floats(0.1, 10))
def test_the_scale_of_the_weights_does_not_matter(society_frame, indicator_frame, methodology, drawn, factor):
    named = dict(zip(methodology.weights, drawn, strict=True))
    indicators = [i.model_copy(update={"weight": i.weight * factor}) for i in methodology.indicators]
    composite = methodology.composite.model_copy(update={"minimum_applicable_weight": 60 * factor})
    scaled = methodology.model_copy(update={"indicators": indicators, "composite": composite})
    first = scored(society_frame, indicator_frame, methodology, named)
    second = scored(society_frame, indicator_frame, scaled, named)
    np.testing.assert_allclose(first.composite, second.composite, atol=1e-8)
    np.testing.assert_allclose(first.dimension, second.dimension, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(drawn=values(), place=st.integers(0, 36))
def test_one_more_not_applicable_indicator_changes_nothing(
    society_frame, indicator_frame, methodology, drawn, place
):
    """Taking a not applicable indicator out of the methodology altogether gives the same scores."""
    drawn[place] = None
    named = dict(zip(methodology.weights, drawn, strict=True))
    indicators = [i for n, i in enumerate(methodology.indicators) if n != place]
    without = methodology.model_copy(update={"indicators": indicators})
    first = scored(society_frame, indicator_frame, methodology, named)
    second = scored(society_frame, indicator_frame, without, named)
    np.testing.assert_allclose(first.composite, second.composite, atol=1e-8)
