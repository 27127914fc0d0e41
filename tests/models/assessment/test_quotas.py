"""Places for exemplars, worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.assessment.quotas import Pool, class_quotas, places, reserved, select, select_draws


def pool(classes="", small="", capped="", n=None, *, small_share=0.2, capped_share=0.4) -> Pool:
    """One letter a society: its class; s in `small`, c in `capped` mark it. Ties go to the earlier."""
    n = n or len(classes)
    names = sorted(set(classes)) or ["A"]
    return Pool(
        classes=names,
        class_of=np.array([names.index(c) for c in classes] or [0] * n),
        is_small=np.array([c == "s" for c in small.ljust(n, ".")]),
        is_capped=np.array([c == "c" for c in capped.ljust(n, ".")]),
        keys=np.zeros((3, n)),
        order=np.arange(n),
        small_share=small_share,
        capped_share=capped_share,
    )


def chosen(score, the_pool, total, eligible=None):
    eligible = np.ones(len(score), dtype=bool) if eligible is None else np.array(eligible)
    return select(np.array(score, dtype=float), eligible, the_pool, total)


@pytest.mark.parametrize(
    ("rated", "expected"), [(0, 10), (100, 10), (125, 10), (137, 10), (138, 11), (4000, 320)]
)
def test_places_are_8_percent_rounded_down_at_least_10(methodology, rated, expected):
    assert places(rated, methodology) == expected


@pytest.mark.parametrize(
    ("eligible", "total", "expected"),
    [
        ((16, 4, 1), 7, (4, 2, 1)),  # roots 4, 2, 1 divide 7 exactly
        ((9, 4), 6, (4, 2)),  # 3.6 and 2.4: the largest remainder takes the last place
        ((9, 9), 3, (2, 1)),  # equal remainders: the class that comes first
        ((4, 1, 1), 10, (4, 1, 1)),  # nobody gets more than it has
        ((100, 1), 50, (49, 1)),  # 45.5 and 4.5: what the small one cannot use goes to the large one
        ((25, 0, 4), 7, (5, 0, 2)),
        ((0, 0), 5, (0, 0)),
    ],
)
def test_class_quotas_by_root(eligible, total, expected):
    assert class_quotas(np.array([eligible]), total).tolist() == [list(expected)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 80))
def test_quotas_use_every_place_that_can_be_used(eligible, total):
    quota = class_quotas(np.array([eligible]), total)[0]
    assert (quota >= 0).all() and (quota <= eligible).all()
    assert quota.sum() == min(total, sum(eligible))


def test_a_kept_place_that_no_small_society_can_take_stays_empty():
    # A: 4 eligible, B: 1; three places are 2 and 1, and one of the three is kept for small societies
    found = chosen([99, 98, 97, 96, 80], pool("AAAAB"), 3)
    assert found.quota.tolist() == [2, 1] and found.small_places == 1
    assert found.why.tolist() == ["SELECTED", "SELECTED", "QUOTA_CLASS", "QUOTA_CLASS", "QUOTA_SMALL"]


def test_the_best_of_each_class_are_taken():
    found = chosen([99, 98, 97, 96, 80], pool("AAAAB", small_share=0), 3)
    assert found.selected.tolist() == [True, True, False, False, True]
    assert found.class_rank.tolist() == [1, 2, 3, 4, 1]
    assert found.place.tolist() == [1, 2, 3, 4, 5]


def test_small_societies_get_their_share():
    # ten places, two kept: the two best small ones come in over better large ones
    score = [*range(99, 87, -1), 50, 40, 30]
    found = chosen(score, pool("A" * 15, small="." * 12 + "sss"), 10)
    assert found.selected.tolist() == [True] * 8 + [False] * 4 + [True, True, False]
    # the 9th and 10th of ten places gave way to the kept ones; the 11th and 12th had no place to lose
    why = ["QUOTA_SMALL", "QUOTA_SMALL", "QUOTA_CLASS", "QUOTA_CLASS", "SELECTED", "SELECTED", "QUOTA_CLASS"]
    assert found.why.tolist()[8:] == why


def test_small_societies_may_win_more_than_their_share():
    found = chosen([99, 98, 97, 96], pool("AAAA", small="sss."), 3)
    assert found.selected.tolist() == [True, True, True, False]


def test_national_societies_are_capped():
    # five places, at most two national; the others take the rest
    found = chosen([99, 98, 97, 96, 95, 94, 93], pool("A" * 7, small="." * 6 + "s", capped="ccccc"), 5)
    assert found.selected.tolist() == [True, True, False, False, False, True, True]
    assert found.why.tolist()[2:5] == ["QUOTA_LEVEL"] * 3
    assert found.capped_places == 2


def test_shares_are_rounded_for_the_protected():
    assert reserved(pool("A"), 11) == (3, 4)
    assert reserved(pool("A"), 10) == (2, 4)


def test_the_ineligible_take_no_place_and_have_no_reason():
    found = chosen([99, 98], pool("AA", small_share=0), 1, eligible=[False, True])
    assert found.selected.tolist() == [False, True]
    assert found.why[0] == "" and found.class_rank.tolist() == [0, 1]


def test_equal_scores_are_decided_by_the_tie_order():
    tied = pool("AAA", small_share=0)
    assert chosen([90, 90, 90], tied, 1).selected.tolist() == [True, False, False]
    turned = Pool(**{**vars(tied), "order": np.array([2, 1, 0])})
    assert chosen([90, 90, 90], turned, 1).selected.tolist() == [False, False, True]


def test_nobody_eligible():
    assert not chosen([1, 2], pool("AB"), 5, eligible=[False, False]).selected.any()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), total=st.integers(1, 12))
def test_draws_select_as_one_by_one_and_keep_every_limit(seed, total):
    generator = np.random.default_rng(seed)
    draws, n = 6, 20
    score = generator.integers(0, 15, (draws, n)).astype(float)
    eligible = generator.random((draws, n)) < 0.7
    the_pool = pool(
        "".join(generator.choice(list("ABC"), n)),
        small="".join(generator.choice(list(".s"), n)),
        capped="".join(generator.choice(list(".c"), n)),
    )
    together = select_draws(score, eligible, the_pool, total)
    kept, cap = reserved(the_pool, total)
    for d in range(draws):
        alone = select(score[d], eligible[d], the_pool, total)
        np.testing.assert_array_equal(alone.selected, together[d])
        taken = alone.selected
        assert not (taken & ~eligible[d]).any()
        per_class = np.bincount(the_pool.class_of[taken], minlength=len(alone.quota))
        assert (per_class <= alone.quota).all()
        assert (taken & the_pool.is_capped).sum() <= cap
        assert (taken & ~the_pool.is_small).sum() <= total - kept
        reasons = alone.why[eligible[d] & ~taken]
        assert set(reasons) <= {"QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL"}
