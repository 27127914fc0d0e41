"""Sobol' indices against the Ishigami function's known ones, and outputs that must be refused."""

import numpy as np
import pytest

from models.assessment.sensitivity import design, mean_rank_shift, set_distance, sobol_indices
from models.errors import FengqingError

FIRST = np.array([0.3139, 0.4424, 0.0])
TOTAL = np.array([0.5576, 0.4424, 0.2437])


def ishigami(points):
    """Ishigami and Homma (1990), a = 7, b = 0.1."""
    x = (2 * points - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


@pytest.fixture(scope="module")
def plan():
    return design(("x1", "x2", "x3"), base=1024, seed=20230090)


@pytest.mark.parametrize("shift", [0.0, 1_000.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ishigami_is_within_the_stated_intervals(seed, shift):
    plan = design(("x1", "x2", "x3"), base=1024, seed=seed)
    found = sobol_indices(plan, ishigami(plan.points) + shift, seed=7)
    assert ((found.first_low[:, 0] <= FIRST) & (found.first_high[:, 0] >= FIRST)).all()
    assert ((found.total_low[:, 0] <= TOTAL) & (found.total_high[:, 0] >= TOTAL)).all()
    assert (found.first_high - found.first_low).max() < 0.2
    np.testing.assert_allclose(found.first[:, 0], FIRST, atol=0.03)
    np.testing.assert_allclose(found.total[:, 0], TOTAL, atol=0.03)


@pytest.mark.parametrize("scale", [1.0, -3.0, 1e-6])
def test_a_shift_or_scale_changes_nothing(plan, scale):
    y = ishigami(plan.points)
    plain, moved = sobol_indices(plan, y, seed=7), sobol_indices(plan, scale * y + 1_000, seed=7)
    for name in ("first", "first_low", "first_high", "total", "total_low", "total_high"):
        np.testing.assert_allclose(getattr(moved, name), getattr(plain, name), atol=1e-6)


def test_additive_output_has_equal_first_and_total(plan):
    y = plan.points @ np.array([3.0, 2.0, 1.0])
    found = sobol_indices(plan, y, seed=1)
    np.testing.assert_allclose(found.first[:, 0], np.array([9, 4, 1]) / 14, atol=5e-3)
    np.testing.assert_allclose(found.total[:, 0], np.array([9, 4, 1]) / 14, atol=5e-3)


def test_estimators_and_bootstrap_are_the_papers_formulas(plan):
    y = ishigami(plan.points).reshape(plan.base, 5)
    a, mixed, b = y[:, 0], y[:, 1:4], y[:, 4]
    both = np.concatenate([a, b])
    found = sobol_indices(plan, y.ravel(), seed=4, resamples=50)
    for i in range(3):
        first = np.mean((b - both.mean()) * (mixed[:, i] - a)) / both.var()
        total = np.mean((a - mixed[:, i]) ** 2) / 2 / both.var()
        assert found.first[i, 0] == pytest.approx(first, abs=1e-12)
        assert found.total[i, 0] == pytest.approx(total, abs=1e-12)
    # the resamples drawn anew, one by one
    counts = np.random.Generator(np.random.PCG64(4)).multinomial(1024, np.full(1024, 1 / 1024), size=50)
    totals = []
    for row in counts:
        take = np.repeat(np.arange(1024), row)
        pooled = np.concatenate([a[take], b[take]])
        totals.append(np.mean((a[take] - mixed[take, 0]) ** 2) / 2 / pooled.var())
    assert found.total_low[0, 0] == pytest.approx(np.quantile(totals, 0.025), abs=1e-12)
    assert found.total_high[0, 0] == pytest.approx(np.quantile(totals, 0.975), abs=1e-12)


def test_several_outputs_are_each_as_alone_and_named(plan):
    y = np.stack([ishigami(plan.points), plan.points[:, 2]], axis=1)
    found = sobol_indices(plan, y, seed=7, names=("shift", "set"))
    for n in range(2):
        np.testing.assert_allclose(found.first[:, n], sobol_indices(plan, y[:, n], seed=7).first[:, 0])
    frame = found.frame()
    assert frame.columns[:2] == ["output", "input"] and frame.height == 6
    last = frame.row(5, named=True)
    assert (last["output"], last["input"]) == ("set", "x3")
    assert last["first"] == found.first[2, 1] and last["total_high"] == found.total_high[2, 1]


def test_same_seed_same_points_and_layout():
    one, two = design(("a", "b"), base=8, seed=3), design(("a", "b"), base=8, seed=3)
    np.testing.assert_array_equal(one.points, two.points)
    assert not np.array_equal(one.points, design(("a", "b"), base=8, seed=4).points)
    blocks = one.points.reshape(8, 4, 2)
    np.testing.assert_array_equal(blocks[:, 1], np.stack([blocks[:, 3, 0], blocks[:, 0, 1]], axis=1))
    np.testing.assert_array_equal(blocks[:, 2], np.stack([blocks[:, 0, 0], blocks[:, 3, 1]], axis=1))


def test_pick_gives_every_option_its_share(plan):
    chosen = plan.pick("x2", 3)
    assert set(chosen.tolist()) == {0, 1, 2}
    assert np.bincount(chosen) / len(chosen) == pytest.approx([1 / 3] * 3, abs=0.01)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_broken_value_is_an_error_that_names_it(plan, value):
    y = np.stack([ishigami(plan.points), ishigami(plan.points)], axis=1)
    y[17, 1] = value
    with pytest.raises(FengqingError) as caught:
        sobol_indices(plan, y, seed=1, names=("mean", "rank of X"))
    assert caught.value.code == "SENSITIVITY_NOT_FINITE"
    assert "rank of X" in caught.value.zh and "17" in caught.value.en


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_constant_output_is_refused(plan, value):
    with pytest.raises(FengqingError) as caught:
        sobol_indices(plan, np.full(len(plan.points), value), seed=1)
    assert caught.value.code == "SENSITIVITY_CONSTANT"


def test_wrong_shapes_bases_and_names_are_refused(plan):
    for make, code in (
        (lambda: sobol_indices(plan, np.zeros(7), seed=1), "SENSITIVITY_SHAPE"),
        (lambda: sobol_indices(plan, np.zeros((5120, 2)), seed=1, names=("one",)), "SENSITIVITY_SHAPE"),
        (lambda: design(("a",), base=1000, seed=1), "SENSITIVITY_BASE"),
        (lambda: design(("a", "a"), base=8, seed=1), "SENSITIVITY_INPUTS"),
        (lambda: design((), base=8, seed=1), "SENSITIVITY_INPUTS"),
    ):
        with pytest.raises(FengqingError) as caught:
            make()
        assert caught.value.code == code


def test_mean_rank_shift_leaves_the_unranked_out():
    nominal = np.array([1.0, 2.0, np.nan, 3.0])
    ranks = np.array([[1.0, 2.0, np.nan, 3.0], [3.0, 1.0, np.nan, 2.0]])
    np.testing.assert_allclose(mean_rank_shift(ranks, nominal), [0, 4 / 3])
    with pytest.raises(FengqingError):
        mean_rank_shift(np.array([[1.0, 2.0, 3.0, 4.0]]), nominal)


def test_set_distance_is_jaccards():
    nominal = np.array([True, True, False, False])
    drawn = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)
    np.testing.assert_allclose(set_distance(drawn, nominal), [0, 2 / 3, 1, 1])
    np.testing.assert_allclose(set_distance(drawn[3:], drawn[3]), [0])
