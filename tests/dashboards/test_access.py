import re
import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from dashboards import access
from dashboards.access import Scope, connect
from models.home import Home
from models.publication.disclosure import SMALLEST_COUNT
from models.publication.snapshot import resolve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def open_as(published):
    made = []

    def opened(scope=None):
        made.append(connect(published, resolve(published), scope or Scope()))
        return made[-1]

    yield opened
    for con in made:
        con.close()


def test_national_sees_every_society(open_as):
    assert open_as().sql("select count(*) from societies").fetchone() == (44,)


@pytest.mark.parametrize(
    "scope",
    [Scope("line", "110000"), Scope("supervisor", "U001"), Scope("society", "51990000100000001P")],
)
def test_a_scope_holds_only_its_rows(open_as, scope):
    con = open_as(scope)
    column = access.COLUMNS[scope.role]
    seen = {code for (code,) in con.sql("select society_id from societies").fetchall()}
    everybody = open_as().sql("select count(*) from societies").fetchone()[0]
    assert 0 < len(seen) < everybody
    assert con.sql(f"select distinct {column} from societies").fetchall() == [(scope.value,)]
    for table in (*access.SOCIETY_TABLES, *access.MASKED):
        found = {code for (code,) in con.sql(f"select distinct society_id from {table}").fetchall()}
        assert found <= seen, table
    for table in access.NATIONAL_ONLY:
        assert con.sql(f"select count(*) from {table}").fetchone() == (0,), table


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ("line", None),
        ("national", "110000"),
        ("line", "' or true --"),
        ("supervisor", ""),
        ("society", "a b"),
    ],
)
def test_a_scope_that_does_not_fit_is_refused(role, value):
    with pytest.raises(ValueError):
        Scope(role, value)


@pytest.mark.parametrize(
    "statement",
    [
        "attach '/tmp/other.duckdb'",
        "copy (select 1) to '/tmp/fengqing-out.csv'",
        "select * from read_csv('/etc/passwd')",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_nothing_outside_can_be_reached(open_as, statement):
    with pytest.raises(duckdb.Error):
        open_as().sql(statement)


def test_a_session_cannot_change_the_run(open_as):
    con = open_as()
    with pytest.raises(duckdb.Error):
        con.execute("delete from societies")
    with pytest.raises(duckdb.Error):
        con.execute("select * from snapshot.societies")


def test_the_name_of_the_snapshot_differs_each_time(open_as):
    names = [
        {n for (n,) in open_as().sql("select database_name from duckdb_databases()").fetchall()}
        for _ in range(2)
    ]
    assert len(names[0] & names[1] - {"memory", "system", "temp"}) == 0


def test_small_counts_of_cases_never_reach_a_page(open_as):
    con = open_as()
    hidden = con.sql(
        "select count(*), count(numerator), count(denominator), count(value_raw), count(score) "
        "from indicators where is_suppressed"
    ).fetchone()
    assert hidden[0] > 0
    assert hidden[1:] == (0, 0, 0, 0)
    shown = con.sql(
        "select min(denominator) from indicators i join indicator_definitions d using (indicator) "
        "where list_contains(d.families, 'investigations') and denominator > 0"
    ).fetchone()
    assert shown[0] >= SMALLEST_COUNT
    rows = con.sql(
        "select count(*) from contributions semi join (select * from indicators where is_suppressed) "
        "using (society_id, indicator)"
    ).fetchone()
    assert rows == (0,)


def test_pages_name_views_only():
    for path in sorted((ROOT / "dashboards").rglob("*.py")):
        if path.name == "access.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(attach|duckdb_databases|read_parquet|read_csv)\b", text, re.I), path
        assert "duckdb.connect" not in text, path


@pytest.mark.parametrize("moved", [0.0, 1.5])
def test_a_run_that_changed_nothing_withholds_no_change(published, tmp_path, moved):
    """Nothing is told of a change that could not be split; one of nothing is split into nothing."""
    shutil.copytree(published.root / "snapshots", tmp_path / "snapshots")
    home = Home(tmp_path)
    run_id = resolve(home)
    count = "select count(change) from changes where basis = 'previous_year' and scope = 'composite'"
    with closing(access.connect(home, run_id, Scope())) as con:
        (before,) = con.sql(count).fetchone()
    assert before > 0
    with closing(duckdb.connect(str(home.snapshots / f"{run_id}.duckdb"))) as con:
        con.execute(
            "insert into changes by name select 'restated' as basis, 'x' as base_run_id, society_id, "
            "'composite' as scope, 'total' as item, score as before, score + $1 as after, $1 as change, "
            "case when $1 = 0 then 0.0 end as data from composite where score is not null",
            [moved],
        )
    with closing(access.connect(home, run_id, Scope())) as con:
        (after,) = con.sql(count).fetchone()
        restated = con.sql("select count(change) from changes where basis = 'restated'").fetchone()
    assert (after, restated != (0,)) == ((before, True) if moved == 0 else (0, False))
