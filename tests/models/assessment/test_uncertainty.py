"""Draws of weights, intervals and rank ranges."""

import numpy as np
import polars as pl
import pytest

from models.assessment.uncertainty import draw_scores, interval, rank_ranges, weight_draws


@pytest.fixture
def scores():
    """30 societies × 37 indicators, a fifth not applicable."""
    generator = np.random.default_rng(3)
    values = generator.random((30, 37))
    values[generator.random(values.shape) < 0.2] = np.nan
    return values


def test_factors_are_uniform_within_a_quarter(methodology):
    weights = np.array(list(methodology.weights.values()))
    factors = weight_draws(methodology, 1) / weights
    assert factors.shape == (1000, 37)
    assert factors.min() >= 0.75 and factors.max() <= 1.25
    assert abs(factors.mean() - 1) < 0.005
    assert factors.std() == pytest.approx(0.5 / np.sqrt(12), rel=0.02)


def test_a_draw_is_the_weighted_mean_under_its_weights(methodology, scores):
    draws = draw_scores(scores, np.ones(30, dtype=bool), methodology, 5)
    weights = weight_draws(methodology, 5)
    for draw, society in ((0, 0), (17, 4), (999, 29)):
        seen = ~np.isnan(scores[society])
        w = weights[draw][seen]
        assert draws.composite[draw, society] == pytest.approx(100 * (w @ scores[society][seen]) / w.sum())


def test_the_floor_is_judged_in_every_draw(methodology):
    # D7 at 0.7 exactly passes in all; two equal-weight extremes around 0.7 pass in some
    even, mixed = np.full((1, 37), 0.7), np.ones((1, 37))
    codes = list(methodology.weights)
    mixed[0, codes.index("7.1")], mixed[0, codes.index("7.2")] = 0.5, 0.34
    mixed[0, [codes.index(c) for c in ("7.3", "7.4", "7.5")]] = 1.0
    rated = np.ones(1, dtype=bool)
    assert draw_scores(even, rated, methodology, 1).meets_floor.all()
    share = draw_scores(mixed, rated, methodology, 1).meets_floor.mean()
    assert 0.2 < share < 0.8


def test_unrated_has_no_interval(methodology, scores):
    rated = np.arange(30) != 2
    draws = draw_scores(scores, rated, methodology, 1)
    assert np.isnan(draws.low[2]) and np.isnan(draws.composite[:, 2]).all()
    assert (draws.low[rated] <= draws.high[rated]).all()


def test_blocks_do_not_change_the_numbers(methodology, scores, monkeypatch):
    whole = draw_scores(scores, np.ones(30, dtype=bool), methodology, 9)
    monkeypatch.setattr("models.assessment.uncertainty.BLOCK", 7)
    parts = draw_scores(scores, np.ones(30, dtype=bool), methodology, 9)
    for name in ("composite", "low", "high", "dimension_low", "dimension_high"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_same_seed_same_bits_other_seed_other_draws(methodology, scores):
    rated = np.ones(30, dtype=bool)
    first, again = (draw_scores(scores, rated, methodology, 4).composite for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != draw_scores(scores, rated, methodology, 5).composite.tobytes()


def test_no_spread_no_interval(revised, methodology, scores):
    still = revised(uncertainty={"weight_spread": 0.0})
    draws = draw_scores(scores, np.ones(30, dtype=bool), still, 1)
    np.testing.assert_allclose(draws.low, draws.high)


def test_interval_is_numpys_quantile():
    drawn = np.random.default_rng(1).normal(size=(1000, 5))
    np.testing.assert_allclose(interval(drawn, 0.9), np.quantile(drawn, [0.05, 0.95], axis=0), atol=1e-8)


def test_ranks_within_groups_by_hand():
    point = np.array([90.0, 80.0, 80.0, 70.0, np.nan, 60.0])
    groups = pl.Series(["a", "a", "a", "a", "a", "b"])
    # 20 draws: society 0 falls behind 1 and 2 in five of them
    drawn = np.tile(point, (20, 1))
    drawn[:5, 0] = 75.0
    rank, low, high = rank_ranges(point, drawn, groups, 0.9)
    assert rank[:4].tolist() == [1, 2, 2, 4] and rank[5] == 1 and np.isnan(rank[4])
    assert (low[0], high[0]) == (1, 3)
    assert (low[1], high[1]) == (1, 2)
    assert (low[3], high[3]) == (4, 4)


def test_society_without_a_group_is_not_ranked():
    ranks = rank_ranges(
        np.array([1.0, 2.0]), np.array([[1.0, 2.0]]), pl.Series([None, "a"], dtype=pl.String), 0.9
    )
    assert np.isnan(ranks[:, 0]).all() and ranks[:, 1].tolist() == [1, 1, 1]
