"""What two runs together tell of a withheld count of cases: nothing that one of them withholds.

The attacker has sessions without cases on both: two years, or one year before and after a late case.
"""

import duckdb
import pytest

from models.publication import coarse, masks
from models.publication.cases import sql_for_sums

HERE = coarse.Place("s", "own")


@pytest.fixture
def con():
    found = duckdb.connect()
    found.execute("create schema s; create schema own")
    yield found
    found.close()


def sums(con, counts):
    """cases_n, met_n of the nation's sum as shown: `counts` of societies with a small count, 40 of others."""
    con.execute("create or replace table s.societies (society_id varchar, level varchar, cast_class varchar)")
    con.execute(
        "create or replace table s.indicators (society_id varchar, indicator varchar, denominator double, "
        "numerator_raw double)"
    )
    con.execute("create or replace table own.cells (society_id varchar, indicator varchar, is_whole boolean)")
    for n, count in enumerate(counts):
        con.execute("insert into s.societies values ($1, 'city', 'A')", [f"x{n}"])
        con.execute("insert into s.indicators values ($1, '3.3', $2, $2)", [f"x{n}", count])
        con.execute("insert into own.cells values ($1, '3.3', true)", [f"x{n}"])
    total = sum(counts) + 40
    con.execute(
        "create or replace table s.case_summary as select 'all' as grouping, 'all' as code, "
        f"'3.3' as indicator, {total}::double as met_n, 0::double as missed_n, {total}::double as cases_n"
    )
    return con.sql(f"select cases_n, met_n from ({sql_for_sums(HERE)})").fetchone()


@pytest.mark.parametrize("others", [[4] * 6, [3] * 9, [2] * 12])
def test_sums_before_and_after_a_late_case_do_not_differ_by_it(con, others):
    """A society without cases in the first run has 1, 2, 3 or 4 in the second: no two can be told apart.

    Its own count is then withheld; both sums are shown. The exact sums differed by the count.
    """
    before = sums(con, others)[0]
    assert before is not None
    after = {count: sums(con, [*others, count])[0] for count in (1, 2, 3, 4)}
    # A step may fall between two counts; every step still holds one that could be another, and none is exact.
    differences = {count: told - before for count, told in after.items()}
    assert set(differences.values()) <= {0, 5}
    assert all(count != told for count, told in differences.items())


def test_known_counts_of_others_do_not_shift_the_step(con):
    """What is told of the withheld part is the same whatever is added to it in the open."""
    shown = sums(con, [4] * 6)[0] - 40
    assert shown == 25
    assert shown % 5 == 0


def comparison(con, rows):
    con.execute("create or replace table own.ranges (society_id varchar, item varchar)")
    con.execute(
        "create or replace table s.indicator_definitions as select unnest(['1.1', '3.2']) as indicator, "
        "unnest(['D1', 'D3']) as dimension, unnest([['documents'], ['investigations']]) as families"
    )
    con.execute(
        "create or replace table s.changes (basis varchar, society_id varchar, scope varchar, item varchar, "
        "before double, after double, change double, data double, methodology double, peers double, "
        "software double)"
    )
    for row in rows:
        con.execute("insert into s.changes by name select $1 as basis, $2 as society_id, $3 as scope, "
                    "$4 as item, $5::double as before, $6::double as after", list(row))  # fmt: skip
    con.execute("update s.changes set data = 0.0 where society_id = 'w'")
    con.execute(f"create or replace table own.touched as {coarse.sql_for_touched(HERE)}")
    shown = con.sql(f"select society_id, scope, item, before, after from ({masks.sql_for_changes(HERE)})")
    return {(society, item): (before, after) for society, _, item, before, after in shown.fetchall()}


def test_the_earlier_runs_score_is_not_told_by_the_later_one(con):
    """x had cases before only, y has none, z's change could not be split: nothing tells what z had before.

    Of w nothing changed, and each part of that is 0.
    """
    told = comparison(
        con,
        [
            ("restated", "x", "composite", "total", 71.25, 74.0),
            ("restated", "x", "dimension", "D3", 33.5, 50.0),
            ("restated", "x", "dimension", "D1", 60.0, 60.0),
            ("restated", "x", "indicator", "3.2", 1.5, None),
            ("restated", "y", "composite", "total", 80.0, 81.0),
            ("restated", "y", "indicator", "1.1", 2.0, 2.0),
            ("restated", "y", "indicator", "3.2", None, None),
            ("restated", "z", "composite", "total", 66.5, 66.5),
            ("restated", "z", "dimension", "D3", 20.5, 20.5),
            ("restated", "w", "composite", "total", 55.5, 55.5),
            ("restated", "w", "dimension", "D3", 10.5, 10.5),
            ("previous_year", "z", "composite", "total", 66.5, 66.5),
            ("previous_year", "z", "indicator", "1.1", 2.0, 2.0),
        ],
    )
    gone = (None, None)
    assert told["x", "total"] == told["x", "D3"] == told["z", "total"] == told["z", "D3"] == gone
    assert told["w", "total"] == (55.5, 55.5) and told["w", "D3"] == (10.5, 10.5)
    assert told["x", "D1"] == (60.0, 60.0) and told["y", "total"] == (80.0, 81.0)
    assert not [item for _, item in told if item == "3.2"]


FILES = """
create or replace table s.files as
select unnest(['f', 'g', 'h', 'r']) as file_id, unnest(['x', 'x', 'y', 'y']) as society_id,
       unnest($1::varchar[]) as status, unnest([30, 20, 40, 0]) as rows_read,
       unnest([12, 8, 25, 0]) as accepted,
       unnest([6, 2, 3, 0]) as returned,
       unnest([2, 0, 2, 0]) as quarantined, unnest([10, 10, 10, 0]) as non_data
"""


def files(con, status, cases=(), findings=()):
    con.execute("create or replace table s.detail_investigations (society_id varchar, source_file varchar)")
    con.execute(
        "create or replace table s.findings (file_id varchar, sheet varchar, row bigint, verdict varchar, "
        "family varchar, code varchar)"
    )
    con.execute(FILES, [status])
    for file in cases:
        con.execute("insert into s.detail_investigations values ('x', $1)", [file])
    for one in findings:
        con.execute("insert into s.findings values ($1, $2, $3, $4, $5, 'D18')", (*one, None)[:5])
    columns = "file_id, rows_read, accepted, returned, quarantined, non_data"
    return {one[0]: one[1:] for one in con.sql(f"select {columns} from ({masks._files(HERE)})").fetchall()}


def test_a_file_superseded_since_does_not_tell_its_rows_of_cases(con):
    """In force it was told without its two cases; superseded, and the cases gone, with them: 30 − 28."""
    before = files(con, ["current", "current", "current", "refused"], ["f", "f"])
    after = files(con, ["superseded", "current", "current", "refused"])
    assert before["f"] == (28, 10, 6, 2, 10)
    assert after["f"] == (None,) * 5
    assert after["h"] == (40, 25, 3, 2, 10) and after["r"] == (0,) * 5


def test_rows_of_cases_that_were_returned_are_not_counted(con):
    """The findings of other sheets can be counted row by row; the sum must not leave those of cases."""
    found = files(
        con, ["current"] * 4, ["f"],
        [
            ("f", "表4学术调查", 7, "R"), ("f", "表4学术调查", 7, "Q"), ("f", "表4学术调查", 8, "R"),
            ("f", "表4学术调查", 9, "W"), ("f", "表3宣讲教育", 7, "R"), ("h", "委托登记", None, "R"),
            ("g", None, None, "R"),
        ],
    )  # fmt: skip
    assert found["f"] == (27, 11, 5, 1, 10)
    assert found["h"] == (None,) * 5
    assert found["g"] == (20, 8, 2, 0, 10)


def test_a_sheet_of_cases_under_another_name_is_known_by_its_rows(con):
    found = files(con, ["current"] * 4, ["f"], [("f", "我们的登记", 7, "R", "investigations")])
    assert found["f"] == (28, 11, 5, 2, 10)
    of_sheet = con.sql(f"select sheet from s.findings where {masks._is_of_cases()}")
    assert of_sheet.fetchall() == [("我们的登记",)]


def test_a_fault_of_every_case_is_told_once(con):
    """Dates written alike in each of three cases were three findings: the count of the cases."""
    con.execute(
        "create table s.findings as select 'f' as file_id, 'x' as society_id, "
        "unnest(['表4学术调查', '表4学术调查', '表4学术调查', '表3宣讲教育', '表3宣讲教育']) as sheet, "
        "unnest([7, 8, 9, 7, 8]) as row, null::varchar as family, 'D14' as code, 'A' as verdict, "
        "'活动日期' as header, 'v' as value, 'r' as repaired, 'm' as message_zh, 'm' as message_en"
    )
    query = f"select sheet, count(*), count(row), count(value) from ({masks._findings('s')}) group by 1"
    assert sorted(con.sql(query).fetchall()) == [("表3宣讲教育", 2, 2, 2), ("表4学术调查", 1, 0, 0)]


@pytest.mark.parametrize(("peers", "shown"), [(99, None), (100, 41.0)])
def test_means_of_few_peers_do_not_tell_how_one_score_moved(con, peers, shown):
    """Of ten peers the mean, rounded to a point, gave the change of one score within ten points."""
    con.execute(
        f"create table s.dimensions as select 'x' || i as society_id, 'D3' as dimension, 40.6 as score, "
        "40.6 as low, 40.6 as high, 40.6 as peer_mean, 40.6 as peer_median "
        f"from range({peers}) t(i)"
    )
    con.execute("create table s.societies as select society_id, 'g' as peer_group from s.dimensions")
    con.execute(
        "create table own.ranges as select society_id, 'D3' as item, 50.0 as score, 0.0 as low, "
        "100.0 as high from s.dimensions limit 5"
    )
    con.execute(f"create table own.groups as {coarse._tables(HERE)['groups']}")
    query = f"select distinct peer_mean, peer_median from ({masks._dimensions(HERE)})"
    assert con.sql(query).fetchall() == [(shown, shown)]
