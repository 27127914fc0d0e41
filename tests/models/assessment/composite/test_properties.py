"""What must hold for any data: invariances of ranks, antisymmetry of duels, the manners of missing values."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.assessment.composite import (
    aggregate,
    copeland,
    coverage,
    impute_group_mean,
    normalise,
    outranking,
    rank_min,
    rank_units,
    treat,
    tree_from_rows,
    weighted_mean,
    winsorise,
)

K = 4
CODES = tuple("abcd")
ROWS = [
    *(
        {"Level": 1, "iCode": c, "Direction": 1, "Weight": 1, "Parent": p, "Type": "Indicator"}
        for c, p in zip(CODES, "PPQQ", strict=True)
    ),
    *(
        {"Level": 2, "iCode": c, "Direction": 1, "Weight": 1, "Parent": "T", "Type": "Aggregate"}
        for c in "PQ"
    ),
    {"Level": 3, "iCode": "T", "Direction": 1, "Weight": 1, "Parent": None, "Type": "Aggregate"},
]
TREE = tree_from_rows(ROWS)
SIGNS = np.ones(K)
repeatable = settings(deadline=None, derandomize=True, max_examples=60)

# Whole numbers of moderate size: ties are frequent and every affine image below is exact or nearly so.
cells = st.integers(-50, 50).map(float)
shapes = st.tuples(st.integers(4, 14), st.just(K))
full = arrays(float, shapes, elements=cells)
holed = arrays(float, shapes, elements=st.one_of(cells, st.just(np.nan)))
weights = arrays(float, K, elements=st.integers(1, 9).map(float))


def _varied(x: np.ndarray) -> np.ndarray:
    """Give each column two different values, so that it can be normalised."""
    x = x.copy()
    x[0], x[1] = -51.0, 51.0
    return x


@repeatable
@given(full, st.integers(1, 1000), st.integers(-1000, 1000))
def test_ranks_do_not_depend_on_the_unit_of_measurement(x: np.ndarray, slope: int, shift: int) -> None:
    x = _varied(x)
    ranks = [
        rank_units(aggregate(normalise(values, SIGNS, CODES)[0], TREE)[:, -1])
        for values in (x, slope * x + shift)
    ]
    np.testing.assert_array_equal(*ranks)


@repeatable
@given(full)
def test_a_reversed_column_with_reversed_direction_scores_the_same(x: np.ndarray) -> None:
    x = _varied(x)
    for method in ("minmax", "zscore", "prank", "borda"):
        plain, _ = normalise(x, SIGNS, CODES, method=method)
        mirrored, _ = normalise(-x, -SIGNS, CODES, method=method)
        np.testing.assert_array_equal(plain, mirrored)


@repeatable
@given(holed, weights, st.sampled_from([0.5, 2.0, 8.0]))
def test_weights_are_relative(x: np.ndarray, w: np.ndarray, factor: float) -> None:
    for method in ("amean", "gmean", "hmean"):
        np.testing.assert_allclose(
            weighted_mean(x + 60, w, method=method),
            weighted_mean(x + 60, factor * w, method=method),
            rtol=1e-12,
        )
    np.testing.assert_array_equal(copeland(x, w), copeland(x, factor * w))


@repeatable
@given(full, weights)
def test_means_are_ordered_and_lie_within_the_values(x: np.ndarray, w: np.ndarray) -> None:
    x = x + 60
    harmonic, geometric, arithmetic = (weighted_mean(x, w, method=m) for m in ("hmean", "gmean", "amean"))
    slack = 1e-9
    assert (x.min(axis=1) <= harmonic + slack).all() and (arithmetic <= x.max(axis=1) + slack).all()
    assert (harmonic <= geometric + slack).all() and (geometric <= arithmetic + slack).all()


@repeatable
@given(holed, weights, st.integers(0, K - 1))
def test_a_missing_value_acts_as_an_absent_indicator(x: np.ndarray, w: np.ndarray, gone: int) -> None:
    blanked = x.copy()
    blanked[:, gone] = np.nan
    rest = np.delete(np.arange(K), gone)
    for method in ("amean", "gmean", "hmean"):
        np.testing.assert_allclose(
            weighted_mean(blanked + 60, w, method=method),
            weighted_mean(x[:, rest] + 60, w[rest], method=method),
            rtol=1e-12,
        )
    np.testing.assert_array_equal(copeland(blanked, w), copeland(x[:, rest], w[rest]))


@repeatable
@given(holed, weights)
def test_duels_are_antisymmetric(x: np.ndarray, w: np.ndarray) -> None:
    share = outranking(x, w)
    np.testing.assert_allclose(share + share.T, np.where(np.isnan(share), np.nan, 1.0), rtol=1e-12)
    scores = copeland(x, w)
    assert np.nansum(scores) == 0
    np.testing.assert_array_equal(copeland(-x, w), -scores)
    won = (share > 0.5 + 1e-9).sum(axis=1) - (share < 0.5 - 1e-9).sum(axis=1)
    np.testing.assert_array_equal(scores[~np.isnan(scores)], won[~np.isnan(scores)])


@repeatable
@given(holed)
def test_missing_stays_missing_and_nothing_else_becomes_it(x: np.ndarray) -> None:
    gaps = np.isnan(x)
    x = _varied(x)
    gaps[:2] = False
    for method in ("minmax", "zscore", "prank", "borda"):
        np.testing.assert_array_equal(np.isnan(normalise(x, SIGNS, CODES, method=method)[0]), gaps)
    np.testing.assert_array_equal(np.isnan(treat(x, CODES).values), gaps)
    np.testing.assert_array_equal(np.isnan(rank_min(x)), gaps)
    assert ((coverage(x) == 1) == ~gaps.any(axis=1)).all()


@repeatable
@given(holed, st.lists(st.sampled_from(["l", "r"]), min_size=14, max_size=14))
def test_imputation_touches_only_gaps_and_stays_within_the_group(x: np.ndarray, labels: list[str]) -> None:
    groups = np.array(labels[: len(x)], dtype=object)
    units = tuple(f"u{number}" for number in range(len(x)))
    imputed, _ = impute_group_mean(x, groups, CODES, units)
    seen = ~np.isnan(x)
    np.testing.assert_array_equal(imputed[seen], x[seen])
    for group in set(groups):
        part, filled = x[groups == group], imputed[groups == group]
        for k in range(K):
            known = part[~np.isnan(part[:, k]), k]
            if known.size:
                assert not np.isnan(filled[:, k]).any()
                assert known.min() - 1e-9 <= filled[:, k].min() and filled[:, k].max() <= known.max() + 1e-9
            else:
                assert np.isnan(filled[:, k]).all()


@repeatable
@given(
    arrays(float, st.tuples(st.integers(4, 40), st.just(3)), elements=st.floats(-1e6, 1e6)), st.integers(0, 6)
)
def test_winsorising_moves_few_points_inwards_and_keeps_the_order(x: np.ndarray, limit: int) -> None:
    moved, high, low = winsorise(x, limit=limit)
    assert ((moved != x).sum(axis=0) <= high + low).all()
    assert (high + low <= limit).all()
    assert (moved.min(axis=0) >= x.min(axis=0)).all() and (moved.max(axis=0) <= x.max(axis=0)).all()
    order = np.argsort(x, axis=0, kind="stable")
    assert (np.diff(np.take_along_axis(moved, order, axis=0), axis=0) >= 0).all()
    varied = x.min(axis=0) < x.max(axis=0)
    assert (moved.min(axis=0) < moved.max(axis=0))[varied].all()


@repeatable
@given(full, weights)
def test_the_order_of_units_does_not_matter(x: np.ndarray, w: np.ndarray) -> None:
    x = _varied(x)
    for method in ("amean", "copeland"):
        scores = aggregate(normalise(x, SIGNS, CODES)[0], TREE, w, method=method)
        turned = aggregate(normalise(x[::-1], SIGNS, CODES)[0], TREE, w, method=method)
        np.testing.assert_allclose(turned[::-1], scores, rtol=1e-12, atol=1e-12)
