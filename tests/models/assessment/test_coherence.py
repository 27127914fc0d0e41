"""Coherence checks on score matrices whose faults are known, and their sign-offs."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from models.assessment.coherence import (
    check,
    correlations,
    cronbach_alpha,
    leave_one_out,
    pca_shares,
    unsigned,
)
from models.assessment.composite.ranking import rank_units
from models.assessment.methodology.uncertainty_rules import SignOff
from models.errors import FengqingError

CODES = ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")
OWNERS = ("D1", "D1", "D2", "D2", "D3", "D3")


@pytest.fixture
def rules(methodology):
    return methodology.coherence


@pytest.fixture
def sound():
    """400 societies whose six indicators share one cause, a tenth not applicable: nothing to object to."""
    generator = np.random.default_rng(2)
    quality = generator.normal(0, 0.12, (400, 1))
    values = np.clip(0.6 + quality + generator.normal(0, 0.12, (400, 6)), 0, 1)
    values[generator.random(values.shape) < 0.1] = np.nan
    return values


def run(values, rules, weights=(1.0,) * 6):
    return check(values, np.array(weights), CODES, OWNERS, rules)


def breaches(frame):
    return set(frame.filter("breached").select("check", "item").iter_rows())


def value_of(frame, name, item):
    return frame.filter((pl.col("check") == name) & (pl.col("item") == item))["value"].item()


def test_sound_scores_breach_nothing(sound, rules):
    frame = run(sound, rules)
    assert breaches(frame) == set()
    assert set(frame["check"]) == {
        "observations", "effective_weight", "effective_weight_dimension", "item_rest_correlation",
        "negative_correlation", "redundant_correlation", "cronbach_alpha", "pca_first_share", "rank_shift",
        "met_by_all", "met_by_none",
    }  # fmt: skip
    assert frame.filter(pl.col("check") == "effective_weight")["value"].sum() == pytest.approx(100)


def test_effective_weights_of_independent_indicators_go_with_squared_weight_and_spread(rules):
    generator = np.random.default_rng(3)
    values = generator.random((5_000, 6)) * np.array([1, 1, 1, 1, 1, 0.5])
    weights = np.array([3.0, 2.0, 1.0, 1.0, 1.0, 2.0])
    frame = run(values, rules, weights)
    expected = weights**2 * np.array([1, 1, 1, 1, 1, 0.25])
    found = frame.filter(pl.col("check") == "effective_weight")
    np.testing.assert_allclose(found["value"], 100 * expected / expected.sum(), atol=2)
    assert found["maximum"].to_list() == pytest.approx(weights * 10 * rules.effective_weight_ratio)


def test_indicator_with_weight_but_no_effect_is_found(sound, rules):
    sound[:, 3] = 0.5 + np.random.default_rng(4).normal(0, 0.001, 400)
    assert ("effective_weight", "2.2") in breaches(run(sound, rules))


def test_constant_and_empty_indicators_are_loud(sound, rules):
    sound[:, 3], sound[:, 5] = 0.5, np.nan
    frame = run(sound, rules)
    found = breaches(frame)
    assert {("effective_weight", "2.2"), ("observations", "3.2")} <= found
    assert value_of(frame, "observations", "3.2") == 0
    assert frame.filter((pl.col("check") == "rank_shift") & (pl.col("item") == "3.2"))["value"].item() == 0


def test_all_equal_scores_breach_as_unknown_not_as_zero(rules):
    frame = run(np.full((100, 6), 0.5), rules)
    found = frame.filter(pl.col("check") == "effective_weight")
    assert found["value"].null_count() == 6 and found["breached"].all()


def test_opposed_indicators_are_found_as_pair_and_within_their_dimension(sound, rules):
    sound[:, 1] = np.where(np.isnan(sound[:, 1]), np.nan, 1.2 - sound[:, 0])
    frame = run(sound, rules)
    assert ("item_rest_correlation", "1.1") in breaches(frame)
    pair = frame.filter((pl.col("check") == "negative_correlation") & pl.col("breached"))
    assert ("1.1", "1.2") in set(pair.select("item", "other").iter_rows())


def test_noise_among_few_societies_is_not_called_opposition(rules):
    # 60 societies of pure noise: some of the 15 pairs fall below -0.2 by chance alone.
    generator = np.random.default_rng(5)
    noisy = [generator.random((60, 6)) for _ in range(40)]
    below = [(correlations(v, 50)[0] < -0.2).any() for v in noisy]
    called = [("negative_correlation" in run(v, rules).filter("breached")["check"]) for v in noisy]
    assert np.mean(below) > 0.5 and np.mean(called) <= 0.15


def test_twins_are_redundant(sound, rules):
    sound[:, 1] = sound[:, 0] + 0.01
    pair = run(sound, rules).filter((pl.col("check") == "redundant_correlation") & pl.col("breached"))
    assert pair.select("item", "other").rows() == [("1.1", "1.2")]


def test_ends_count_the_societies_that_have_the_indicator(sound, rules):
    sound[:, 0] = np.where(np.arange(400) < 200, 1.0, np.nan)
    sound[:, 1] = np.where(np.arange(400) < 396, 0.0, 0.5)
    frame = run(sound, rules)
    assert value_of(frame, "met_by_all", "1.1") == 1 and value_of(frame, "met_by_none", "1.2") == 0.99
    assert {("met_by_all", "1.1"), ("met_by_none", "1.2")} <= breaches(frame)


def test_leave_one_out_is_the_composite_without_the_column(sound):
    weights = np.array([3.0, 2.0, 1.0, 1.0, 1.0, 2.0])
    found = leave_one_out(sound, weights)
    for i in range(6):
        rest = np.arange(6) != i
        w = np.where(np.isnan(sound), 0, weights)
        whole = np.nansum(sound * w, axis=1) / w.sum(axis=1)
        without = np.nansum(sound[:, rest] * w[:, rest], axis=1) / w[:, rest].sum(axis=1)
        assert found[i] == pytest.approx(np.abs(rank_units(whole) - rank_units(without)).mean() / 400)


def test_pairwise_correlations_are_numpys(sound):
    found, n = correlations(sound, 30)
    for i, j in ((0, 1), (2, 5)):
        both = ~np.isnan(sound[:, i]) & ~np.isnan(sound[:, j])
        assert n[i, j] == both.sum()
        assert found[i, j] == pytest.approx(np.corrcoef(sound[both][:, i], sound[both][:, j])[0, 1])
    constant = np.column_stack([np.full(40, 0.3), np.arange(40.0)])
    assert np.isnan(correlations(constant, 30)[0][0, 1])
    assert np.isnan(correlations(constant[:20], 30)[0]).all()


def test_alpha_and_components_of_equal_correlations():
    r, k = 0.4, 5
    matrix = np.full((k, k), r) + (1 - r) * np.eye(k)
    assert cronbach_alpha(matrix) == pytest.approx(k * r / (1 + (k - 1) * r))
    np.testing.assert_allclose(pca_shares(matrix), [(1 + (k - 1) * r) / k, *[(1 - r) / k] * (k - 1)])


def test_a_sign_off_settles_its_own_item_only(sound, rules):
    sound[:, 1] = sound[:, 0] + 0.01
    sound[:, 3] = 0.5
    frame = run(sound, rules)
    before = unsigned(frame)
    assert before.height == frame["breached"].sum() > 1
    text = {"zh": "两项同源，下年度合并。", "en": "Both come from one source; to be merged next year."}
    key = {"check": "redundant_correlation", "item": "1.1", "other": "1.2"}
    signed = SignOff(**key, text=text, role="方法组", signed_on=date(2026, 6, 1))
    again = run(sound, rules.model_copy(update={"sign_offs": [signed]}))
    after = unsigned(again)
    assert again["signed"].sum() == 1 and frame["signed"].sum() == 0
    assert after.height == before.height - 1
    assert "redundant_correlation" not in set(after["check"])


def test_shapes_that_do_not_fit_are_refused(rules):
    for values, weights in (
        (np.ones((3, 5)), np.ones(6)),
        (np.ones((0, 6)), np.ones(6)),
        (np.ones((3, 6)), np.ones(5)),
    ):
        with pytest.raises(FengqingError) as caught:
            run(values, rules, weights)
        assert caught.value.code == "COHERENCE_SHAPE"
