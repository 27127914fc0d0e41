from dataclasses import replace

import numpy as np
import pytest

from models.assessment.composite import (
    BuildOptions,
    CompositeData,
    CompositeError,
    MetaTree,
    build,
    score_draws,
)

OPTIONS = (
    BuildOptions(winmax=1, scale=(1, 100), aggregate="gmean"),
    BuildOptions(treat=False, normalise="borda", aggregate="copeland"),
    BuildOptions(winmax=1, normalise="zscore"),
)


@pytest.fixture
def field(tree: MetaTree) -> CompositeData:
    values = np.random.default_rng(5).lognormal(0, 2, size=(20, 3))
    return CompositeData(tuple(f"u{number}" for number in range(20)), values, tree)


def test_each_draw_is_the_build_with_its_option_and_weights(field: CompositeData) -> None:
    rng = np.random.default_rng(6)
    choice = rng.integers(0, len(OPTIONS), 12)
    weights = rng.uniform(0.75, 1.25, (12, 6))
    scores = score_draws(field.values, field.tree, OPTIONS, choice, weights)
    assert scores.shape == (12, 20)
    for draw in range(12):
        tree = replace(field.tree, weight=weights[draw])
        alone = build(CompositeData(field.units, field.values, tree), OPTIONS[choice[draw]])
        np.testing.assert_allclose(scores[draw], alone.aggregated[:, -1], rtol=1e-12)


def test_without_weights_the_trees_are_used(field: CompositeData) -> None:
    scores = score_draws(field.values, field.tree, OPTIONS, np.array([2, 2]))
    np.testing.assert_allclose(scores[0], build(field, OPTIONS[2]).aggregated[:, -1], rtol=1e-12)
    np.testing.assert_array_equal(scores[0], scores[1])


def test_choices_and_weights_must_fit(field: CompositeData) -> None:
    for choice, weights in ((np.array([3]), None), (np.array([-1]), None), (np.array([0]), np.ones((2, 6)))):
        with pytest.raises(CompositeError) as refusal:
            score_draws(field.values, field.tree, OPTIONS, choice, weights)
        assert refusal.value.code == "data_shape"
