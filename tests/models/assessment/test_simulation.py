"""The simulation against hand values: every source of doubt alone, options, blocks, other societies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import betaincinv, ndtr
from scipy.stats import beta, kstest

from models.assessment import simulation
from models.assessment.noise import KNOTS, beta_quantiles, knot_deviates, places, society_keys
from models.assessment.plan import (
    OPTIONS,
    data_plan,
    joint_plan,
    method_plan,
    option_draws,
    published_plan,
    weight_draws,
)
from models.assessment.posterior import Figures, correlations, joint_posterior
from models.assessment.uncertainty import simulator_for

EVERY = np.arange(1_000)


@pytest.fixture(scope="module")
def indicator():
    """40 societies × 37 indicators, a fifth not applicable."""
    generator = np.random.default_rng(3)
    values = generator.random((40, 37))
    values[generator.random(values.shape) < 0.2] = np.nan
    return values


def ran(cells, method, plan, seed=1):
    return simulator_for(cells, method, seed, 1_000).run(plan)


def one_sampled(certain_cells, methodology, *, mean=0.6, tries=12.0, reach=1.0, n=60):
    """Societies at 0.5 everywhere, but 1.4, which is a share with a true rate of that beta."""
    codes = list(methodology.weights)
    j = codes.index("1.4")
    values = np.full((n, 37), 0.5)
    is_sampled = np.zeros((n, 37), dtype=np.bool_)
    is_sampled[:, j] = True
    cells = certain_cells(
        values, is_sampled=is_sampled, sampled=np.array([j]), mean=np.full((2, n, 1), mean),
        tries=np.full((2, n, 1), tries), mix=np.ones((n, 1, 1)), reach=np.full((n, 37), reach),
    )  # fmt: skip
    return cells, methodology.weights["1.4"]


def test_beta_quantiles_are_scipys():
    generator = np.random.default_rng(0)
    mean, tries = generator.beta(2, 1, 500).clip(0.002, 0.998), np.exp(generator.uniform(0, 7, 500))
    exact = betaincinv((mean * tries)[:, None], ((1 - mean) * tries)[:, None], ndtr(knot_deviates()))
    spread = np.sqrt(mean * (1 - mean) / (tries + 1))[:, None]
    found = beta_quantiles(mean, tries)
    assert found.shape == (500, KNOTS)
    assert (np.abs(found - exact) / spread).max() < 0.04
    assert (np.diff(found, axis=1) >= 0).all()


def test_a_place_in_the_pool_is_the_societys_own():
    few, many = society_keys(["S2"]), society_keys(["S1", "S2", "S3"])
    assert places(few, 4, 0)[0] == places(many, 4, 0)[1]
    spots = np.concatenate([places(society_keys([f"S{i}" for i in range(500)]), j, 0) for j in range(17)])
    assert len(np.unique(spots)) > 0.98 * len(spots)


def test_the_published_plan_gives_the_published_score(certain_cells, methodology, indicator):
    weights = np.array(list(methodology.weights.values()))
    seen = ~np.isnan(indicator)
    expected = 100 * (np.nan_to_num(indicator) @ weights) / (seen @ weights)
    drawn = ran(certain_cells(indicator), methodology, published_plan(methodology))
    np.testing.assert_allclose(drawn.composite[0], expected, atol=1e-8)


def test_a_draw_is_the_weighted_mean_under_its_weights(certain_cells, plain, indicator):
    drawn = ran(certain_cells(indicator), plain, method_plan(plain, 5))
    weights = weight_draws(plain, 1_000, 5)
    for draw, society in ((0, 0), (17, 4), (999, 29)):
        seen = ~np.isnan(indicator[society])
        w = weights[draw][seen]
        expected = 100 * (w @ indicator[society][seen]) / w.sum()
        assert drawn.composite[draw, society] == pytest.approx(expected)


def test_factors_are_uniform_within_the_spread(methodology):
    factors = weight_draws(methodology, 1_000, 1) / np.array(list(methodology.weights.values()))
    assert factors.min() >= 0.75 and factors.max() <= 1.25
    assert factors.std() == pytest.approx(0.5 / np.sqrt(12), rel=0.02)


def test_options_come_in_their_shares(methodology):
    found = option_draws(methodology)
    assert found.shape == (1_000, 4)
    for k, name in enumerate(OPTIONS):
        shares = np.array(list(getattr(methodology.uncertainty, name).model_dump().values()))
        counts = np.bincount(found[:, k], minlength=len(shares))
        assert np.abs(counts / 1_000 - shares).max() < 0.03


def test_the_noise_of_a_share_is_its_beta(certain_cells, methodology):
    cells, weight = one_sampled(certain_cells, methodology)
    drawn = ran(cells, methodology, data_plan(methodology)).composite
    rates = (drawn - (100 - weight) * 0.5) / weight
    assert kstest(rates.ravel(), beta(7.2, 4.8).cdf).statistic < 0.01
    # independent between societies
    related = np.corrcoef(rates.T)[np.triu_indices(60, 1)]
    assert np.abs(related.mean()) < 0.005 and np.abs(related).max() < 0.15


def test_a_value_above_its_target_counts_as_full(certain_cells, methodology):
    cells, weight = one_sampled(certain_cells, methodology, mean=0.6, reach=2.0)
    drawn = ran(cells, methodology, data_plan(methodology)).composite
    full = (100 - weight) * 0.5 + weight
    assert drawn.max() == pytest.approx(full)
    assert (drawn >= full - 1e-6).mean() == pytest.approx(1 - beta(7.2, 4.8).cdf(0.5), abs=0.01)


def test_a_self_reported_figure_is_drawn_as_checked(certain_cells, methodology):
    values = np.full((50, 37), 0.4)
    told = np.zeros((50, 37))
    told[:, 0] = 0.5
    cells = certain_cells(values, self_reported=told)
    drawn = ran(cells, methodology, replace(published_plan(methodology, 1_000), evidence=EVERY)).composite
    weight = methodology.weights["1.1"]
    # half of the value counted half: confirmed that half doubles, refuted it goes
    levels = np.round(40 + weight * 0.4 * np.array([0.5, 0.0, -0.5]), 6)
    found, counts = np.unique(np.round(drawn, 6), return_counts=True)
    np.testing.assert_allclose(found, levels[::-1])
    chances = methodology.uncertainty.self_reported
    shares = counts / counts.sum()
    np.testing.assert_allclose(shares, [chances.refuted, chances.partly, chances.confirmed], atol=0.01)


def test_pending_rows_move_the_score_between_worst_and_best(certain_cells, methodology):
    values = np.full((50, 37), 0.5)
    worst, best = values.copy(), values.copy()
    worst[:, 0], best[:, 0] = 0.2, 0.8
    cells = certain_cells(values, worst=worst, best=best)
    drawn = ran(cells, methodology, replace(published_plan(methodology, 1_000), pending=EVERY)).composite
    weight = methodology.weights["1.1"]
    levels = 50 + weight * (np.array([0.2, 0.5, 0.8]) - 0.5)
    np.testing.assert_allclose(np.unique(drawn.round(6)), levels)


def test_what_is_open_enters_the_sums_once_known(certain_cells, methodology):
    values = np.full((50, 37), 0.5)
    values[:, 0] = np.nan
    is_open = np.isnan(values)
    cells = certain_cells(
        values, is_open=is_open, worst=np.where(is_open, 0.0, 0.5), best=np.where(is_open, 1.0, 0.5)
    )
    drawn = ran(cells, methodology, replace(published_plan(methodology, 1_000), pending=EVERY)).composite
    weight = methodology.weights["1.1"]
    levels = 50 + weight * (np.array([0.0, 0.5, 1.0]) - 0.5)
    np.testing.assert_allclose(np.unique(drawn.round(6)), levels)


def test_a_declared_absence_is_none_at_its_chance_for_a_whole_family(certain_cells, methodology):
    values = np.full((200, 37), 0.5)
    values[:, :2] = np.nan
    doubt = np.where(np.isnan(values), 0.1, 0.0)
    family = np.arange(37)
    family[1] = 0
    cells = certain_cells(values, false_absence=doubt, family=family)
    drawn = ran(cells, methodology, replace(published_plan(methodology, 1_000), pending=EVERY)).composite
    gone = sum(list(methodology.weights.values())[:2])
    found, counts = np.unique(drawn.round(6), return_counts=True)
    np.testing.assert_allclose(found, [50 * (100 - gone) / 100, 50])
    assert counts[0] / counts.sum() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("option", "expected"), [(0, 0.0), (1, np.nan), (2, 0.8)])
def test_what_is_required_and_missing(certain_cells, methodology, option, expected):
    values = np.full((3, 37), 0.5)
    values[:, 0] = 0.0
    is_owed = np.zeros(values.shape, dtype=np.bool_)
    is_owed[:, 0] = True
    cells = certain_cells(values, is_owed=is_owed, peer_mean=np.full(values.shape, 0.8))
    options = np.array([[0, 0, option, 0]])
    drawn = ran(cells, methodology, replace(published_plan(methodology), options=options)).composite
    weight = methodology.weights["1.1"]
    score = 50.0 if np.isnan(expected) else (100 - weight) * 0.5 + weight * expected
    np.testing.assert_allclose(drawn, score)


@pytest.mark.parametrize("normalisation", [1, 2])
@pytest.mark.parametrize("aggregation", [0, 1])
def test_other_methods_keep_the_published_distribution(
    certain_cells, methodology, indicator, normalisation, aggregation
):
    cells = certain_cells(indicator)
    options = np.array([[normalisation, aggregation, 0, 0]])
    published = ran(cells, methodology, published_plan(methodology)).composite[0]
    other = ran(cells, methodology, replace(published_plan(methodology), options=options)).composite[0]
    np.testing.assert_allclose(np.sort(other), np.sort(published), atol=0.3)
    assert (np.argsort(other) != np.argsort(published)).any()


def test_a_geometric_mean_ranks_the_even_above_the_uneven(certain_cells, methodology):
    values = np.full((30, 37), 0.5) + np.linspace(-0.2, 0.2, 30)[:, None]
    values[0] = 0.6
    owner = np.array([i.dimension for i in methodology.indicators])
    # the same mean, but nothing in D1 and the rest higher
    values[1] = np.where(owner == "D1", 0.0, 0.6 / 0.88)
    cells = certain_cells(values)
    for aggregation, sign in ((0, 0), (1, 1)):
        options = np.array([[0, aggregation, 0, 0]])
        drawn = ran(cells, methodology, replace(published_plan(methodology), options=options)).composite[0]
        assert np.sign((drawn[0] - drawn[1]).round(6)) == sign


def test_a_vetoed_societys_excellent_draws_count_for_the_band_they_become(certain_cells, methodology):
    cells = certain_cells(np.full((2, 37), 0.95), is_vetoed=np.array([False, True]))
    bands = ran(cells, methodology, published_plan(methodology)).bands
    assert bands.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]


@pytest.mark.parametrize("numbers", [3_000, 200_000])
def test_blocks_and_threads_change_no_bit(certain_cells, methodology, monkeypatch, numbers):
    cells, _ = one_sampled(certain_cells, methodology)
    plan = joint_plan(methodology, 9)
    whole = ran(cells, methodology, plan)
    monkeypatch.setattr(simulation, "BLOCK_NUMBERS", numbers)
    monkeypatch.setattr(simulation, "_threads", lambda: 3)
    parts = ran(cells, methodology, plan)
    for name in ("composite", "meets_floor", "bands"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_a_society_more_or_less_leaves_the_others_draws(certain_cells, methodology):
    cells, _ = one_sampled(certain_cells, methodology)
    fewer, _ = one_sampled(certain_cells, methodology, n=59)
    plan = data_plan(methodology)
    np.testing.assert_array_equal(
        ran(cells, methodology, plan).composite[:, :59], ran(fewer, methodology, plan).composite
    )


def test_correlations_of_true_rates_are_found_through_the_noise():
    generator = np.random.default_rng(4)
    n, owners = 4_000, np.repeat(["a", "b", "c"], 4)
    general, special = generator.normal(size=(n, 1)), generator.normal(size=(n, 3))
    rate = 0.5 + 0.1 * (
        np.sqrt(0.3) * general + np.sqrt(0.2) * special[:, [0] * 4 + [1] * 4 + [2] * 4]
        + np.sqrt(0.5) * generator.normal(size=(n, 12))
    )  # fmt: skip
    value = rate + 0.15 * generator.normal(size=rate.shape)
    shape = np.ones_like(value)
    figures = Figures(value, 0.15**2 * shape, 0.5 * shape, 0.01 * shape)
    within, between = correlations(figures, owners)
    assert (within, between) == pytest.approx((0.5, 0.3), abs=0.03)
    mean, tries, _ = joint_posterior(figures, owners, np.arange(12), (within, between))
    alone = 0.5 + (value - 0.5) * 0.01 / (0.01 + 0.15**2)
    assert (mean - rate).std() < 0.95 * (alone - rate).std()
    spread = np.sqrt(mean * (1 - mean) / (tries + 1))
    assert ((rate - mean) / spread).std() == pytest.approx(1, abs=0.03)


def test_a_figure_alone_has_the_beta_binomial_posterior():
    # 3 of 4 beside peers at 0.6 worth 10 tries: mean 9/14, and 14 tries
    alone = 9 / 14
    shape = np.ones((1, 1))
    figures = Figures(0.75 * shape, alone * (1 - alone) / 4 * shape, 0.6 * shape, 0.24 / 11 * shape)
    mean, tries, mix = joint_posterior(figures, np.array(["a"]), np.array([0]), (0.5, 0.5))
    assert mean[0, 0] == pytest.approx(alone, abs=0.005)
    assert tries[0, 0] == pytest.approx(14, rel=0.1)
    assert mix[0, 0, 0] == 1
