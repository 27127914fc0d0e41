import pytest

from dashboards import access
from dashboards.filters import NO_UNIT, Filters
from dashboards.queries import exemplars, overview
from dashboards.queries.societies import SORTS, societies
from models.publication.snapshot import resolve


@pytest.fixture
def con(published):
    found = access.connect(published, resolve(published), access.Scope())
    yield found
    found.close()


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        (Filters(), "true"),
        (Filters(level="national"), "s.level = 'national'"),
        (Filters(band="good", cast_class="C"), "c.band = 'good' and s.cast_class = 'C'"),
        (Filters(decision="selected"), "e.decision = 'selected'"),
        (Filters(supervisor_id="U002"), "s.supervisor_id = 'U002'"),
        (Filters(supervisor_id=NO_UNIT), "s.supervisor_id is null"),
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
    assert societies(filters, "peer").count(con) == expected
    assert societies(filters, "peer").page(con, 0, 100).height == expected
    assert overview.headline(con, filters)["societies_n"] == expected


def test_a_filter_is_a_value_not_sql(con):
    assert societies(Filters(text="' or true --", level="x' or '1'='1"), "peer").count(con) == 0


def test_a_society_is_found_by_former_name_and_initials(con):
    for text in ("虚构旧名协会", "xgjmxh", "XGJM", "xglzclxh"):
        found = societies(Filters(text=text), "name").all(con)["society_id"].to_list()
        assert found == ["51990000100000001P"], text


@pytest.mark.parametrize("sort", list(SORTS))
def test_pages_part_the_table(con, sort):
    whole = societies(Filters(), sort).page(con, 0, 100)["society_id"].to_list()
    parts = [
        code
        for start in (0, 15, 30)
        for code in societies(Filters(), sort).page(con, start, 15)["society_id"].to_list()
    ]
    assert parts == whole
    assert len(set(whole)) == 44


def test_an_unknown_order_is_refused(con):
    with pytest.raises(KeyError):
        societies(Filters(), "score; drop view run")


def test_gates_never_let_in_again(con):
    left = [n for _, n in exemplars.gates(con)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == overview.headline(con)["selected_n"]


def test_a_gate_not_reached_counts_as_closed(con):
    (society_id,) = con.sql("select min(society_id) from societies").fetchone()
    con.execute("drop table cohort; drop table gate_steps; drop view decision_gates")
    con.execute(
        f"create view decision_gates as select * from (values ('{society_id}', 1, 'a', 'passed'), "
        f"('{society_id}', 2, 'b', 'not_reached'), ('{society_id}', 3, 'c', 'passed')) "
        "t(society_id, step, gate, outcome)"
    )
    con.execute(access.COHORT)
    assert exemplars.gates(con) == [("a", 1), ("b", 0), ("c", 0)]
