import numpy as np
import pytest

from models.assessment.composite import (
    CompositeError,
    MetaTree,
    aggregate,
    draw_blocks,
    node_weights,
    weighted_mean,
)

NA = np.nan
X = np.array([[1.0, 4.0], [2.0, NA], [NA, NA]])
W = np.array([3.0, 1.0])


@pytest.mark.parametrize(
    ("method", "first"),
    [("amean", 7 / 4), ("gmean", 4 ** (1 / 4)), ("hmean", 4 / (3 / 1 + 1 / 4))],
)
def test_means_by_hand_a_missing_value_leaves_both_sums(method: str, first: float) -> None:
    np.testing.assert_allclose(weighted_mean(X, W, method=method), [first, 2.0, NA])
    np.testing.assert_allclose(weighted_mean(X, 10 * W, method=method), [first, 2.0, NA])
    np.testing.assert_allclose(weighted_mean(X[:1], W, method=method), [first])


@pytest.mark.parametrize("method", ["amean", "gmean", "hmean"])
def test_draws_give_the_same_as_one_by_one(method: str) -> None:
    rng = np.random.default_rng(2)
    values = rng.uniform(1, 9, (5, 7, 3))
    values[rng.random(values.shape) < 0.2] = NA
    weights = rng.random((5, 3))
    shared = weighted_mean(values[0], weights, method=method)
    own = weighted_mean(values, weights, method=method)
    fixed = weighted_mean(values, weights[0], method=method)
    assert shared.shape == own.shape == fixed.shape == (5, 7)
    for draw in range(5):
        np.testing.assert_allclose(shared[draw], weighted_mean(values[0], weights[draw], method=method))
        np.testing.assert_allclose(own[draw], weighted_mean(values[draw], weights[draw], method=method))
        np.testing.assert_allclose(fixed[draw], weighted_mean(values[draw], weights[0], method=method))


def test_only_weightless_values_are_no_value() -> None:
    assert np.isnan(weighted_mean(np.array([[NA, 5.0]]), np.array([1.0, 0.0]))).all()


@pytest.mark.parametrize("method", ["gmean", "hmean"])
def test_a_mean_that_needs_positive_values_names_the_column(method: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        weighted_mean(np.array([[1.0, 0.0], [1.0, NA]]), W, method=method, codes=("a", "b"))
    assert refusal.value.facts["columns"] == ["b"]


def test_an_unknown_mean_is_refused() -> None:
    with pytest.raises(CompositeError, match="median"):
        weighted_mean(X, W, method="median")


SCORES = np.array([[10.0, 20.0, 30.0], [40.0, NA, NA], [2.0, 2.0, 2.0]])


def test_tree_by_hand(tree: MetaTree) -> None:
    # P = (3a + b)/4, Q = c, T = (P + 2Q)/3
    expected = [[12.5, 30.0, 72.5 / 3], [40.0, NA, 40.0], [2.0, 2.0, 2.0]]
    np.testing.assert_allclose(aggregate(SCORES, tree), expected)


def test_a_method_for_each_level(tree: MetaTree) -> None:
    scores = aggregate(SCORES, tree, method=("amean", "gmean"))
    assert scores[0, -1] == pytest.approx((12.5 * 30.0**2) ** (1 / 3))
    with_duel = aggregate(SCORES, tree, method=("amean", "copeland"))
    # T: x against y on P only (Q of y is missing): loses; against z wins both; y beats z on P.
    assert with_duel[:, -1].tolist() == [0.0, 2.0, -2.0]


@pytest.mark.parametrize("method", ["amean", "gmean", "hmean", "copeland"])
def test_drawn_weights_give_the_same_as_one_by_one(tree: MetaTree, method: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(1, 100, (8, 3))
    values[rng.random(values.shape) < 0.2] = NA
    weights = rng.uniform(0.5, 1.5, (6, 6))
    drawn = aggregate(values, tree, weights, method=method)
    stacked = aggregate(np.broadcast_to(values, (6, 8, 3)), tree, weights, method=method)
    assert drawn.shape == (6, 8, 3)
    for draw in range(6):
        np.testing.assert_allclose(drawn[draw], aggregate(values, tree, weights[draw], method=method))
    np.testing.assert_allclose(stacked, drawn)


def test_indicator_weights_are_completed_with_the_trees(tree: MetaTree) -> None:
    assert node_weights(tree, None) is tree.weight
    full = node_weights(tree, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert full.tolist() == [[1, 2, 3, 1, 2, 1], [4, 5, 6, 1, 2, 1]]


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        (np.ones(4), "data_shape"),
        (np.ones((2, 2, 6)), "data_shape"),
        (np.array([1.0, NA, 1.0]), "meta_weight"),
        (np.array([1.0, -1.0, 1.0]), "meta_weight"),
        (np.array([0.0, 0.0, 1.0]), "meta_weight_sum"),
    ],
)
def test_bad_weights_are_refused(tree: MetaTree, weights: np.ndarray, code: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        aggregate(SCORES, tree, weights)
    assert refusal.value.code == code


@pytest.mark.parametrize("method", ["median", ("amean",), ("amean", "mode")])
def test_bad_methods_are_refused(tree: MetaTree, method: object) -> None:
    with pytest.raises(CompositeError) as refusal:
        aggregate(SCORES, tree, method=method)
    assert refusal.value.code == "option"


def test_values_must_fit_the_tree(tree: MetaTree) -> None:
    with pytest.raises(CompositeError) as refusal:
        aggregate(SCORES[:, :2], tree)
    assert refusal.value.code == "data_shape"


def test_blocks_cover_every_draw_once_within_the_limit() -> None:
    blocks = list(draw_blocks(1000, 25_000, 8, limit_bytes=100_000_000))
    assert [draw for block in blocks for draw in range(1000)[block]] == list(range(1000))
    assert max(block.stop - block.start for block in blocks) * 25_000 * 8 * 8 <= 100_000_000
    assert len(list(draw_blocks(3, 10**9, 1))) == 3
