"""Every table of a snapshot is scoped, masked, common, national, closed or never read: none by omission."""

import duckdb
import pytest

from dashboards import access
from models.publication import details, masks
from models.publication.files import snapshot_path
from models.publication.snapshot import resolve

KINDS = {
    "scoped": {"societies", *access.SOCIETY_TABLES},
    "masked": set(access.MASKED),
    "common": (set(access.COMMON_TABLES) | set(access.ADDED)) - set(access.NATIONAL_ONLY),
    "national only": set(access.NATIONAL_ONLY),
    "closed": set(details.CLOSED),
    "never": set(access.NEVER),
}


@pytest.fixture(scope="module")
def source(published):
    with duckdb.connect(str(snapshot_path(published, resolve(published))), read_only=True) as con:
        yield con


def names(con):
    return {name for (name,) in con.sql("select table_name from duckdb_tables()").fetchall()}


def test_every_table_is_of_exactly_one_kind(source):
    found = [name for members in KINDS.values() for name in members]
    assert len(found) == len(set(found))
    assert set(found) == names(source)


@pytest.mark.parametrize("cases", [False, True])
@pytest.mark.parametrize(
    "scope",
    [("national", None), ("line", "110000"), ("supervisor", "U001"), ("society", "51990000100000001P")],
)
def test_a_connection_shows_what_the_kinds_say(published, source, scope, cases):
    con = access.connect(published, resolve(published), access.Scope(*scope, cases=cases))
    try:
        seen = {n for (n,) in con.sql("select view_name from duckdb_views() where not internal").fetchall()}
        shown = names(source) - KINDS["never"]
        assert seen == shown
        if not cases:
            for name in KINDS["closed"]:
                assert con.sql(f"select count(*) from {name}").fetchone() == (0,), name
        within = {n for (n,) in con.sql("select society_id from societies").fetchall()}
        for name in seen:
            columns = con.sql(f"select * from {name} limit 0").columns
            if "society_id" in columns and name not in access.NATIONAL_ONLY:
                rows = {n for (n,) in con.sql(f"select distinct society_id from {name}").fetchall()}
                assert rows - {None} <= within, name
                assert scope[0] == "national" or None not in rows, name
            elif name in access.NATIONAL_ONLY and scope[0] != "national":
                assert con.sql(f"select count(*) from {name}").fetchone() == (0,), name
    finally:
        con.close()


@pytest.fixture
def both(published):
    """Connections without and with the permission for cases."""
    made = [access.connect(published, resolve(published), access.Scope(cases=c)) for c in (False, True)]
    yield made
    for con in made:
        con.close()


OF_CASES = "(select indicator from indicator_definitions where list_contains(families, 'investigations'))"


def test_changes_tell_nothing_of_cases(both):
    query = f"select count(*) from changes where scope = 'indicator' and item in {OF_CASES}"
    closed, opened = (con.sql(query).fetchone()[0] for con in both)
    assert closed == 0 < opened


# The fabricated run has no row of either kind below, so the views are made over rows written here.
@pytest.fixture
def made():
    con = duckdb.connect()
    con.execute("create schema s")
    con.execute(
        "create table s.indicator_definitions as select '3.2' indicator, ['investigations'] families "
        "union all select '1.1', ['documents']"
    )
    con.execute(
        "create table s.decision_flips as select unnest(['3.2', '1.1']) indicator, 'x' society_id, "
        "70e0 score_needed, 2e-1 indicator_from, 4e-1 indicator_to, 1e-1 weight_change"
    )
    con.execute(
        "create table s.findings as select unnest(['表4学术调查', '委托登记', '表3宣讲教育']) sheet, "
        "'D18' code, 7 as row, 'v' as value, 'r' as repaired, 'm' message_zh, 'm' message_en, "
        "'x' society_id, 'f' file_id, 'R' verdict, null::varchar as family"
    )
    con.execute("create schema own")
    con.execute("create table own.ranges (society_id varchar)")
    yield con
    con.close()


@pytest.mark.parametrize("is_open", [False, True])
def test_flips_and_findings_of_cases_lose_what_they_tell(made, is_open):
    views = access._open("s") if is_open else access._masked("s", "own")
    flips = made.sql(
        f"select indicator, indicator_from, indicator_to, score_needed "
        f"from ({views['decision_flips']}) order by 1 desc"
    ).fetchall()
    assert flips[0] == (("3.2", 0.2, 0.4, 70.0) if is_open else ("3.2", None, None, None))
    assert flips[1] == ("1.1", 0.2, 0.4, 70.0)
    columns = "sheet, code, row, value, repaired, message_zh"
    found = made.sql(f"select {columns} from ({views['findings']})").fetchall()
    withheld = ["D18", None, None, None, masks.CASES_ONLY["zh"]]
    assert len(found) == 3
    for sheet, *rest in found:
        told = is_open or sheet == "表3宣讲教育"
        assert rest == (["D18", 7, "v", "r", "m"] if told else withheld)
