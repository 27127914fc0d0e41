"""From facts in DuckDB to the frames of the assessment: population, shapes, states, determinism."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import polars as pl
import pytest
from stdnum.cn import uscc

from data_contracts import ddl
from data_contracts.contract import load_contract, load_contracts
from models.assessment.assess import Assessment, assess, coherence_frame
from models.assessment.methodology.uncertainty_rules import SignOff
from models.assessment.scoring import score
from models.errors import FengqingError

YEAR = 2025

FRAMES = {
    "societies": {
        "society_id": pl.String, "name": pl.String, "level": pl.String, "reporting_line": pl.String,
        "supervisor_id": pl.String, "supervisor_name": pl.String, "cast_class": pl.String,
        "size_class": pl.String, "has_cases": pl.Boolean, "individual_members": pl.Int64,
        "peer_group": pl.String, "peer_n": pl.Int64, "in_scope": pl.Boolean, "filed": pl.Boolean,
    },
    "indicators": {
        "society_id": pl.String, "indicator": pl.String, "dimension": pl.String, "state": pl.String,
        "numerator": pl.Float64, "numerator_raw": pl.Float64, "denominator": pl.Float64, "value": pl.Float64,
        "value_raw": pl.Float64, "shrunk": pl.Boolean, "low": pl.Float64, "high": pl.Float64,
        "target": pl.Float64, "score": pl.Float64, "weight": pl.Float64, "grade": pl.String,
        "is_verified": pl.Boolean, "peer_mean": pl.Float64, "absence": pl.String,
        "missing_case": pl.String, "prior_mean": pl.Float64, "prior_weight": pl.Float64,
        "prior_source": pl.String, "evidence_share": pl.Float64, "self_reported_share": pl.Float64,
        "worst": pl.Float64, "best": pl.Float64,
    },
    "dimensions": {
        "society_id": pl.String, "dimension": pl.String, "score": pl.Float64, "applicable_weight": pl.Float64,
        "low": pl.Float64, "high": pl.Float64, "peer_mean": pl.Float64, "peer_median": pl.Float64,
    },
    "composite": {
        "society_id": pl.String, "score": pl.Float64, "low": pl.Float64, "high": pl.Float64,
        "joint_low": pl.Float64, "joint_high": pl.Float64, "worst": pl.Float64, "best": pl.Float64,
        "band": pl.String, "applicable_weight": pl.Float64, "not_reported_n": pl.Int64, "pending_n": pl.Int64,
        "verified_share": pl.Float64, "peer_group": pl.String, "peer_n": pl.Int64, "rank": pl.Int64,
        "rank_low": pl.Int64, "rank_high": pl.Int64, "joint_rank_low": pl.Int64, "joint_rank_high": pl.Int64,
        "veto_code": pl.String, "hold_code": pl.String,
        "unrated_reason": pl.String,
    },
    "exemplars": {
        "society_id": pl.String, "decision": pl.String, "reason_code": pl.String, "reason_zh": pl.String,
        "reason_en": pl.String, "quota_class": pl.String, "stability": pl.Float64,
        "practice_tag": pl.String,
    },
    "band_probabilities": {
        "society_id": pl.String, "band": pl.String, "data": pl.Float64, "method": pl.Float64,
        "joint": pl.Float64,
    },
    "selection_probabilities": {
        "society_id": pl.String, "data": pl.Float64, "method": pl.Float64, "joint": pl.Float64,
    },
    "rank_sets": {
        "society_id": pl.String, "peer_group": pl.String, "low": pl.Int64, "high": pl.Int64,
        "top_n": pl.Int64, "may_be_top": pl.Boolean, "is_surely_top": pl.Boolean, "level": pl.Float64,
        "basis": pl.String,
    },
    "sensitivity": {
        "output": pl.String, "input": pl.String, "first": pl.Float64, "first_low": pl.Float64,
        "first_high": pl.Float64, "total": pl.Float64, "total_low": pl.Float64, "total_high": pl.Float64,
    },
    "coherence": {
        "check": pl.String, "item": pl.String, "other": pl.String, "value": pl.Float64, "minimum": pl.Float64,
        "maximum": pl.Float64, "n": pl.Int64, "breached": pl.Boolean, "signed": pl.Boolean,
    },
}  # fmt: skip


def code(n: int) -> str:
    body = f"519900009{n:08d}"
    return body + uscc.calc_check_digit(body)


def insert(con: duckdb.DuckDBPyConnection, family: str, *rows: dict[str, object]) -> None:
    """Insert rows with lineage; columns not given stay null."""
    fields = [f.name for f in load_contract(family).fields]
    for n, row in enumerate(rows, start=1):
        assert set(row) <= set(fields)
        lineage = {
            "row_id": f"{family}/{json.dumps(row, default=str, ensure_ascii=False)}/{n}",
            "source_file": "f" * 64, "source_sheet": family, "source_row": n,
            "not_applicable_fields": [], "not_counted_fields": [],
        }  # fmt: skip
        values = {**row, **lineage}
        con.execute(
            f"insert into {family} ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
        )


def society(n: int, **given: object) -> dict[str, object]:
    return {
        "society_id": code(n), "report_year": YEAR, "name": f"虚构学会{n}", "level": "city",
        "reporting_line": "110000", "reg_status": "registered", "supervisor_id": "U1", "cast_class": "A",
        "in_scope": True, **given,
    }  # fmt: skip


def report(n: int, **given: object) -> dict[str, object]:
    return {
        "society_id": code(n), "report_year": YEAR, "name": f"虚构学会{n}", "template_version": "1.2",
        "revision": 0, "zero_case_declared": True, "individual_members": 2000, "journals_n": 0,
        "members_due": 100, "pledged_n": 80, "integrity_planned_n": 4, "integrity_done_n": 4,
        "trained_members_n": 800, "council_n": 20, "council_45_n": 5,
        "disclosed": ["annual_report", "norms", "notices"], "evidence": "附件1", **given,
    }  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> duckdb.DuckDBPyConnection:
    """24 societies: 1 good and checked, 2 vetoed, 3 not filed, 4 out of scope, 5 preparing, others plain."""
    con = duckdb.connect()
    for contract in load_contracts().values():
        con.execute(ddl.create_table(contract))
    insert(con, "units", {"unit_id": "U1", "report_year": YEAR, "name": "虚构主管单位"})
    special = {4: {"in_scope": False}, 5: {"reg_status": "preparing"}, 6: {"supervisor_id": None}}
    insert(con, "societies", *(society(n, **special.get(n, {})) for n in range(1, 25)))
    insert(con, "societies", society(1, report_year=YEAR - 1), society(99, report_year=YEAR - 1))
    insert(con, "annual_reports", *(report(n) for n in range(1, 25) if n != 3))
    insert(
        con,
        "documents",
        *(
            {
                "society_id": code(n), "report_year": YEAR, "doc_id": f"D{kind}", "doc_type": kind,
                "title": kind,
                "stage": stage, "approved_on": date(2025, 5, 1) if stage == "approved" else None,
                "approval_no": "核1" if stage == "approved" else None, "effective_on": date(2025, 6, 1),
                "published_on": date(2025, 5, 20),
                "elements": [e.code for e in load_contract("documents").field("elements").enum],
                "channels": ["website", "council", "conference", "journal"], "evidence": "附件",
            }
            for n in (1, 2)
            for kind, stage in (
                ("charter", "approved"), ("convention", "effective"), ("ethics_code", "effective"),
                ("evaluation_norm", "effective"), ("investigation_procedure", "effective"),
            )
        ),
    )  # fmt: skip
    insert(
        con,
        "education_sessions",
        *(
            {
                "society_id": code(n), "report_year": YEAR, "session_id": f"E{quarter}", "name": "学风讲座",
                "held_on": date(YEAR, 3 * quarter, 1), "mode": "onsite", "role": "host", "onsite_n": 100,
                "topics": ["scientist_spirit", "research_integrity", "research_ethics", "style_of_work"],
                "audiences": ["graduates", "senior_undergraduates", "new_staff", "new_supervisors"],
                "verify": "sign_in", "has_case_lesson": True, "minutes": 60, "evidence": "附件",
            }
            for n in (1, 2)
            for quarter in (1, 2, 3, 4)
        ),
    )  # fmt: skip
    insert(
        con,
        "youth_participation",
        *(
            {
                "society_id": code(n), "report_year": YEAR, "item_id": "Y1", "youth_type": "exchange",
                "name": "青年沙龙", "mentoring": ["mechanism", "records", "follow_up"], "evidence": "附件",
            }
            for n in (1, 2)
        ),
    )  # fmt: skip
    checked = (
        "annual_reports",
        "documents",
        "education_sessions",
        "education_attendance",
        "youth_participation",
    )
    insert(
        con,
        "verifications",
        *(
            {
                "society_id": code(n), "report_year": YEAR, "verification_id": f"V{family}", "family": family,
                "method": "mystery_visit" if family == "supervision_channel" else "onsite",
                "outcome": "confirmed", "verified_by": "抽核组", "verified_on": date(2026, 7, 1),
                "status": "done",
            }
            for n in (1, 2)
            for family in (*checked, "supervision_channel")
        ),
    )  # fmt: skip
    record = {
        "report_year": YEAR, "record_type": "false_report", "issued_by": "民政局", "status": "in_force",
        "doc_date": date(2025, 8, 1),
    }  # fmt: skip
    insert(
        con,
        "credit_records",
        {"society_id": code(2), "record_id": "R1", "doc_no": "民罚1号", **record},
        {"society_id": code(1), "record_id": "R2", **record},  # no document number: no effect
    )
    insert(
        con,
        "practice_nominations",
        {
            "society_id": code(1), "report_year": YEAR, "nomination_id": "N1", "practice_tag": "education",
            "title": "常态化学风教育",
        },
    )  # fmt: skip
    return con


@pytest.fixture(scope="module")
def assessed(facts, methodology) -> Assessment:
    return assess(facts, YEAR, methodology, seed=20250601)


def row(frame: pl.DataFrame, n: int) -> dict[str, object]:
    return frame.filter(pl.col("society_id") == code(n)).row(0, named=True)


@pytest.mark.parametrize("name", list(FRAMES))
def test_frames_have_the_agreed_columns_and_types(assessed, name):
    assert dict(getattr(assessed, name).schema) == FRAMES[name]


def test_population_is_registered_and_in_scope_of_the_year(assessed):
    ids = assessed.societies["society_id"]
    assert ids.is_sorted() and set(ids) == {code(n) for n in range(1, 25) if n not in {4, 5}}
    assert row(assessed.societies, 1)["supervisor_name"] == "虚构主管单位"
    assert row(assessed.societies, 6)["supervisor_name"] is None
    for name in ("composite", "exemplars"):
        assert getattr(assessed, name)["society_id"].to_list() == ids.to_list()
    assert len(assessed.dimensions) == 7 * len(ids) and len(assessed.indicators) == 37 * len(ids)


def test_society_that_did_not_file(assessed):
    assert row(assessed.societies, 3)["filed"] is False and row(assessed.societies, 3)["peer_group"] is None
    composite = row(assessed.composite, 3)
    assert (composite["band"], composite["unrated_reason"]) == ("unrated", "NOT_FILED")
    assert composite["score"] is None and composite["rank"] is None and composite["low"] is None
    assert row(assessed.exemplars, 3)["reason_code"] == "NOT_FILED"
    dimensions = assessed.dimensions.filter(pl.col("society_id") == code(3))
    assert dimensions["score"].null_count() == 7


def test_scores_follow_from_the_indicators(assessed, methodology):
    counted = assessed.indicators.filter(pl.col("score").is_not_null())
    expected = counted.group_by("society_id").agg(
        (100 * (pl.col("weight") * pl.col("score")).sum() / pl.col("weight").sum()).alias("expected"),
        pl.col("weight").sum().alias("total"),
    )
    joined = assessed.composite.drop_nulls("score").join(expected, on="society_id")
    assert len(joined) == 21
    assert (joined["score"] - joined["expected"]).abs().max() < 1e-6
    assert (joined["applicable_weight"] - joined["total"]).abs().max() < 1e-9
    for low, high in (("low", "high"), ("joint_low", "joint_high"), ("worst", "score"), ("score", "best")):
        assert (joined[low] <= joined[high]).all()
    assert (joined["rank_low"] <= joined["rank_high"]).all()


def test_good_and_checked_is_selected_and_a_veto_without_number_has_no_effect(assessed):
    good = row(assessed.composite, 1)
    assert good["band"] == "excellent" and good["veto_code"] is None and good["rank"] == 1
    exemplar = row(assessed.exemplars, 1)
    assert (exemplar["decision"], exemplar["reason_code"]) == ("selected", "SELECTED")
    assert exemplar["practice_tag"] == "education"
    chain = assessed.decision_gates.filter(pl.col("society_id") == exemplar["society_id"])
    assert set(chain["outcome"]) == {"passed"}


def test_a_documented_veto_bars_without_changing_the_score(assessed):
    vetoed, good = row(assessed.composite, 2), row(assessed.composite, 1)
    assert vetoed["score"] == good["score"] and vetoed["rank"] == 1
    assert (vetoed["band"], vetoed["veto_code"]) == ("good", "false_report")
    assert row(assessed.exemplars, 2)["reason_code"] == "VETO"


def test_peers_means_are_over_the_rated_of_the_group(assessed):
    group = assessed.societies.select("society_id", "peer_group").drop_nulls()
    d5 = assessed.dimensions.filter(pl.col("dimension") == "D5").join(group, on="society_id")
    assert d5["peer_group"].n_unique() == 1 and len(d5) == 21
    assert d5["peer_mean"][0] == pytest.approx(d5["score"].mean())
    assert d5["peer_median"][0] == pytest.approx(d5["score"].median())
    assert set(assessed.composite.drop_nulls("peer_group")["peer_n"]) == {21}


def test_same_facts_and_seed_give_the_same_bits(facts, assessed, methodology):
    again = assess(facts, YEAR, methodology, seed=20250601)
    for name in FRAMES:
        assert getattr(again, name).equals(getattr(assessed, name)), name
    given = assess(facts, YEAR, methodology, seed=20250601, measures=assessed.measures)
    assert given.composite.equals(assessed.composite)
    other = assess(facts, YEAR, methodology, seed=1)
    assert other.composite["score"].equals(assessed.composite["score"])
    assert not other.composite["joint_low"].equals(assessed.composite["joint_low"])


def test_a_run_of_few_societies_is_provisional_until_each_breach_is_signed(facts, assessed, methodology):
    # 20 rated societies are too few to judge any indicator by.
    few = assessed.coherence.filter(pl.col("check") == "observations")
    assert few["breached"].all() and len(few) == 37
    assert assessed.is_provisional
    text = {"zh": "试点年度，学会数量少。", "en": "A pilot year with few societies."}
    signed = [
        SignOff(check=check, item=item, other=other, text=text, role="方法组", signed_on=date(2026, 6, 1))
        for check, item, other in assessed.coherence.filter("breached")
        .select("check", "item", "other")
        .rows()
    ]
    rules = methodology.coherence.model_copy(update={"sign_offs": signed})
    again = assess(facts, YEAR, methodology.model_copy(update={"coherence": rules}), seed=20250601)
    assert not again.is_provisional
    assert again.composite.equals(assessed.composite)


def test_nobody_rated_has_no_coherence_to_judge(assessed, methodology):
    scores = score(assessed.societies.with_columns(filed=pl.lit(False)), assessed.indicators, methodology)
    assert coherence_frame(scores, methodology).is_empty()


def test_past_selections_rotate_a_society_out(facts, methodology):
    past = pl.DataFrame({"society_id": [code(1)] * 2, "year": [2023, 2024]})
    found = assess(facts, YEAR, methodology, seed=20250601, past=past)
    assert row(found.exemplars, 1)["reason_code"] == "ROTATION"


def test_a_year_without_societies_says_what_to_do(facts, methodology):
    with pytest.raises(FengqingError) as caught:
        assess(facts, 2026, methodology, seed=1)
    assert caught.value.code == "NO_SOCIETIES" and "2026" in caught.value.zh and "register" in caught.value.en
