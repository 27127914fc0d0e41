"""Readers: answers are kept, within bounds, and never pass from one scope to another."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboards import reading
from dashboards.access import Scope
from models.errors import FengqingError
from models.publication.snapshot import resolve

COUNT = "select count(*) as n, max(name) as name from societies where level = $1 or $1 = 'all'"


@pytest.fixture
def national(published):
    return reading.reader(published, resolve(published), Scope())


def test_a_scope_has_one_reader_and_no_other_has_it(published, national):
    run_id = resolve(published)
    assert reading.reader(published, run_id, Scope()) is national
    line = reading.reader(published, run_id, Scope("line", "320000"))
    assert line is not national
    assert reading.reader(published, run_id, Scope(cases=True)) is not national
    # Asked first by the wider scope, so that an answer of its could be given to the narrower.
    everybody = national.sql(COUNT, params=["all"]).fetchone()
    assert line.sql(COUNT, params=["all"]).fetchone()[0] < everybody[0]
    assert national.sql(COUNT, params=["all"]).fetchone() == everybody


def test_answers_are_those_of_the_connection_and_are_asked_once(national, monkeypatch):
    con = national.cursor()
    asked = []
    monkeypatch.setattr(reading.Reader, "cursor", lambda _: asked.append(1) or con)
    query = COUNT.replace("count(*) as n", "count(*) as n, date '2025-01-02' as d, [1, null] as l")
    for _ in range(2):
        answer, relation = national.sql(query, params=["city"]), con.sql(query, params=["city"])
        assert answer.columns == relation.columns
        assert answer.fetchall() == relation.fetchall() and answer.fetchone() == answer.fetchall()[0]
        assert answer.pl().equals(relation.pl())
    assert len(asked) == 2, "once as rows, once as a frame"
    assert national.sql(COUNT, params=["none of these"]).fetchall() == [(0, None)]


def test_parameters_that_are_equal_but_not_the_same_are_told_apart(national):
    query = "select typeof($1) as kind"
    kinds = [national.sql(query, params=[value]).fetchone()[0] for value in (1, True, 1.0, 1)]
    assert kinds[0] == kinds[3] and len(set(kinds)) == 3
    assert national.sql(query, params=[["a"]]).fetchone() != national.sql(query, params=["a"]).fetchone()


def test_a_wrong_query_is_wrong_each_time(national):
    import duckdb

    for _ in range(2):
        with pytest.raises(duckdb.Error, match="no_such_table"):
            national.sql("select * from no_such_table").pl()


def test_what_is_kept_stays_within_its_budget():
    kept = reading.Kept(budget=10, largest=4)
    for key in range(20):
        assert kept.get(key, lambda key=key: (key, 3)) == key
        assert kept.size <= 10
    assert kept.get(19, lambda: ("made anew", 3)) == 19
    assert kept.get(0, lambda: ("made anew", 3)) == "made anew"
    assert kept.get("large", lambda: (1, 5)) == 1 and kept.get("large", lambda: (2, 5)) == 2


def test_many_who_ask_at_once_wait_for_one():
    kept, started, made = reading.Kept(100, 100), threading.Event(), []

    def make():
        started.wait(10)
        made.append(1)
        return len(made), 1

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(kept.get, "one", make) for _ in range(4)]
        started.set()
        assert [one.result(10) for one in waiting] == [1, 1, 1, 1]


def test_readers_are_bounded_and_one_put_out_still_answers(published, national, monkeypatch):
    monkeypatch.setattr(reading, "READERS", 1)
    other = reading.reader(published, resolve(published), Scope("line", "110000"))
    assert reading.reader(published, resolve(published), Scope()) is not national
    assert national.sql("select count(*) + 1 from societies").fetchone()[0] > 1
    assert other.sql("select count(*) from societies").fetchone()[0] > 0


def test_a_run_that_is_not_there_is_an_error_each_time(published):
    for _ in range(2):
        with pytest.raises(FengqingError):
            reading.reader(published, "2025-0000000000", Scope())
