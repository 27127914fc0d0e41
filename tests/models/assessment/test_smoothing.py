"""The correlation ratio against known main effects."""

import numpy as np
import pytest

from models.assessment.smoothing import correlation_ratio


@pytest.fixture
def generator():
    return np.random.default_rng(11)


def test_straight_line_with_noise_gives_the_squared_correlation(generator):
    x = generator.normal(size=2_000)
    y = 0.6 * x + 0.8 * generator.normal(size=2_000)
    assert correlation_ratio(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, abs=0.01)


@pytest.mark.parametrize("n", [200, 5_000])
def test_a_curve_without_correlation_is_seen(generator, n):
    x = generator.uniform(-1, 1, n)
    y = x**2 + 0.1 * generator.normal(size=n)
    # V(x²) = 4/45
    assert correlation_ratio(x, y) == pytest.approx((4 / 45) / (4 / 45 + 0.01), abs=0.05)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_noise_gives_about_nothing(generator):
    found = [correlation_ratio(generator.random(100), generator.random(100)) for _ in range(50)]
    assert np.mean(found) < 0.02


def test_three_values_are_the_analysis_of_variance(generator):
    x = generator.integers(0, 3, 500) / 2
    y = np.choose((2 * x).astype(int), [0.0, 2.0, 1.0]) + generator.normal(size=500)
    groups = [y[x == v] for v in (0.0, 0.5, 1.0)]
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / 497
    assert correlation_ratio(x, y) == pytest.approx(1 - within / y.var(ddof=1), abs=1e-6)


def test_main_effect_of_an_additive_model_is_its_share_of_variance(generator):
    x = generator.random((4_000, 3))
    y = x @ np.array([3.0, 2.0, 1.0])
    found = [correlation_ratio(x[:, i], y) for i in range(3)]
    np.testing.assert_allclose(found, np.array([9, 4, 1]) / 14, atol=0.03)


def test_perfect_dependence_is_one_and_scale_free(generator):
    x = generator.random(300)
    assert correlation_ratio(x, 5 * x - 2) == pytest.approx(1, abs=1e-3)
    y = x + generator.normal(size=300)
    assert correlation_ratio(x * 1e6 - 7, y * 1e-6) == pytest.approx(correlation_ratio(x, y), abs=1e-9)


def test_what_has_no_main_effect_says_so():
    assert correlation_ratio(np.full(10, 0.3), np.arange(10.0)) == 0
    assert np.isnan(correlation_ratio(np.arange(10.0), np.full(10, 0.3)))
    assert np.isnan(correlation_ratio(np.arange(2.0), np.arange(2.0)))
    assert 0 <= correlation_ratio(np.arange(3.0), np.array([1.0, 0.0, 2.0])) <= 1
