"""Confidence sets for ranks: their coverage by simulation, their critical values, and the top places."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from models.assessment.composite.ranking import rank_units
from models.assessment.rank_sets import band_rank_sets, comparison_intervals, normal_errors, rank_sets
from models.assessment.rankings import rank_set_frame
from models.errors import FengqingError


def coverage(truth, errors, *, repetitions, seed, level=0.90, top=3, find=rank_sets):
    """Shares of repetitions in which all true ranks, and all true top units, are within their sets."""
    generator = np.random.default_rng(seed)
    ranks = rank_units(truth)
    drawn = normal_errors(errors, 2_000, seed)
    held = np.empty((repetitions, 3), dtype=bool)
    for n in range(repetitions):
        sets = find(truth + errors * generator.standard_normal(len(truth)), drawn, level=level)
        held[n, 0] = ((sets.low <= ranks) & (ranks <= sets.high)).all()
        held[n, 1] = sets.possible_top(top)[ranks <= top].all()
        held[n, 2] = (ranks[sets.certain_top(top)] <= top).all()
    return held.mean(axis=0)


def test_coverage_of_close_units_is_at_least_the_level():
    generator = np.random.default_rng(1)
    truth, errors = generator.normal(70, 3, 15), generator.uniform(0.5, 2.5, 15)
    assert (coverage(truth, errors, repetitions=300, seed=2) >= 0.90).all()


def test_coverage_is_exact_where_all_units_are_equal():
    # Any pair told apart is wrong here, so that the chance of none is the level itself.
    ranks, possible, _ = coverage(np.full(8, 50.0), np.linspace(1, 3, 8), repetitions=2_000, seed=3)
    assert ranks == pytest.approx(0.90, abs=0.02)
    assert possible >= ranks


def test_two_equal_groups_far_apart_keep_their_coverage():
    # The hard case for step-down: all pairs across are rejected, and those within are all equal.
    truth = np.repeat([90.0, 50.0], 5)
    ranks, _, _ = coverage(truth, np.full(10, 1.0), repetitions=600, seed=4)
    assert ranks >= 0.88


def test_far_apart_units_have_one_rank_and_equal_ones_all():
    drawn = normal_errors(np.ones(4), 500, 1)
    sets = rank_sets(np.array([10.0, 40.0, 20.0, 30.0]), drawn)
    assert sets.rank.tolist() == sets.low.tolist() == sets.high.tolist() == [4, 1, 3, 2]
    assert sets.possible_top(2).tolist() == sets.certain_top(2).tolist() == [False, True, False, True]
    same = rank_sets(np.full(4, 5.0), drawn)
    assert (same.rank == 1).all() and (same.low == 1).all() and (same.high == 4).all()
    assert same.possible_top(1).all() and not same.certain_top(3).any()


def test_critical_value_for_two_units_is_the_normal_one():
    drawn = normal_errors(np.array([1.0, 3.0]), 40_000, 1)
    found = rank_sets(np.array([1.0, 1.1]), drawn, level=0.95)
    assert found.critical == pytest.approx(norm.ppf(0.975), abs=0.03)


def test_bounds_equal_the_pairs_told_apart_one_by_one():
    generator = np.random.default_rng(5)
    estimates = generator.normal(0, 2, 9)
    drawn = generator.multivariate_normal(np.zeros(9), np.eye(9) + 0.5, size=300)
    found = rank_sets(estimates, drawn, level=0.9)
    rejected = slow_step_down(estimates, drawn, 0.9)
    assert found.low.tolist() == [1 + sum(rejected[k, j] for k in range(9)) for j in range(9)]
    assert found.high.tolist() == [9 - sum(rejected[j, k] for k in range(9)) for j in range(9)]
    assert found.steps > 1


def slow_step_down(estimates, drawn, level):
    """Reject “j is not better than k” pair by pair, as the paper writes it: (n, n)."""
    n, errors = len(estimates), drawn - drawn.mean(axis=0)
    pairs = {(j, k) for j in range(n) for k in range(n) if j != k}
    spread = {(j, k): np.std(errors[:, j] - errors[:, k], ddof=1) for j, k in pairs}
    rejected = np.zeros((n, n), dtype=int)
    while True:
        largest = np.max([(errors[:, j] - errors[:, k]) / spread[j, k] for j, k in pairs], axis=0)
        critical = np.sort(largest)[int(np.ceil(level * (len(drawn) + 1))) - 1]
        new = {(j, k) for j, k in pairs if (estimates[j] - estimates[k]) / spread[j, k] > critical}
        if not new:
            return rejected
        pairs -= new
        for pair in new:
            rejected[pair] = 1


def test_step_down_never_tells_fewer_pairs_apart_and_here_more():
    generator = np.random.default_rng(8)
    estimates = np.concatenate([np.arange(6) * 100.0, 600 + np.cumsum(generator.uniform(2.9, 3.4, 6))])
    drawn = normal_errors(np.full(12, 1.0), 2_000, 8)
    found = rank_sets(estimates, drawn)
    first = slow_first_step(estimates, drawn, 0.90)
    assert found.critical < first


def slow_first_step(estimates, drawn, level):
    errors = drawn - drawn.mean(axis=0)
    difference = errors[:, :, None] - errors[:, None, :]
    spread = difference.std(axis=0, ddof=1) + np.eye(len(estimates))
    return np.quantile(np.abs(difference / spread).max(axis=(1, 2)), level)


def test_dependent_draws_tell_more_than_independent_ones():
    # A shock common to all moves no rank.
    generator = np.random.default_rng(6)
    common, own = generator.normal(0, 10, (500, 1)), generator.normal(0, 0.5, (500, 5))
    estimates = np.array([50.0, 55.0, 60.0, 65.0, 70.0])
    assert (rank_sets(estimates, common + own).low == [5, 4, 3, 2, 1]).all()
    apart = rank_sets(estimates, own + generator.normal(0, 10, (500, 5)))
    assert (apart.low == 1).any() and (apart.high - apart.low).max() > 2


def test_units_without_error_are_ranked_for_certain():
    drawn = np.zeros((100, 3))
    sets = rank_sets(np.array([0.1 + 0.2, 0.3, 0.5]), drawn)
    assert sets.rank.tolist() == [2, 2, 1]
    assert sets.low.tolist() == [2, 2, 1] and sets.high.tolist() == [3, 3, 1]
    assert sets.steps == 0


def test_order_of_units_and_shift_of_draws_do_not_matter():
    generator = np.random.default_rng(7)
    estimates, drawn = generator.normal(0, 2, 20), generator.normal(0, 1, (200, 20))
    shuffle = generator.permutation(20)
    plain, moved = rank_sets(estimates, drawn), rank_sets(estimates[shuffle], drawn[:, shuffle] + 1_000)
    np.testing.assert_array_equal(plain.low[shuffle], moved.low)
    np.testing.assert_array_equal(plain.high[shuffle], moved.high)


def test_empty_and_single():
    assert rank_sets(np.empty(0), np.empty((100, 0))).low.size == 0
    alone = rank_sets(np.array([3.0]), np.zeros((100, 1)))
    assert (alone.low[0], alone.high[0]) == (1, 1)


def test_comparison_intervals_of_equal_errors_use_goldsteins_factor():
    # Goldstein and Spiegelhalter: 1.39 standard errors for 5 % where all are equal.
    low, high = comparison_intervals(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0))
    np.testing.assert_allclose((high - low) / 4, norm.ppf(0.975) / np.sqrt(2))
    np.testing.assert_allclose((low + high) / 2, [1, 2, 3])


def test_comparison_intervals_hold_on_average_over_pairs():
    errors = np.array([0.5, 1.0, 4.0, 8.0])
    low, high = comparison_intervals(np.zeros(4), errors, level=0.9)
    factor = (high - low)[0] / 2 / errors[0]
    chances = [
        2 * norm.sf(factor * (errors[i] + errors[j]) / np.hypot(errors[i], errors[j]))
        for i in range(4)
        for j in range(i)
    ]
    assert np.mean(chances) == pytest.approx(0.10, abs=1e-8)


def test_broken_input_is_refused():
    drawn = np.random.default_rng(1).normal(size=(100, 3))
    broken = drawn.copy()
    broken[4, 1] = np.nan
    for make, code in (
        (lambda: rank_sets(np.array([1.0, np.nan, 2.0]), drawn), "RANK_SETS_NOT_FINITE"),
        (lambda: rank_sets(np.arange(3.0), broken), "RANK_SETS_NOT_FINITE"),
        (lambda: rank_sets(np.arange(4.0), drawn), "RANK_SETS_SHAPE"),
        (lambda: rank_sets(np.arange(3.0), drawn[:50]), "RANK_SETS_SHAPE"),
        (lambda: rank_sets(np.arange(3.0), drawn, level=90), "RANK_SETS_SHAPE"),
        (lambda: comparison_intervals(np.arange(3.0), -np.ones(3)), "RANK_SETS_NOT_FINITE"),
        (lambda: comparison_intervals(np.arange(3.0), np.ones(2)), "RANK_SETS_SHAPE"),
    ):
        with pytest.raises(FengqingError) as caught:
            make()
        assert caught.value.code == code


def test_sets_from_bands_hold_their_level_and_are_no_narrower():
    generator = np.random.default_rng(5)
    truth, errors = generator.normal(70, 3, 30), generator.uniform(0.5, 2.5, 30)
    held = coverage(truth, errors, repetitions=200, seed=6, find=band_rank_sets)
    assert all(share >= 0.86 for share in held)
    drawn = normal_errors(errors, 2_000, 1)
    pairs, bands = rank_sets(truth, drawn), band_rank_sets(truth, drawn)
    assert (bands.low <= bands.rank).all() and (bands.rank <= bands.high).all()
    assert (bands.high - bands.low).mean() >= (pairs.high - pairs.low).mean()


def test_sets_from_bands_of_certain_and_tied_units():
    sets = band_rank_sets(np.array([3.0, 1.0, 2.0, 2.0]), np.zeros((100, 4)))
    assert sets.low.tolist() == [1, 4, 2, 2] and sets.high.tolist() == [1, 4, 3, 3]


def test_the_frame_ranks_within_groups_and_names_its_basis(revised):
    generator = np.random.default_rng(1)
    point = np.r_[generator.normal(70, 5, 40), np.nan]
    drawn = point + generator.normal(0, 1.5, (500, 41))
    ids = pl.Series([f"S{i:02d}" for i in range(41)])
    groups = pl.Series(["a"] * 30 + ["b"] * 11)
    rules = revised().uncertainty
    small = rules.model_copy(
        update={"rank_sets": rules.rank_sets.model_copy(update={"pairwise_maximum": 20})}
    )
    frame = rank_set_frame(ids, groups, point, drawn, revised(uncertainty=small.__dict__))
    assert len(frame) == 40
    assert dict(frame.group_by("peer_group").agg(pl.col("basis").first()).iter_rows()) == {
        "a": "bands", "b": "pairwise",
    }  # fmt: skip
    assert (frame["top_n"] == frame["peer_group"].replace_strict({"a": 2, "b": 1})).all()
    assert frame.filter(pl.col("low") <= pl.col("top_n"))["may_be_top"].all()
    assert frame.filter("is_surely_top")["may_be_top"].all()
