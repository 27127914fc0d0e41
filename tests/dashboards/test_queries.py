import inspect
import shutil

import duckdb
import pytest

from dashboards import access
from dashboards.filters import Filters
from dashboards.queries import exemplars, frames, overview, quality, run, societies, society
from dashboards.queries.prepared import ready
from dashboards.reading import Reader
from data_contracts.defects import consequences
from models.home import Home
from models.publication.files import snapshot_path
from models.publication.snapshot import resolve
from models.publication.spread import SMALLEST_GROUP


@pytest.fixture
def con(published):
    found = access.connect(published, resolve(published), access.Scope())
    yield found
    found.close()


def test_the_headline_counts_what_the_tables_hold(con):
    found = overview.headline(con)
    assert (found["societies_n"], found["filed_n"], found["rated_n"]) == (44, 40, 40)
    assert found["mean_score"] == pytest.approx(con.sql("select avg(score) from composite").fetchone()[0])
    assert overview.bands(con)["societies_n"].sum() == 44


def test_intake_rows_add_up(con):
    found = overview.intake(con)
    parts = ("accepted", "returned", "quarantined", "non_data")
    assert sum(found[name] for name in parts) == found["rows_read"] == 2400


def test_units_with_most_unfiled_come_first(con):
    found = overview.filing_by_unit(con)
    assert found["unfiled_n"].is_sorted(descending=True)
    assert found["due_n"].sum() == 44
    assert found.filter(found["supervisor_id"].is_null()).height == 1


def test_findings_leave_repairs_out(con):
    assert "A" not in overview.top_findings(con, 10)["verdict"].to_list()


def test_what_only_follows_stands_apart_from_its_causes(con):
    causes = overview.top_findings(con, 10)["code"].to_list()
    following = overview.top_findings(con, 10, is_consequence=True)["code"].to_list()
    assert causes and not set(causes) & consequences() and set(following) <= consequences()


def test_warnings_are_the_checks_that_fail(con):
    assert quality.failures(con)["description"].to_list() == ["行数变化过大"]


def test_a_society_has_its_dimensions_and_37_indicators(con):
    society_id = con.sql("select society_id from societies where filed order by 1 limit 1").fetchone()[0]
    assert society.society(con, society_id)["society_id"] == society_id
    assert society.dimensions(con, society_id)["dimension"].to_list() == [f"D{n}" for n in range(1, 8)]
    query = "select indicator from indicator_definitions order by position"
    expected = [indicator for (indicator,) in con.sql(query).fetchall()]
    assert [row["indicator"] for row in society.indicators(con, society_id)] == expected
    assert len(expected) == 37
    assert society.society(con, "none") is None


def test_nothing_that_is_cached_takes_a_frame():
    """Streamlit hashes head and tail of a frame only: a changed frame would give an old answer."""
    import ast
    from pathlib import Path

    scalars = {"str", "int", "float", "bool", "Lang", "str | None", "int | None", "tuple[str, ...]"}
    for path in Path(inspect.getfile(access)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            decorators = list(map(ast.unparse, getattr(node, "decorator_list", [])))
            if "cached_property" in decorators:
                # Kept with one object: no key, but no frame either.
                assert ast.unparse(node.returns) == "dict[str, str]", (path.name, node.name)
            elif isinstance(node, ast.FunctionDef) and any("cache" in one for one in decorators):
                # A name with a line before it is no part of the key: then run and permission must be.
                known = {a.arg: ast.unparse(a.annotation) for a in node.args.args}
                hashed = {name: kind for name, kind in known.items() if not name.startswith("_")}
                assert set(hashed.values()) <= scalars, (path.name, node.name)
                assert len(hashed) == len(known) or {"run_id", "root", "cases"} <= set(hashed), path.name


def test_a_merged_group_names_what_it_gathers(con):
    variables = run.run(con)["methodology"]["peer_groups"]["variables"]
    found = {group: (kind, set(codes)) for group, kind, codes in run.merged_groups(con, variables)}
    assert found["city/rest"] == ("size_class", {"large", "small"})
    assert not any(group.endswith("/cases") for group in found)


def test_levels_merged_into_one_group_are_named(con):
    con.execute("drop view societies")
    con.execute(
        "create view societies as select * from (values ('all/rest', 'national', 'large'), "
        "('all/rest', 'city', 'small'), ('county', 'county', 'micro'), (null, 'city', 'micro')) "
        "t(peer_group, level, size_class)"
    )
    ((group, kind, codes),) = run.merged_groups(con, ["level", "size_class"])
    assert (group, kind, set(codes)) == ("all/rest", "level", {"national", "city"})


def test_the_peers_of_a_narrow_scope_are_those_of_the_nation(con, published):
    """A unit's session sees its own societies only; their peers' spread is the published one."""
    query = "select society_id from societies where supervisor_id = 'U002' and peer_group = 'provincial/rest'"
    (code, *_) = [one for (one,) in con.sql(query).fetchall()]
    narrow = access.connect(published, resolve(published), access.Scope("supervisor", "U002"))
    own = narrow.sql("select count(*) from societies where peer_group = 'provincial/rest'").fetchone()[0]
    assert own < SMALLEST_GROUP
    for found in (lambda *of: society.dimensions(*of).to_dicts(), society.indicators):
        seen, whole = ([(row["p25"], row["p75"]) for row in found(by, code)] for by in (narrow, con))
        told = [one for one in whole if one[0] is not None]
        assert seen == whole and told and all(low <= high for low, high in told)
    narrow.close()


def test_a_snapshot_from_before_the_spread_has_none(con, published, tmp_path):
    home = Home(tmp_path)
    shutil.copytree(published.root / "snapshots", home.snapshots, dirs_exist_ok=True)
    run_id = resolve(home)
    with duckdb.connect(str(snapshot_path(home, run_id))) as old:
        old.execute("drop table peer_spread")
    before = access.connect(home, run_id, access.Scope())
    assert not society.has_spread(before) and society.has_spread(con)
    code = before.sql("select society_id from societies where filed order by 1").fetchone()[0]
    assert society.dimensions(before, code)["p25"].null_count() == 7
    before.close()


def test_cards_count_what_the_pages_behind_them_list(con):
    """Rows of societies that are not assessed are in neither."""
    tables = ("overdue_issues", "stalled_charters", "nominations")
    ready(con, *tables)
    before = overview.attention(con), exemplars.figures(con)
    for table in tables:
        con.execute(f"insert into {table} by name select null::integer as no")
    assert (overview.attention(con), exemplars.figures(con)) == before


def test_counts_that_are_kept_back_are_not_nought_and_no_files_are(con):
    ready(con, "sent")
    known = overview.intake(con)
    con.execute("update sent set returned = null")
    assert overview.intake(con) == known | {"returned": None}
    con.execute("delete from sent")
    assert overview.intake(con)["returned"] == 0


def test_what_is_kept_for_many_is_changed_by_none_of_them(con):
    reader = Reader(con)
    first = overview.headline(reader)
    first["societies_n"] = -1
    assert overview.headline(reader)["societies_n"] == overview.headline(con)["societies_n"] > 0
    with pytest.raises(ValueError, match="read-only"):
        frames.left(reader, Filters(level="national"))[:] = True


def test_the_answers_of_one_reader_are_not_those_of_another(con, published):
    narrow = access.connect(published, resolve(published), access.Scope("line", "110000"))
    wide, own = Reader(con), Reader(narrow)
    assert overview.headline(wide)["societies_n"] > overview.headline(own)["societies_n"] > 0
    listed = societies.societies(Filters(), "peer")
    assert listed.first(wide, 5)[1] > listed.first(own, 5)[1]
    narrow.close()
