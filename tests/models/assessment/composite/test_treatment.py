import numpy as np
import pytest
from scipy import stats

from models.assessment.composite import kurtosis, log_shift, skewness, treat, winsorise, within_limits

NA = np.nan


def _column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_skewness_and_kurtosis_by_hand() -> None:
    # 1, 1, 1, 5: mean 2, deviations -1, -1, -1, 3; sums of powers 12, 24, 84.
    x = _column(1.0, 1.0, 1.0, 5.0, NA)
    assert skewness(x)[0] == pytest.approx(2.0)  # sqrt(4)·24/12^1.5·sqrt(12)/2
    assert kurtosis(x)[0] == pytest.approx(4.0)  # (5·(4·84/144 - 3) + 6)·3/2


def test_moments_agree_with_scipy_and_know_no_scale() -> None:
    x = np.random.default_rng(1).lognormal(size=(30, 3))
    np.testing.assert_allclose(skewness(x), stats.skew(x, bias=False), rtol=1e-12)
    np.testing.assert_allclose(kurtosis(x), stats.kurtosis(x, bias=False), rtol=1e-12)
    np.testing.assert_allclose(kurtosis(x * 1e120), kurtosis(x), rtol=1e-9)


@pytest.mark.parametrize("values", [(2.0, 2.0, 2.0, 2.0), (1.0, 2.0), (NA, NA)])
def test_undefined_moments_are_missing_and_do_not_pass(values: tuple[float, ...]) -> None:
    x = _column(*values)
    assert np.isnan(skewness(x)).all() and np.isnan(kurtosis(x)).all()
    assert not within_limits(x).any()


def test_winsorise_takes_one_extreme_at_a_time() -> None:
    base = np.arange(1.0, 41.0)
    up = np.r_[base, 900.0, 1000.0]
    x = np.column_stack([up, -up, np.r_[base, 41.0, 42.0]])
    once, high, _ = winsorise(x, limit=1)
    assert once[-2:, 0].tolist() == [900.0, 900.0] and high[0] == 1
    moved, high, low = winsorise(x)
    assert moved[-2:].tolist() == [[40.0, -40.0, 41.0], [40.0, -40.0, 42.0]]
    assert high.tolist() == [2, 0, 0]
    assert low.tolist() == [0, 2, 0]
    np.testing.assert_array_equal(moved[:-2], x[:-2])
    assert within_limits(moved).all() and not within_limits(once[:, :2]).any()


def test_winsorise_keeps_to_its_limit_and_counts_ties() -> None:
    x = _column(*np.arange(1.0, 41.0), 900.0, 900.0, 1000.0)
    one, high, _ = winsorise(x, limit=1)
    assert one[-1, 0] == 900.0 and high[0] == 1
    two, high, _ = winsorise(x, limit=2)  # the next step would move all three
    assert two[-1, 0] == 900.0 and high[0] == 1
    three, high, _ = winsorise(x, limit=3)
    assert three[-3:, 0].tolist() == [40.0] * 3 and high[0] == 3


def test_winsorise_never_makes_a_constant() -> None:
    x = _column(*([0.0] * 20), 1.0)
    moved, high, low = winsorise(x, limit=None)
    np.testing.assert_array_equal(moved, x)
    assert high[0] == low[0] == 0


def test_log_shift_by_hand() -> None:
    x = np.column_stack([[0.0, 1.0, NA, 100.0], [7.0, 7.0, 7.0, 7.0]])
    expected = np.log([1.0, 2.0, NA, 101.0])  # the offset is 0.01 · 100
    np.testing.assert_allclose(log_shift(x)[:, 0], expected)
    assert log_shift(x)[:, 1].tolist() == [7.0] * 4


def test_treat_logs_the_untreated_column_when_winsorising_is_not_enough() -> None:
    x = _column(*np.exp(np.linspace(0.0, 20.0, 40)), NA)
    done = treat(x, ("a",), winmax=1)
    assert done.logged.tolist() == [True] and done.passes.tolist() == [True]
    assert done.high.tolist() == [0]
    np.testing.assert_allclose(done.values, log_shift(x))
    assert [(issue.code, issue.columns) for issue in done.issues] == [("treat_logged", ("a",))]


def test_treat_tells_what_it_could_not_treat() -> None:
    n = 40
    few = np.full(n, NA)
    few[:3] = [0.0, 0.0, 9.0]
    pair = np.r_[np.zeros(n - 1), 1.0]
    stubborn = np.r_[np.zeros(n - 2), 1.0, 1e9]
    fine, flat = np.arange(float(n)), np.full(n, 3.0)
    x = np.column_stack([few, pair, stubborn, fine, flat])
    done = treat(x, ("few", "pair", "stubborn", "fine", "flat"), winmax=1)
    told = {issue.code: issue.columns for issue in done.issues}
    assert told == {
        "treat_few": ("few",),
        "treat_two_values": ("pair",),
        "treat_logged": ("stubborn",),
        "treat_still_outside": ("stubborn",),
    }
    np.testing.assert_array_equal(done.values[:, [0, 1, 3, 4]], x[:, [0, 1, 3, 4]])
    assert done.passes.tolist() == [True, False, False, True, True]


def test_winmax_0_goes_straight_to_logs() -> None:
    x = _column(*np.arange(1.0, 30.0), 1000.0)
    done = treat(x, ("a",), winmax=0)
    assert done.logged.all() and not done.high.any()
