"""The fitted beta-binomial prior against scipy's likelihood and hand values."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize
from scipy.stats import beta, betabinom

from models.assessment.methodology.indicator import FittedPrior, Shrinkage
from models.assessment.shrinkage import Prior, fit_prior, fit_priors, moment_prior, shrink
from models.errors import FengqingError

HEAVIEST = 200.0
RULE = Shrinkage(
    status="本项目建议值",
    source="",
    threshold=20,
    prior_weight=10.0,
    fitted=FittedPrior(minimum=20, lightest=1.0, heaviest=HEAVIEST),
    interval=0.9,
)


def drawn(n, mean, weight, seed, most=40):
    """Counts of n societies whose rates come from the beta of that mean and weight."""
    generator = np.random.default_rng(seed)
    tries = generator.integers(3, most, n).astype(float)
    rates = generator.beta(mean * weight, (1 - mean) * weight, n)
    return generator.binomial(tries.astype(int), rates).astype(float), tries


@pytest.mark.parametrize(("mean", "weight"), [(0.7, 5.0), (0.2, 12.0), (0.9, 30.0)])
def test_mean_is_the_likeliest_and_weight_the_posteriors_by_scipys_likelihood(mean, weight):
    successes, tries = drawn(60, mean, weight, seed=1)
    found = fit_prior(successes, tries, RULE)

    def loss(at):
        return -betabinom.logpmf(successes, tries, at[0] * at[1], (1 - at[0]) * at[1]).sum()

    best = minimize(loss, [0.5, 8.0], method="Nelder-Mead", bounds=[(0.01, 0.99), (1, 200)],
                    options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5000})  # fmt: skip
    assert found.source == "fitted" and found.societies == 60 and not found.is_held
    assert found.mean == pytest.approx(best.x[0], abs=1e-4)
    related = np.linspace(1 / (1 + HEAVIEST), 0.5, 2_001)
    chance = np.exp([best.fun - loss([best.x[0], 1 / one - 1]) for one in related])
    assert found.weight == pytest.approx(chance.sum() / (chance @ related) - 1, rel=2e-3)
    # Many tries tell the weight: it is near the likeliest.
    assert found.weight == pytest.approx(best.x[1], rel=0.25)


def test_a_few_tries_each_make_no_sure_prior():
    """The likeliest weight of 40 societies with one or two tries is often at an end; that is chance."""
    for seed in range(20):
        successes, tries = drawn(40, 0.85, 3.0, seed, most=4)
        tries = np.minimum(tries - 2, 2.0)
        found = fit_prior(np.minimum(successes, tries), tries, RULE)
        assert found.source == "fixed" or 1.2 < found.weight < 30


def test_truth_is_recovered_from_many_societies():
    found = fit_prior(*drawn(5_000, 0.7, 8.0, seed=2), RULE)
    assert found.mean == pytest.approx(0.7, abs=0.01)
    assert found.weight == pytest.approx(8.0, rel=0.08)


def test_moments_by_hand():
    # 2/4, 4/4, 0/4: mean ½, spread 4(0 + ¼ + ¼) = 2, m(1-m) = ¼; ρ = (2 - ½) / (¼·(8 - 2)) = 1 → weight 0
    assert moment_prior(np.array([2.0, 4, 0]), np.array([4.0, 4, 4])) == pytest.approx((0.5, 0.0))
    # 2/4, 3/4, 1/4: spread 4(1/16 + 1/16) = ½ = ¼·2: no more than binomial
    assert moment_prior(np.array([2.0, 3, 1]), np.array([4.0, 4, 4])) == (0.5, np.inf)
    # 5/10, 8/10, 2/10: spread 1.8, reach 20; ρ = (1.8 - 0.5) / (¼·18) = 0.2889 → weight 2.4615
    mean, weight = moment_prior(np.array([5.0, 8, 2]), np.full(3, 10.0))
    assert (mean, weight) == pytest.approx((0.5, 4.5 / 1.3 - 1))


def test_rates_alike_are_held_at_the_heaviest_weight():
    tries = np.full(40, 20.0)
    found = fit_prior(np.tile([9.0, 10.0, 11.0, 10.0], 10), tries, RULE)
    assert HEAVIEST / 2 < found.weight < HEAVIEST and found.is_held
    assert found.mean == pytest.approx(0.5, abs=1e-6)


def test_rates_at_both_ends_are_held_at_the_lightest():
    found = fit_prior(np.tile([0.0, 20.0], 20), np.full(40, 20.0), RULE)
    assert found.weight == pytest.approx(1.0, abs=0.05) and found.is_held


def test_fewer_societies_than_the_minimum_take_the_fixed_prior():
    successes, tries = drawn(19, 0.7, 5.0, seed=3)
    found = fit_prior(successes, tries, RULE)
    assert found == Prior(successes.sum() / tries.sum(), 10.0, "fixed", 19)
    assert fit_prior(*drawn(20, 0.7, 5.0, seed=3), RULE).source == "fitted"


def test_societies_without_tries_do_not_count():
    successes, tries = drawn(19, 0.7, 5.0, seed=3)
    found = fit_prior(np.append(successes, [0.0, 0.0]), np.append(tries, [0.0, 0.0]), RULE)
    assert found.source == "fixed" and found.societies == 19


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_group_wholly_at_an_end_keeps_a_prior_with_spread(rate):
    tries = np.full(30, 6.0)
    found = fit_prior(rate * tries, tries, RULE)
    assert found.source == "fixed" and 0 < found.mean < 1
    assert found.mean == pytest.approx(0.5 / 181 if rate == 0 else 1 - 0.5 / 181)


def test_single_tries_tell_no_spread():
    successes = np.tile([0.0, 1.0], 20)
    assert fit_prior(successes, np.ones(40), RULE).source == "fixed"


def test_nobody_gives_the_even_prior():
    assert fit_prior(np.empty(0), np.empty(0), RULE) == Prior(0.5, 10.0, "fixed", 0)


def test_half_counts_are_taken():
    successes, tries = drawn(50, 0.6, 6.0, seed=5)
    whole, half = fit_prior(successes, tries, RULE), fit_prior(successes / 2, tries, RULE)
    assert half.source == "fitted"
    assert half.mean == pytest.approx(whole.mean / 2, abs=0.05)


def test_shrunk_rate_and_interval_are_the_posteriors():
    priors = np.full(2, 0.6), np.full(2, 10.0)
    mean, low, high = shrink(np.array([1.0, 0.0]), np.array([2.0, 0.0]), *priors, 0.9)
    np.testing.assert_allclose(mean, [7 / 12, 0.6])
    np.testing.assert_allclose(low, beta.ppf(0.05, [7, 6], [5, 4]))
    np.testing.assert_allclose(high, beta.ppf(0.95, [7, 6], [5, 4]))


def test_fitted_intervals_hold_the_truth_at_their_rate():
    generator = np.random.default_rng(7)
    tries = generator.integers(1, 20, 4_000).astype(float)
    rates = generator.beta(4.2, 1.8, 4_000)
    successes = generator.binomial(tries.astype(int), rates).astype(float)
    prior = fit_prior(successes, tries, RULE)
    _, low, high = shrink(successes, tries, np.full(4_000, prior.mean), np.full(4_000, prior.weight), 0.9)
    assert ((low <= rates) & (rates <= high)).mean() == pytest.approx(0.90, abs=0.015)


def test_frame_has_one_prior_a_group_and_indicator():
    successes, tries = drawn(30, 0.7, 5.0, seed=8)
    counts = pl.DataFrame(
        {
            "peer_group": ["a"] * 30 + ["b"] * 2 + [None],
            "indicator": ["2.4"] * 33,
            "numerator": [*successes, 9.0, None, 1.0],
            "denominator": [*tries, 8.0, None, 2.0],
        }
    )
    found = fit_priors(counts, RULE)
    alone = fit_prior(successes, tries, RULE)
    assert found["peer_group"].to_list() == ["a", "b"]
    assert found.row(0)[2:] == (alone.mean, alone.weight, "fitted", 30, False)
    # one society is too few: the prior of both groups together
    both = fit_prior(np.append(successes, 8.0), np.append(tries, 8.0), RULE)
    assert found.row(1)[2:] == (both.mean, both.weight, "pooled", 31, False)
    alone = fit_priors(counts.filter(pl.col("peer_group") == "b"), RULE)
    assert alone.row(0)[2:] == (1 - 0.5 / 9, 10.0, "fixed", 1, False)
    assert fit_priors(counts.clear(), RULE).is_empty()


@pytest.mark.parametrize(("successes", "tries"), [(3.0, 2.0), (-1.0, 2.0), (np.nan, 2.0), (1.0, np.inf)])
def test_impossible_counts_are_refused(successes, tries):
    for call in (
        lambda k, n: fit_prior(k, n, RULE),
        lambda k, n: shrink(k, n, np.full(2, 0.5), np.full(2, 10.0), 0.9),
    ):
        with pytest.raises(FengqingError) as caught:
            call(np.array([1.0, successes]), np.array([1.0, tries]))
        assert caught.value.code == "COUNTS_REFUSED"
