"""Vetoes and holds: only a document with number and date bars, review pauses, time runs out."""

from datetime import date

import polars as pl
import pytest

from data_contracts.contract import load_contract
from models.assessment.eligibility import bars

FIELDS = {f.name for f in load_contract("credit_records").fields}


def records(*given: dict[str, object]) -> pl.DataFrame:
    ordinary = {
        "society_id": "S", "report_year": 2025, "record_id": "R1", "record_type": "false_report",
        "doc_no": "民罚〔2025〕1号", "doc_date": date(2025, 3, 1), "issued_by": "民政局",
        "status": "in_force", "until": None,
    }  # fmt: skip
    assert set(ordinary) == FIELDS
    schema = {**dict.fromkeys(ordinary, pl.String), "report_year": pl.Int64}
    schema |= {"doc_date": pl.Date, "until": pl.Date}
    return pl.DataFrame([{**ordinary, **g} for g in given], schema=schema)


def barred(methodology, *given):
    return bars(records(*given), 2025, methodology).rows()


def test_a_documented_record_in_force_is_a_veto(methodology):
    assert barred(methodology, {}) == [("S", "false_report", None)]


@pytest.mark.parametrize("lacking", [{"doc_no": None}, {"doc_no": "  "}, {"doc_date": None}])
def test_without_number_or_date_it_has_no_effect(methodology, lacking):
    assert barred(methodology, lacking) == []


def test_review_pauses_the_veto_and_holds_the_naming(methodology):
    assert barred(methodology, {"status": "under_review"}) == [("S", None, "veto_under_review")]
    assert barred(methodology, {"status": "under_review", "doc_no": None}) == []


def test_lifted_and_run_out_records_have_no_effect(methodology):
    assert barred(methodology, {"status": "lifted"}) == []
    assert barred(methodology, {"until": date(2025, 12, 30)}) == []
    assert barred(methodology, {"until": date(2025, 12, 31)}) == [("S", "false_report", None)]
    assert barred(methodology, {"report_year": 2024}) == []


def test_an_open_serious_case_holds_and_does_not_veto(methodology):
    open_case = {"record_type": "open_serious_case", "doc_no": None, "doc_date": None}
    assert barred(methodology, open_case) == [("S", None, "open_serious_case")]
    assert barred(methodology, {**open_case, "status": "lifted"}) == []


def test_each_kind_can_be_switched_off(revised, methodology):
    off = [r.model_copy(update={"is_on": False}) for r in methodology.vetoes.records]
    assert barred(revised(vetoes={"records": off}), {}) == []
    case = [r.model_copy(update={"is_on": False}) for r in methodology.holds.records]
    assert barred(revised(holds={"records": case}), {"record_type": "open_serious_case"}) == []
    pause = methodology.holds.paused_veto.model_copy(update={"is_on": False})
    assert barred(revised(holds={"paused_veto": pause}), {"status": "under_review"}) == []


def test_of_several_the_first_in_the_methodology_is_named(methodology):
    found = barred(
        methodology,
        {"record_type": "award_fee"},
        {"record_type": "concealment"},
        {"record_type": "open_serious_case"},
        {"society_id": "T", "record_type": "retaliation"},
    )
    assert found == [("S", "concealment", "open_serious_case"), ("T", "retaliation", None)]


def test_every_record_type_of_the_contract_is_ruled_on(methodology):
    types = {e.code for e in load_contract("credit_records").field("record_type").enum}
    assert types == {r.code for r in (*methodology.vetoes.records, *methodology.holds.records)}


def test_no_records_bar_nobody(methodology):
    assert bars(records(), 2025, methodology).shape == (0, 3)
