"""Who says that there was nothing: an authority, or only the society."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl
import pytest

from models.assessment.methodology import Methodology
from models.measures.engine import compute
from models.publication.specs import SPEC_YEAR

Fill = Callable[[duckdb.DuckDBPyConnection, dict[str, str]], None]
REPORT = "society | zero_case_declared\nA | 是"
CHECK = "society | family | subject_id | outcome | status\nA | investigations | {} | {} | {}"


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (None, ("zero_case_declared", False)),
        (("", "absent", "done"), ("verification", True)),
        (("", "confirmed", "done"), ("verification", True)),
        (("", "partly", "done"), ("zero_case_declared", False)),
        (("", "", "pending"), ("zero_case_declared", False)),
        (("A1", "confirmed", "done"), ("zero_case_declared", False)),
    ],
)
def test_absence_of_commissions(
    methodology: Methodology, fill: Fill, check: tuple[str, str, str] | None, expected: tuple[str, bool]
) -> None:
    given = {"annual_reports": REPORT}
    if check is not None:
        given["verifications"] = CHECK.format(*check)
    con = duckdb.connect()
    fill(con, given)
    figures = compute(con, SPEC_YEAR, methodology).measures.filter(pl.col("indicator") == "3.2")
    assert figures.select("absence", "is_absence_confirmed").row(0) == expected


def test_rows_that_an_authority_says_do_not_exist_are_under_verification(
    methodology: Methodology, fill: Fill
) -> None:
    con = duckdb.connect()
    fill(
        con,
        {
            "annual_reports": REPORT,
            "investigations": "society | accepted_on | closed_on | evidence\n"
            "A | 2025-02-01 | 2025-03-01 | 1.pdf",
            "verifications": CHECK.format("", "absent", "done"),
        },
    )
    one = compute(con, SPEC_YEAR, methodology).measures.filter(pl.col("indicator") == "3.2")
    assert one.select("numerator", "denominator", "pending_n").row(0) == (None, None, 1)


@pytest.mark.parametrize(("outcome", "share"), [("confirmed", 1.0), ("partly", 0.5), ("refuted", 0.0)])
def test_a_refutation_never_helps_where_nothing_is_favourable(
    methodology: Methodology, fill: Fill, outcome: str, share: float
) -> None:
    from models.assessment.indicators import evaluate

    con = duckdb.connect()
    rows = (
        "society | setting | rep_limit | jif_threshold | evidence\nA | awards | | 是 | \nA | talent | | 是 | "
    )
    check = f"society | family | method | outcome\nA | evaluation_activities | onsite | {outcome}"
    fill(con, {"annual_reports": REPORT, "evaluation_activities": rows, "verifications": check})
    found = compute(con, SPEC_YEAR, methodology)
    societies = pl.DataFrame({"society_id": ["x/1/A"], "peer_group": ["x"], "size_class": ["micro"]})
    one = evaluate(found.measures, found.signals, societies, methodology).filter(pl.col("indicator") == "4.5")
    assert one["numerator_raw"].item() == 0
    assert one["evidence_share"].item() == share
