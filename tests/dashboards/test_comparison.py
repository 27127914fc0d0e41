import pytest

from dashboards import access, comparison, snapshot
from dashboards.comparison import SORTS, Filters
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
    assert comparison.count_societies(con, filters) == expected
    assert comparison.page_of_societies(con, filters, "peer", 0, 100).height == expected


def test_a_filter_is_a_value_not_sql(con):
    assert comparison.count_societies(con, Filters(text="' or true --", level="x' or '1'='1")) == 0


@pytest.mark.parametrize("sort", list(SORTS))
def test_pages_part_the_table(con, sort):
    whole = comparison.page_of_societies(con, Filters(), sort, 0, 100)["society_id"].to_list()
    parts = [
        code
        for start in (0, 15, 30)
        for code in comparison.page_of_societies(con, Filters(), sort, start, 15)["society_id"].to_list()
    ]
    assert parts == whole
    assert len(set(whole)) == 44


def test_an_unknown_order_is_refused(con):
    with pytest.raises(KeyError):
        comparison.page_of_societies(con, Filters(), "score; drop view run", 0, 1)


def test_gates_never_let_in_again(con):
    left = [n for _, n in comparison.gates(con)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == snapshot.headline(con)["selected_n"]


def test_a_gate_not_reached_counts_as_closed(con):
    con.execute("drop view decision_gates")
    con.execute(
        "create view decision_gates as select * from (values ('S', 1, 'a', 'passed'), "
        "('S', 2, 'b', 'not_reached'), ('S', 3, 'c', 'passed')) t(society_id, step, gate, outcome)"
    )
    assert comparison.gates(con) == [("a", 1), ("b", 0), ("c", 0)]
