import inspect

import pytest

from dashboards import access, snapshot
from dashboards.snapshot import SORTS, Filters
from models.publication.snapshot import resolve


@pytest.fixture
def con(published):
    found = access.connect(published, resolve(published), access.Scope())
    yield found
    found.close()


def test_the_headline_counts_what_the_tables_hold(con):
    found = snapshot.headline(con)
    assert (found["societies_n"], found["filed_n"], found["rated_n"]) == (44, 40, 40)
    assert found["mean_score"] == pytest.approx(con.sql("select avg(score) from composite").fetchone()[0])
    assert snapshot.bands(con)["societies_n"].sum() == 44


def test_intake_rows_add_up(con):
    found = snapshot.intake(con)
    parts = ("accepted", "returned", "quarantined", "non_data")
    assert sum(found[name] for name in parts) == found["rows_read"] == 2400


def test_units_with_most_unfiled_come_first(con):
    found = snapshot.filing_by_unit(con, 10)
    assert found["unfiled_n"].is_sorted(descending=True)
    assert found["due_n"].sum() == 44
    assert found.filter(found["supervisor_id"].is_null()).height == 1


def test_findings_leave_repairs_out(con):
    assert "A" not in snapshot.top_findings(con, 10)["verdict"].to_list()


def test_warnings_are_the_checks_that_fail(con):
    assert snapshot.warnings(con)["description"].to_list() == ["行数变化过大"]


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        (Filters(), "true"),
        (Filters(level="national"), "s.level = 'national'"),
        (Filters(band="good", cast_class="C"), "c.band = 'good' and s.cast_class = 'C'"),
        (Filters(decision="selected"), "e.decision = 'selected'"),
        (Filters(supervisor_id="U002"), "s.supervisor_id = 'U002'"),
        (Filters(text="虚构"), "contains(s.name, '虚构')"),
        (Filters(text=" 51990000d "), "starts_with(s.society_id, '51990000D')"),
    ],
)
def test_filters_narrow(con, filters, condition):
    expected = con.sql(
        "select count(*) from societies s join composite c using (society_id) "
        f"join exemplars e using (society_id) where {condition}"
    ).fetchone()[0]
    assert expected > 0
    assert snapshot.count_societies(con, filters) == expected
    assert snapshot.page_of_societies(con, filters, "peer", 0, 100).height == expected


def test_a_filter_is_a_value_not_sql(con):
    assert snapshot.count_societies(con, Filters(text="' or true --", level="x' or '1'='1")) == 0


@pytest.mark.parametrize("sort", list(SORTS))
def test_pages_part_the_table(con, sort):
    whole = snapshot.page_of_societies(con, Filters(), sort, 0, 100)["society_id"].to_list()
    parts = [
        code
        for start in (0, 15, 30)
        for code in snapshot.page_of_societies(con, Filters(), sort, start, 15)["society_id"].to_list()
    ]
    assert parts == whole
    assert len(set(whole)) == 44


def test_an_unknown_order_is_refused(con):
    with pytest.raises(KeyError):
        snapshot.page_of_societies(con, Filters(), "score; drop view run", 0, 1)


def test_a_society_has_its_dimensions_and_37_indicators(con):
    society_id = con.sql("select society_id from societies where filed order by 1 limit 1").fetchone()[0]
    assert snapshot.society(con, society_id)["society_id"] == society_id
    assert snapshot.dimensions(con, society_id)["dimension"].to_list() == [f"D{n}" for n in range(1, 8)]
    assert snapshot.indicators(con, society_id).height == 37
    assert snapshot.society(con, "none") is None


def test_gates_never_let_in_again(con):
    left = [n for _, n in snapshot.gates(con)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == snapshot.headline(con)["selected_n"]


def test_a_gate_not_reached_counts_as_closed(con):
    steps = '[{"gate": "a", "passed": true}, {"gate": "b", "passed": null}, {"gate": "c", "passed": true}]'
    con.execute("drop view exemplars")
    con.execute("create view exemplars as select $1 as gates".replace("$1", f"'{steps}'"))
    assert snapshot.gates(con) == [("a", 1), ("b", 0), ("c", 0)]


def test_nothing_that_is_cached_takes_a_frame():
    """Streamlit hashes head and tail of a frame only: a changed frame would give an old answer."""
    import ast
    from pathlib import Path

    scalars = {"str", "int", "float", "bool", "Lang", "str | None", "int | None"}
    for path in Path(inspect.getfile(snapshot)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                "cache" in ast.unparse(d) for d in node.decorator_list
            ):
                for argument in node.args.args:
                    assert ast.unparse(argument.annotation) in scalars, (path.name, node.name, argument.arg)
