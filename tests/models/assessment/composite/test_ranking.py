import numpy as np

from models.assessment.composite import rank_min, rank_units

NA = np.nan


def test_equal_values_share_the_least_rank_and_missing_has_none() -> None:
    x = np.array([[3.0, 1.0, 3.0, NA, 2.0], [5.0, 5.0, 5.0, 5.0, 4.0]])
    np.testing.assert_array_equal(rank_min(x), [[3, 1, 3, NA, 2], [2, 2, 2, 2, 1]])
    np.testing.assert_array_equal(rank_min(x, descending=True), [[1, 4, 1, NA, 3], [1, 1, 1, 1, 5]])


def test_rounding_of_a_sum_does_not_decide_a_place() -> None:
    noisy = np.array([0.1 + 0.2, 0.3, 0.29])
    assert rank_units(noisy).tolist() == [1, 1, 3]
    assert rank_min(noisy, descending=True).tolist() == [1, 2, 3]


def test_all_missing_and_all_zero() -> None:
    np.testing.assert_array_equal(rank_units(np.array([[NA, NA], [0.0, 0.0]])), [[NA, NA], [1, 1]])
