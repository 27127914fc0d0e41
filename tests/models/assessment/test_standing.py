"""What stands against a decision: hints without a document, objections and what their outcome does."""

from datetime import date

import polars as pl
import pytest

from models.assessment.standing import objection_frame, standing

CHECKS = pl.Schema({"society_id": pl.String, "status": pl.String, "verified_on": pl.Date})
NOTICES = pl.Schema({"society_id": pl.String, "publicity_from": pl.Date, "publicity_to": pl.Date})


def objected(methodology, checks=(), **given):
    ordinary = {
        "society_id": "S", "objection_id": "O1", "raised_on": date(2026, 7, 1), "subject": "x",
        "has_real_name": True, "evidence": "附件1", "acknowledged_on": date(2026, 7, 3),
        "answered_on": date(2026, 7, 20), "handler_recused": True, "outcome": "upheld",
    }  # fmt: skip
    frame = pl.DataFrame(
        [{**ordinary, **given}], schema_overrides={"evidence": pl.String, "answered_on": pl.Date}
    )
    notice = [("S", date(2026, 6, 25), date(2026, 7, 6))]
    return objection_frame(
        frame, pl.DataFrame(list(checks), schema=CHECKS, orient="row"),
        pl.DataFrame(notice, schema=NOTICES, orient="row"), methodology,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "effect"),
    [("upheld", "none"), ("pending", "shown"), ("adjusted", "hold"), ("revoked", "revoked")],
)
def test_each_outcome_has_its_effect(methodology, outcome, effect):
    found = objected(methodology, outcome=outcome)
    assert found["effect"].to_list() == [effect]
    assert found["is_within_notice"].to_list() == [True]
    assert found["acknowledged_days"].to_list() == [2]


@pytest.mark.parametrize("lacking", [{"has_real_name": False}, {"evidence": None}, {"evidence": " "}])
def test_without_name_or_evidence_it_has_no_effect(methodology, lacking):
    assert objected(methodology, outcome="revoked", **lacking)["effect"].to_list() == ["none"]


def test_an_adjustment_holds_until_a_check_after_the_answer(methodology):
    before = [("S", "done", date(2026, 7, 19))]
    after = [("S", "done", date(2026, 7, 20))]
    assert objected(methodology, before, outcome="adjusted")["effect"].to_list() == ["hold"]
    assert objected(methodology, after, outcome="adjusted")["effect"].to_list() == ["corrected"]


def test_days_are_working_days_and_lateness_is_told(methodology):
    assert objected(methodology, answered_on=date(2026, 7, 29))["is_late"].to_list() == [False]
    assert objected(methodology, answered_on=date(2026, 7, 30))["is_late"].to_list() == [True]


def records(*given):
    ordinary = {
        "society_id": "S", "report_year": 2025, "record_type": "", "doc_no": "1号",
        "doc_date": date(2025, 3, 1), "status": "in_force", "until": None,
    }  # fmt: skip
    schema = {
        **dict.fromkeys(ordinary, pl.String),
        "report_year": pl.Int64,
        "doc_date": pl.Date,
        "until": pl.Date,
    }
    return pl.DataFrame([{**ordinary, **g} for g in given], schema=schema)


def stood(methodology, objections, credit=(), **said):
    register = {
        "society_id": "S",
        "annual_check": "passed",
        "credit_flag": "none",
        "cast_action": "none",
        **said,
    }
    societies = pl.DataFrame({"society_id": ["R", "S"]})
    return standing(
        societies, pl.DataFrame([register]), records(*credit), objections, methodology, 2025
    ).row(1, named=True)  # fmt: skip


def test_objections_hold_or_withdraw(methodology):
    held = stood(methodology, objected(methodology, outcome="adjusted"))
    assert (held["hold_code"], held["objection_code"]) == ("objection_adjusted", None)
    revoked = stood(methodology, objected(methodology, outcome="revoked"))
    assert (revoked["hold_code"], revoked["objection_code"]) == (None, "objection_revoked")
    pending = stood(methodology, objected(methodology, outcome="pending"))
    assert (pending["hold_code"], pending["has_open_objection"]) == (None, True)


def test_the_register_hints_and_does_not_bar(methodology, revised):
    none = objected(methodology).clear()
    found = stood(methodology, none, annual_check="failed", credit_flag="abnormal")
    assert (found["hint_codes"], found["veto_code"], found["hold_code"]) == (
        "annual_check_shown,abnormal_list_shown", None, None,
    )  # fmt: skip
    documented = stood(methodology, none, [{"record_type": "annual_check_failed"}], annual_check="failed")
    assert (documented["hint_codes"], documented["veto_code"]) == (None, "annual_check_failed")
    strict = [h.model_copy(update={"holds": True}) for h in methodology.register_hints.records]
    held = stood(revised(register_hints={"records": strict}), none, annual_check="absent")
    assert held["hold_code"] == "annual_check_shown"
