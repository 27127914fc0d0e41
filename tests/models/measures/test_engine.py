"""The engine: contributions add up to the measures, with lineage, on a connection it leaves as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.assessment.methodology import Methodology
from models.errors import FengqingError
from models.intake.crosscheck.holdings import Holdings
from models.intake.crosscheck.sessions import double_reports
from models.measures.engine import MEASURES, SQL_DIR, Measures, compute, query
from models.publication.specs import SPEC_YEAR

Fill = Callable[[duckdb.DuckDBPyConnection, dict[str, str]], None]

CONTRIBUTION_COLUMNS = [
    "society_id", "indicator", "family", "row_id", "numerator", "denominator", "grade", "evidence_weight",
    "is_pending", "source_file", "source_sheet", "source_row", "label", "left_out",
]  # fmt: skip


@pytest.fixture(scope="module")
def measures(spec_path: Path, methodology: Methodology) -> Measures:
    with duckdb.connect(str(spec_path), read_only=True) as con:
        return compute(con, SPEC_YEAR, methodology)


def test_a_read_only_connection_is_enough_and_is_left_clean(
    spec_path: Path, methodology: Methodology, measures: Measures
) -> None:
    with duckdb.connect(str(spec_path), read_only=True) as con:
        again = compute(con, SPEC_YEAR, methodology)
        left = con.sql(
            "select table_name from information_schema.tables where table_catalog = 'temp'"
        ).fetchall()
    assert left == []
    assert_frame_equal(again.contributions, measures.contributions)
    assert_frame_equal(again.measures, measures.measures)
    assert_frame_equal(again.signals, measures.signals)
    assert_frame_equal(again.units, measures.units)


def test_the_workspace_is_cleared_after_a_failure(methodology: Methodology, fill: Fill) -> None:
    con = duckdb.connect()
    fill(con, {"documents": "society | doc_type\nA | charter"})
    con.execute("alter table verifications drop column outcome")
    with pytest.raises(duckdb.BinderException):
        compute(con, SPEC_YEAR, methodology)
    assert con.sql("select count(*) from duckdb_tables() where temporary").fetchone() == (0,)


def test_a_missing_family_is_named(methodology: Methodology) -> None:
    with pytest.raises(FengqingError) as error:
        compute(duckdb.connect(), SPEC_YEAR, methodology)
    assert error.value.code == "FAMILY_MISSING"
    assert "制度文件" in error.value.zh
    assert "documents" in error.value.en


def test_contributions_add_up_to_the_measures(measures: Measures, methodology: Methodology) -> None:
    constants = {i.code: i.constant_denominator for i in methodology.indicators}
    lower = [i.code for i in methodology.indicators if i.low_is_good]
    weight, top, bottom = pl.col("evidence_weight"), pl.col("numerator"), pl.col("denominator")
    counted = (
        pl.when(pl.col("indicator").is_in(lower))
        .then(bottom - weight * (bottom - top))
        .otherwise(weight * top)
    )
    sums = (
        measures.contributions.filter(~pl.col("is_pending") & top.is_not_null())
        .group_by("society_id", "indicator")
        .agg(counted.sum().alias("numerator"), top.sum().alias("numerator_raw"), bottom.sum().alias("summed"))
        .with_columns(constant=pl.col("indicator").replace_strict(constants, return_dtype=pl.Float64))
        .with_columns(denominator=pl.coalesce("constant", "summed"))
        .select("society_id", "indicator", "numerator", "numerator_raw", "denominator")
        .sort("society_id", "indicator")
    )
    kept = measures.measures.filter(pl.col("numerator").is_not_null()).select(sums.columns)
    assert sums.height > 300
    assert_frame_equal(kept, sums)


def test_every_contribution_leads_back_to_its_row(spec_path: Path, measures: Measures) -> None:
    assert measures.contributions.columns == CONTRIBUTION_COLUMNS
    lineage = measures.contributions.select(
        "family", "row_id", "source_file", "source_sheet", "source_row", "label"
    )
    assert lineage.null_count().sum_horizontal().item() == 0
    with duckdb.connect(str(spec_path), read_only=True) as con:
        for family in lineage["family"].unique():
            known = con.sql(f"select row_id, source_row from {family}").pl()
            assert (
                lineage.filter(pl.col("family") == family)
                .join(known, on=["row_id", "source_row"], how="anti")
                .is_empty()
            )


def test_a_row_counts_at_most_once_for_an_indicator(measures: Measures) -> None:
    assert not measures.contributions.select("indicator", "row_id").is_duplicated().any()


def test_items_counted_are_as_many_as_the_constant_denominator(methodology: Methodology) -> None:
    counted = [i for i in methodology.indicators if i.unit == "items" and i.items]
    assert {i.code: i.constant_denominator for i in counted} == {i.code: len(i.items) for i in counted}


def test_another_year_has_no_figures(spec_path: Path, methodology: Methodology) -> None:
    with duckdb.connect(str(spec_path), read_only=True) as con:
        empty = compute(con, SPEC_YEAR + 1, methodology)
    assert empty.contributions.is_empty()
    assert empty.measures.is_empty()
    assert empty.contributions.columns == CONTRIBUTION_COLUMNS


def test_case_labels_hold_the_number_only(methodology: Methodology, fill: Fill) -> None:
    con = duckdb.connect()
    fill(con, {
        "investigations": "society | case_id | accepted_on | handling_org | closed_on\n"
        "A | AJ-7 | 2025-02-01 | 某研究所 | 2025-03-01",
    })  # fmt: skip
    labels = compute(con, SPEC_YEAR, methodology).contributions["label"]
    assert set(labels) == {"AJ-7"}


def test_unit_card(methodology: Methodology, fill: Fill) -> None:
    con = duckdb.connect()
    fill(con, {
        "units": "society | unit_id | name | plan_doc_no | plan_date | in_assessment | doc_no\n"
        "A | U01 | 单位一 | 方案1号 | 2025-02-01 | 是 |\n"
        "A | U02 | 单位二 | 方案2号 |  |  |",
        "societies": "society | supervisor_id | industry_admin_id | reg_status | in_scope\n"
        "A | U01 |     | registered | 是\n"
        "B | U01 |     | registered | 是\n"
        "C |     | U01 | registered | 是\n"
        "D | U01 |     | registered | 否\n"
        "E | U01 |     | preparing  | 是\n"
        "F | U01 |     | preparing  | 是",
        "annual_reports": "society | individual_members\nA | 10\nC | 10\nD | 10",
        "documents": "society | doc_type | stage | elements\n"
        "E | charter | drafted | duty、body\n"
        "F | charter | drafted | body",
        "practice_nominations": "society | practice_tag | evidence | unit_opinion | publicity_from\n"
        "A | youth | 1.pdf | 同意 | 2025-10-01\n"
        "C | youth | 1.pdf | 同意 | \n"
        "C | youth |       | 同意 | 2025-10-01",
    })  # fmt: skip
    con.execute("create table files (society_id text, report_year bigint, revision bigint, returned bigint, "
                "landed_at timestamp)")  # fmt: skip
    landed = [
        ("x/1/A", 1, 2, datetime(2026, 3, 2)),
        ("x/1/A", 2, 0, datetime(2026, 3, 16)),  # the tenth working day
        ("x/1/B", 1, 1, datetime(2026, 3, 2)),
        ("x/1/B", 2, 0, datetime(2026, 3, 17)),  # the eleventh
        ("x/1/C", 1, 1, datetime(2026, 3, 2)),
        ("x/1/D", 1, 0, datetime(2026, 3, 2)),
    ]  # fmt: skip
    con.executemany("insert into files values (?, 2025, ?, ?, ?)", landed)
    cards = compute(con, SPEC_YEAR, methodology).units
    figures = {(unit, code): (top, bottom) for unit, _, code, top, bottom, _ in cards.iter_rows()}
    assert {code: pair for (unit, code), pair in figures.items() if unit == "U01"} == {
        "U1": (1, 2), "U2": (1, 1), "U3": (0, 1), "U4": (1, 2), "U5": (2, 3), "U6": (1, 3),
    }  # fmt: skip
    assert figures["U02", "U2"] == (0, 1)
    nothing_to_do = cards.filter(
        (pl.col("unit_id") == "U02") & pl.col("indicator").is_in(["U1", "U4", "U5", "U6"])
    )
    assert nothing_to_do["value"].null_count() == 4


def test_unit_card_without_the_register_of_files_has_no_u6(measures: Measures) -> None:
    assert "U6" not in measures.units["indicator"]


@pytest.mark.parametrize("name", sorted(path.stem for path in SQL_DIR.glob("*.sql")))
def test_a_measure_says_what_it_is(name: str) -> None:
    text = query(name)
    header = [line for line in text.splitlines() if line.startswith("--")]
    assert text.startswith(f"-- {name}: ")
    assert any(line.startswith("-- Reads: ") for line in header)
    assert any(line.startswith("-- Columns:") for line in header)
    # Not carried to Spark unchanged in meaning.
    assert not {"quantile_cont", "qualify", "struct_pack", "list_aggregate"} & set(text.lower().split())


def test_every_measure_has_its_file() -> None:
    assert {f"{name}.sql" for name in MEASURES} <= {path.name for path in SQL_DIR.glob("*.sql")}


def test_a_session_its_host_reports_too_is_listed_and_left_out(methodology: Methodology, fill: Fill) -> None:
    con = duckdb.connect()
    fill(con, {
        "education_sessions": "society | session_id | name | held_on | role | onsite_n\n"
        "A | H1 | 虚构联合讲座 | 2025-03-01 | host | 80\n"
        "B | H1 | 虚构 联合讲座。 | 2025-03-01 | organiser | 82\n"
        "B | H2 | 虚构另一讲座 | 2025-06-01 | host | 20",
    })  # fmt: skip
    rows = compute(con, SPEC_YEAR, methodology).contributions
    left = rows.filter(pl.col("left_out") == "double_report")
    assert set(left["indicator"]) == {"5.1", "5.3", "5.4", "5.5", "5.6"}
    assert set(left["society_id"]) == {"x/1/B"} and set(left["label"]) == {"虚构 联合讲座。"}
    assert left["numerator"].is_null().all() and left["denominator"].is_null().all()
    persons = rows.filter(pl.col("indicator") == "5.5", pl.col("left_out").is_null())
    assert sorted(persons.select("society_id", "numerator").rows()) == [("x/1/A", 80.0), ("x/1/B", 20.0)]


def test_intake_and_measures_find_the_same_double_reports(methodology: Methodology, fill: Fill) -> None:
    con = duckdb.connect()
    fill(con, {
        "education_sessions":
        "society | session_id | name | held_on | mode | role | onsite_n | online_unique_n\n"
        "A | H1 | 虚构联合讲座 | 2025-03-01 | onsite | host | 80 | \n"
        "A | H2 | 虚构另一讲座 | 2025-06-01 | hybrid | host | 50 | 50\n"
        "A | H3 | 虚构自办讲座 | 2025-07-01 | onsite | host | 30 | \n"
        "A | O1 | 虚构自办讲座 | 2025-07-01 | onsite | organiser | 30 | \n"  # its own host: no other's
        "B | B1 | 虚构 联合讲座。 | 2025-03-01 | onsite | organiser | 82 | \n"  # alike
        "B | B2 | 虚构另一讲座 | 2025-06-01 | hybrid | co_organiser | 40 | 50\n"  # a tenth less: just alike
        "C | C1 | 虚构联合讲座 | 2025-03-01 | onsite | organiser | 90 | \n"  # 10 of 90: more than a tenth
        "C | C2 | 虚构联合讲座 | 2025-03-01 | online | organiser | 0 | 80\n"  # another mode
        "C | C3 | 虚构联合讲座 | 2025-03-02 | onsite | organiser | 80 | \n"  # another day
        "C | C4 | 虚构另一讲座 | 2025-06-01 | hybrid | host | 50 | 50\n"  # two hosts
    })  # fmt: skip
    sent = con.sql("select * from education_sessions order by row_id").pl()
    sent = sent.with_row_index("row").with_columns(
        sheet_no=pl.lit(0, pl.UInt32), row=pl.col("row").cast(pl.Int64)
    )
    warned = double_reports({"education_sessions": sent}, Holdings.nothing())
    told = sent.join(warned.select("sheet_no", "row"), on=["sheet_no", "row"])["session_id"]
    rows = compute(con, SPEC_YEAR, methodology).contributions.filter(pl.col("left_out") == "double_report")
    left = sent.filter(pl.col("row_id").is_in(rows["row_id"].unique().implode()))["session_id"]
    assert sorted(told) == sorted(left)
    assert sorted(told) == ["B1", "B2"]
