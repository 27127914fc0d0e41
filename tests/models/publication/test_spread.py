"""The peers' spread is of the whole nation, of groups large enough, and never one society's score."""

import duckdb
import pytest

from models.publication.spread import COLUMNS, NEAREST, SMALLEST_GROUP, spread_frame, sql_for_none


@pytest.fixture
def con():
    """Group A of 21 societies, B of one fewer than a spread needs, C of just enough; scores 1, 2, 3 …"""
    made = duckdb.connect()
    sizes = {"A": 21, "B": SMALLEST_GROUP - 1, "C": SMALLEST_GROUP}
    made.execute("create table societies (society_id varchar, peer_group varchar)")
    made.execute("create table dimensions (society_id varchar, dimension varchar, score double)")
    made.execute("create table indicators (society_id varchar, indicator varchar, score double)")
    for group, n in sizes.items():
        for i in range(1, n + 1):
            name = f"{group}{i}"
            made.execute("insert into societies values (?, ?)", [name, group])
            made.execute("insert into dimensions values (?, 'D1', ?), (?, 'D2', null)", [name, i, name])
            for code in ("1.1", "3.2"):
                made.execute("insert into indicators values (?, ?, ?)", [name, code, i / 100])
    made.execute("insert into societies values ('not filed', null)")
    made.execute("insert into dimensions values ('not filed', 'D1', 99)")
    made.execute(
        "create table indicator_definitions as select unnest(['1.1', '3.2']) as indicator, "
        "unnest([['documents'], ['investigations']]) as families"
    )
    yield made
    made.close()


def of(frame, group, scope="dimension", item="D1"):
    return next(
        one
        for one in frame.iter_rows(named=True)
        if (one["peer_group"], one["scope"], one["item"]) == (group, scope, item)
    )


def test_a_quartile_is_the_mean_of_the_nearest(con):
    found = spread_frame(con)
    assert found.columns == list(COLUMNS)
    # Of 1 … 21 the quartiles are 6, 11 and 16: the middles of five neighbours each.
    assert of(found, "A") == {"peer_group": "A", "scope": "dimension", "item": "D1", "societies_n": 21,
                              "p25": 6.0, "median": 11.0, "p75": 16.0}  # fmt: skip
    assert of(found, "A", "indicator", "1.1")["p75"] == pytest.approx(16.0)
    # Ten are just enough: two halves of five, none of them a single score.
    least = of(found, "C")
    assert (least["p25"], least["p75"]) == (3.0, 8.0) and NEAREST == 5


def test_small_groups_and_cases_have_none(con):
    found = spread_frame(con)
    for row in (of(found, "B"), of(found, "A", item="D2")):
        assert [row[name] for name in ("societies_n", "p25", "median", "p75")] == [None] * 4
    assert "3.2" not in found["item"].to_list()
    assert None not in found["peer_group"].to_list()


def test_no_quartile_moves_by_a_whole_score_when_one_society_does(con):
    before = of(spread_frame(con), "C")
    con.execute("update dimensions set score = 100 where society_id = 'C10'")
    after = of(spread_frame(con), "C")
    assert after["p75"] - before["p75"] == pytest.approx((100 - 10) / NEAREST)


def test_a_snapshot_of_before_has_the_columns_and_no_row(con):
    assert con.sql(sql_for_none()).columns == list(COLUMNS)
    assert con.sql(sql_for_none()).fetchall() == []
