"""Outside signals: which records forbid “not applicable”, and for which indicators."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from models.assessment.methodology import Methodology
from models.measures.engine import compute
from models.publication.specs import SPEC_YEAR

COMMISSION = (
    "society | recorded_by | case_id | commission_no | accepted_on\nA | commissioner | W1 | 委1 | 2025-02-01"
)


@pytest.mark.parametrize(
    ("given", "signal", "indicators"),
    [
        ({"investigations": COMMISSION}, "unreported_commission", {"3.2", "3.3", "3.4"}),
        (
            {"credit_records": "society | record_type | status\nA | concealment | under_review"},
            "concealment_record",
            {"3.2", "3.3", "3.4", "3.5"},
        ),
        (
            {"credit_records": "society | record_type\nA | open_serious_case"},
            "open_serious_case",
            {"3.2", "3.3", "3.4", "3.5"},
        ),
        (
            {"credit_records": "society | record_type\nA | award_fee"},
            "award_fee_record",
            {"4.4", "4.5", "6.3"},
        ),
        ({"evaluation_activities": "society | setting\nA | awards"}, "awards_filed", {"6.3"}),
        (
            {"youth_participation": "society | item_id | youth_type\nA | Y1 | award"},
            "winners_filed",
            {"4.4", "4.5"},
        ),
        (
            {
                "annual_reports": "society | individual_members | trained_members_n\nA | 100 | 3",
                "education_attendance": "society | session_id | person_key\nA | S1 | P1\nA | S1 | P2",
            },
            "declared_above_roster",
            {"5.2"},
        ),
        (
            {"verifications": "society | family | outcome\nA | supervision_issues | refuted"},
            "refuted_filing",
            {"7.2", "7.3", "7.5"},
        ),
    ],
)
def test_signal(
    methodology: Methodology,
    fill: Callable[[duckdb.DuckDBPyConnection, dict[str, str]], None],
    given: dict[str, str],
    signal: str,
    indicators: set[str],
) -> None:
    con = duckdb.connect()
    fill(con, given)
    found = compute(con, SPEC_YEAR, methodology).signals
    assert set(found.iter_rows()) == {("x/1/A", code, signal) for code in indicators}


@pytest.mark.parametrize(
    "given",
    [
        {"investigations": COMMISSION + "\nA | society | A1 | 委1 | 2025-02-01"},
        {"credit_records": "society | record_type | status\nA | concealment | lifted"},
        {"credit_records": "society | record_type\nA | serious_list"},
        {"evaluation_activities": "society | setting\nA | talent"},
        {"verifications": "society | family | subject_id | outcome\nA | supervision_issues | W1 | refuted"},
        {"verifications": "society | family | outcome | status\nA | supervision_issues |  | pending"},
        {"credit_records": "society | report_year | record_type\nA | 2024 | concealment"},
    ],
    ids=["filed", "lifted", "other record", "other setting", "one row only", "pending", "other year"],
)
def test_no_signal(
    methodology: Methodology,
    fill: Callable[[duckdb.DuckDBPyConnection, dict[str, str]], None],
    given: dict[str, str],
) -> None:
    con = duckdb.connect()
    fill(con, given)
    assert compute(con, SPEC_YEAR, methodology).signals.is_empty()
