from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from data_contracts.contract import load_contracts
from data_contracts.drift import load_drift_rules
from data_contracts.expectations import run_suites

A, B, LOST = "51990000900000014W", "51990000900000022P", "51990000900000030J"
STOCK = {"string": "x", "integer": 1, "number": 1.0, "date": date(2025, 6, 1), "boolean": True, "array": []}
SOCIETY = {"level": "city", "reporting_line": "110000", "reg_status": "registered", "cast_class": "A"}
SESSION = {
    "mode": "onsite", "role": "host", "verify": "none", "topics": ["research_ethics"],
    "audiences": ["members"], "held_on": date(2025, 5, 5), "onsite_n": 7, "online_unique_n": 3,
    "has_case_lesson": True,
}  # fmt: skip


def row(family, n, **given):
    """A row that breaks nothing, apart from what is given."""
    fields = load_contracts()[family].fields
    made = {f.name: STOCK[f.kind] for f in fields if f.required or f.must_answer}
    lineage = {"row_id": f"f/{family}/{n}", "source_file": "f", "source_sheet": family, "source_row": n}
    keys = {"society_id": A, "report_year": 2025}
    return made | {k: v for k, v in keys.items() if k in made} | lineage | given


def write(path, **families):
    """A file with the family tables and no constraint, so that a bad row can get in."""
    with duckdb.connect(str(path)) as con:
        for name, contract in load_contracts().items():
            frame = pl.DataFrame(families.get(name, []), schema=contract.polars_schema())
            assert frame.height == len(families.get(name, []))
            con.execute(f"create table {name} as select * from frame")
    return path


def failed(results):
    return set(results.filter(~pl.col("success")).select("family", "expectation").rows())


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """One bad row of every kind among good ones, and good rows of another year."""
    return write(
        tmp_path_factory.mktemp("gx") / "w.duckdb",
        societies=[
            row("societies", 1, **SOCIETY),
            row("societies", 2, society_id=B, name=None, **SOCIETY),
            row("societies", 3, society_id="53990000900000014W", **SOCIETY),
            row("societies", 4, report_year=2024, **SOCIETY | {"level": "galaxy"}),
            row("societies", 5, report_year=2024, society_id=B, row_id=None, supervisor_id="U9", **SOCIETY),
        ],
        annual_reports=[
            row("annual_reports", 1, members_due=10, pledged_n=11, disclosed=["norms", "gossip"]),
            row("annual_reports", 2, society_id=LOST, revision=-1, evidence="x" * 501),
        ],
        education_sessions=[
            row("education_sessions", 1, **SESSION),
            row("education_sessions", 2, **SESSION),
            row("education_sessions", 3, **SESSION | {"session_id": "S2", "onsite_n": None}),
            row("education_sessions", 4, **SESSION, not_counted_fields=["onsite_n"])
            | {"session_id": "S3", "onsite_n": None},
            row("education_sessions", 5, **SESSION, society_id=B) | {"test_n": None},
        ],
    )


@pytest.fixture(scope="module")
def results(broken):
    families = ["societies", "annual_reports", "education_sessions"]
    return run_suites(broken, families, 2025)


@pytest.mark.parametrize(
    ("family", "expectation", "severity", "unexpected_n"),
    [
        ("societies", "not_null:name", "hard", 1),
        ("societies", "pattern:society_id", "hard", 1),
        ("societies", "rule:legal_form", "hard", 1),
        ("annual_reports", "rule:pledged_at_most_due", "hard", 1),
        ("annual_reports", "items:disclosed", "hard", 1),
        ("annual_reports", "range:revision", "hard", 1),
        ("annual_reports", "length:evidence", "hard", 1),
        ("annual_reports", "relationship:societies", "hard", 1),
        ("education_sessions", "unique:key", "hard", 2),
        ("education_sessions", "answered:onsite_n", "hard", 1),
        ("education_sessions", "relationship:annual_reports", "drift", 1),
    ],
)
def test_a_bad_row_of_each_kind_is_found(results, family, expectation, severity, unexpected_n):
    found = results.filter(family=family, expectation=expectation).to_dicts()
    assert [(r["success"], r["severity"], r["unexpected_n"]) for r in found] == [
        (False, severity, unexpected_n)
    ]
    assert found[0]["description_zh"] != found[0]["description_en"]


def test_nothing_else_is_blamed(results):
    assert len(failed(results)) == 11


def test_other_years_are_checked_when_no_year_is_given(broken):
    results = run_suites(broken, ["societies"])
    assert failed(results) >= {
        ("societies", "code:level"),
        ("societies", "lineage"),
        ("societies", "reference:supervisor_id"),
    }
    severity = dict(results.select("expectation", "severity").rows())
    assert severity["reference:supervisor_id"] == "drift"
    assert severity["code:level"] == "hard"


def test_the_file_is_free_afterwards(broken, results):
    with duckdb.connect(str(broken)) as con:
        con.execute("create table t (a int); drop table t")


@pytest.fixture(scope="module")
def drifting(tmp_path_factory):
    """Twice last year's sessions, all round and held at a quarter's end, most figures not counted."""

    def sessions(year, n, held, people, **more):
        return [
            row("education_sessions", i, **SESSION | {"report_year": year, "session_id": f"S{i}"})
            | {"held_on": held(i), "onsite_n": people(i)} | {k: v(i) for k, v in more.items()}
            for i in range(n)
        ]  # fmt: skip

    return write(
        tmp_path_factory.mktemp("drift") / "w.duckdb",
        education_sessions=[
            *sessions(2024, 120, lambda i: date(2024, 1, 1) + timedelta(days=3 * i), lambda i: 20 + i,
                      evidence=lambda i: "a.pdf"),
            *sessions(2025, 240, lambda i: date(2025, 6, 30), lambda i: 40 if i % 4 == 0 else None),
        ],
        supervision_issues=[],
    )  # fmt: skip


@pytest.fixture(scope="module")
def drift(drifting):
    results = run_suites(drifting, ["education_sessions"], 2025)
    return {r["expectation"]: r for r in results.filter(severity="drift").to_dicts()}


@pytest.mark.parametrize(
    ("expectation", "figure"),
    [
        ("drift:volume", "2.000"),
        ("drift:missing:onsite_n", "0.750"),
        ("drift:missing_rise:evidence", "1.000"),
        ("drift:quarter_end:held_on", "1.000"),
    ],
)
def test_drift_warns_and_tells_the_figure(drift, expectation, figure):
    assert (drift[expectation]["success"], drift[expectation]["observed"]) == (False, figure)


def test_too_few_rows_say_nothing(drift):
    # 60 round figures, and the rule asks for 100
    assert (drift["drift:heaping:onsite_n"]["success"], drift["drift:heaping:onsite_n"]["observed"]) == (
        True,
        None,
    )


def test_heaping_counts_multiples_of_ten():
    rule = next(r for r in load_drift_rules() if (r.name, r.column) == ("heaping", "onsite_n"))
    with duckdb.connect() as con:
        con.execute(
            "create table education_sessions as select 2025 as report_year, "
            "case when i <= 50 then 30 else 21 + (i % 9) end as onsite_n from range(1, 101) r(i)"
        )
        assert con.sql(rule.sql("education_sessions", 2025)).fetchall() == [(0.5,)]
        assert len(con.sql(rule.violations_sql("education_sessions", 2025)).fetchall()) == 1
        assert con.sql(rule.sql("education_sessions", 2024)).fetchall() == [(None,)]
        assert con.sql(rule.violations_sql("education_sessions", 2024)).fetchall() == []


def test_a_steady_year_does_not_warn(drifting):
    results = run_suites(drifting, ["education_sessions"], 2024)
    warned = {e for _, e in failed(results) if e.startswith("drift:")}
    assert warned == set()


def test_an_empty_table_passes(drifting):
    results = run_suites(drifting, ["supervision_issues"])
    assert results.height > 10
    assert results["success"].all()


def test_a_check_that_cannot_be_computed_is_an_error(tmp_path):
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as con:
        frame = load_contracts()["units"].polars_schema().to_frame().drop("source_row")  # noqa: F841
        con.execute("create table units as select * from frame")
    with pytest.raises(RuntimeError, match="units"):
        run_suites(path, ["units"], 2025)
