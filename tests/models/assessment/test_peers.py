"""Peer groups: sizes at their edges, merging upward by hand, and that groups always partition."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from models.assessment.peers import assign_peers, merge_small, size_classes


def test_size_classes_at_their_edges(methodology):
    members = pl.DataFrame({"n": [0, 999, 1000, 9999, 10_000, 50_000, 50_001, None]})
    found = members.select(size_classes(pl.col("n"), methodology.peer_groups)).to_series().to_list()
    assert found == ["micro", "micro", "small", "small", "medium", "medium", "large", None]


def test_large_groups_stay():
    cells = {"city/small/cases": 20, "city/small/no_cases": 20}
    assert merge_small(cells, 3, 20) == {c: c for c in cells}


def test_small_group_first_drops_cases():
    cells = {"city/small/cases": 19, "city/small/no_cases": 100, "city/micro/no_cases": 50}
    assert merge_small(cells, 3, 20) == {
        "city/small/cases": "city/small",
        "city/small/no_cases": "city/small",
        "city/micro/no_cases": "city/micro/no_cases",
    }


def test_then_size_taking_in_the_smallest_sibling():
    cells = {"city/large/no_cases": 5, "city/medium/no_cases": 30, "city/micro/no_cases": 90}
    assert merge_small(cells, 3, 20) == {
        "city/large/no_cases": "city/rest",
        "city/medium/no_cases": "city/rest",
        "city/micro/no_cases": "city/micro/no_cases",
    }


def test_small_siblings_pool_before_a_large_one_is_touched():
    cells = {"city/large/no_cases": 8, "city/medium/no_cases": 12, "city/micro/no_cases": 90}
    found = merge_small(cells, 3, 20)
    assert found["city/large/no_cases"] == found["city/medium/no_cases"] == "city/rest"
    assert found["city/micro/no_cases"] == "city/micro/no_cases"


def test_then_level():
    cells = {"national/large/cases": 7, "city/micro/no_cases": 90, "county/micro/no_cases": 40}
    found = merge_small(cells, 3, 20)
    assert found["national/large/cases"] == found["county/micro/no_cases"] == "all/rest"
    assert found["city/micro/no_cases"] == "city/micro/no_cases"


def test_fewer_than_the_minimum_in_all_is_one_group():
    assert set(merge_small({"a/b/c": 3, "d/e/f": 4}, 3, 20).values()) == {"all"}


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("pqrs"), st.sampled_from("wxyz"), st.sampled_from("01")).map("/".join),
        st.integers(1, 60),
        min_size=1,
    )
)
def test_groups_partition_and_reach_the_minimum(cells):
    group_of = merge_small(cells, 3, 20)
    assert set(group_of) == set(cells)
    sizes: dict[str, int] = {}
    for cell, group in group_of.items():
        sizes[group] = sizes.get(group, 0) + cells[cell]
    assert min(sizes.values()) >= 20 or set(sizes) == {"all"}
    assert merge_small(dict(reversed(cells.items())), 3, 20) == group_of


def test_societies_that_did_not_file_have_no_peers(methodology, society_frame):
    given = {f"S{n:02d}": {"filed": n != 0, "peer_group": None} for n in range(26)}
    found = assign_peers(society_frame(given).drop("peer_group"), methodology.peer_groups)
    assert found.row(0, named=True)["peer_group"] is None and found["peer_n"][0] == 0
    assert set(found["peer_group"][1:]) == {"city/medium/no_cases"} and set(found["peer_n"][1:]) == {25}


def test_unknown_size_is_its_own_code(methodology, society_frame):
    given = {f"S{n:02d}": {"size_class": None} for n in range(20)}
    found = assign_peers(society_frame(given).drop("peer_group"), methodology.peer_groups)
    assert set(found["peer_group"]) == {"city/unknown/no_cases"}
