import numpy as np
import pytest

from models.assessment.composite import copeland, outranking
from models.assessment.composite.pairwise import BLOCK_CELLS

NA = np.nan


def _slow(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Copeland by its definition, a pair at a time."""
    scores = np.zeros(len(values))
    for i, mine in enumerate(values):
        for j, other in enumerate(values):
            both = ~np.isnan(mine) & ~np.isnan(other)
            margin = float(weights[both] @ np.sign(mine - other)[both])
            scores[i] += 0 if abs(margin) < 1e-9 or i == j else np.sign(margin)
        if np.isnan(mine).all():
            scores[i] = np.nan
    return scores


def test_by_hand() -> None:
    # x beats y on a and c (3 of 5), y beats z on b and c (3 of 5); z ties x on a and beats it on b (1 + 2).
    values = np.array([[2.0, 1.0, 9.0], [1.0, 5.0, 8.0], [2.0, 3.0, 1.0]])
    weights = np.array([2.0, 2.0, 1.0])
    share = outranking(values, weights)
    expected = [[0.5, 0.6, 0.4], [0.4, 0.5, 0.6], [0.6, 0.4, 0.5]]
    np.testing.assert_allclose(share, expected)
    assert copeland(values, weights).tolist() == [0.0, 0.0, 0.0]  # a cycle: x > y > z > x
    assert copeland(values, np.array([1.0, 2.0, 1.0])).tolist() == [-1.0, 1.0, 0.0]


def test_not_compensated_by_one_great_win() -> None:
    values = np.array([[1000.0, 1.0, 1.0], [0.0, 2.0, 2.0]])
    assert copeland(values, np.ones(3)).tolist() == [-1.0, 1.0]


def test_a_tie_of_weights_is_no_win() -> None:
    values = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert copeland(values, np.array([0.1, 0.2, 0.3])).tolist() == [
        0.0,
        0.0,
    ]  # 0.1 + 0.2 - 0.3 is not 0 in floats


def test_only_shared_indicators_decide() -> None:
    values = np.array([[5.0, NA], [NA, 5.0], [1.0, 9.0], [NA, NA]])
    share = outranking(values, np.ones(2))
    assert np.isnan(share[0, 1]) and np.isnan(share[3]).all()
    assert share[0, 2] == 1.0 and share[1, 2] == 0.0
    np.testing.assert_array_equal(copeland(values, np.ones(2)), [1.0, -1.0, 0.0, NA])


@pytest.mark.parametrize("block", [1, 50, BLOCK_CELLS])
def test_every_shape_and_block_agrees_with_the_definition(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("models.assessment.composite.pairwise.BLOCK_CELLS", block)
    rng = np.random.default_rng(4)
    values = rng.integers(0, 4, (3, 9, 4)).astype(float)
    values[rng.random(values.shape) < 0.2] = NA
    weights = rng.uniform(0.5, 2.0, (3, 4))
    by_draw = copeland(values, weights)
    by_weight = copeland(values[0], weights)
    by_value = copeland(values, weights[0])
    for draw in range(3):
        np.testing.assert_array_equal(by_draw[draw], _slow(values[draw], weights[draw]))
        np.testing.assert_array_equal(by_weight[draw], _slow(values[0], weights[draw]))
        np.testing.assert_array_equal(by_value[draw], _slow(values[draw], weights[0]))
    np.testing.assert_array_equal(copeland(values[0], weights[0]), _slow(values[0], weights[0]))
