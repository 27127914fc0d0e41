"""Exemplar decisions: every gate by hand, one reason for each society, stability, practice and rotation."""

import numpy as np
import polars as pl
import pytest

from models.assessment.exemplars import NO_YEARS, Candidates, decide, practice_tags
from models.assessment.reasons import gates
from models.assessment.scoring import score
from models.assessment.uncertainty import draw


@pytest.fixture
def decided(society_frame, indicator_frame, barred_frame, plain, certain_cells):
    """Decide over a few societies: {id: {"score", named scores, "veto", "hold", "tag", society columns}}."""

    def make(given, method=plain, past=(), unverified=frozenset(), *, seed=1, must_nominate=False):
        exemplars = method.exemplars.model_copy(update={"is_nomination_needed": must_nominate})
        # Only the weights vary, so that what a draw selects can be told by hand.
        method = method.model_copy(update={"exemplars": exemplars, "uncertainty": plain.uncertainty})
        columns = {"level", "size_class", "cast_class", "supervisor_id", "filed", "reporting_line"}
        societies = society_frame({s: {k: v for k, v in g.items() if k in columns} for s, g in given.items()})
        named = {(s, k): v for s, g in given.items() for k, v in g.get("named", {}).items()}
        frame = indicator_frame({s: g.get("score", 0.95) for s, g in given.items()}, named, unverified)
        scores = score(societies, frame, method)
        ids = societies["society_id"].to_list()
        barred = barred_frame(given)
        candidates = Candidates(
            societies=societies,
            scores=scores,
            draws=draw(certain_cells(scores.indicator, scores.is_rated), method, seed),
            barred=barred,
            practice_tag=pl.Series([given[s].get("tag") for s in ids], dtype=pl.String),
            past=pl.DataFrame(list(past), schema=NO_YEARS, orient="row"),
        )
        decision = decide(candidates, 2025, method)
        chain = gates(decision.facts, method).partition_by("society_id", as_dict=True)
        return {
            row["society_id"]: {**row, "gates": chain[row["society_id"],].to_dicts()}
            for row in decision.exemplars.to_dicts()
        }

    return make


def codes(found):
    return {s: row["reason_code"] for s, row in found.items()}


def test_each_gate_has_its_reason_and_the_first_one_wins(decided):
    found = decided(
        {
            "in": {},
            "not_filed": {"filed": False, "veto": "concealment"},
            "thin": {"named": {"D1": None, "D2": None, "D3": None}},
            "vetoed": {"veto": "false_report", "hold": "open_serious_case", "score": 0.5},
            "held": {"hold": "open_serious_case"},
            "low": {"score": 0.79},
            "edge": {"score": 0.80},
            "uneven": {"named": {"D7": 0.69}},
            "unproven": {},
        },
        unverified=frozenset({("unproven", "D3"), ("unproven", "5.1"), ("unproven", "2.5")}),
    )
    assert codes(found) == {
        "in": "SELECTED", "not_filed": "NOT_FILED", "thin": "APPLICABLE_WEIGHT", "vetoed": "VETO",
        "held": "HOLD", "low": "SCORE_FLOOR", "edge": "SELECTED", "uneven": "DIMENSION_FLOOR",
        "unproven": "VERIFIED_SHARE",
    }  # fmt: skip
    assert found["in"]["decision"] == "selected" and found["in"]["stability"] == 1.0
    assert found["low"]["decision"] == "not_selected" and found["low"]["stability"] == 0.0
    assert found["not_filed"]["stability"] is None


def test_reasons_carry_the_society_own_figures(decided):
    found = decided({
        "low": {"score": 0.799_999},
        "uneven": {"named": {"D7": 0.69}},
        "vetoed": {"veto": "false_report"},
        "thin": {"named": {"D1": None, "D2": None, "D3": None}},
    })  # fmt: skip
    assert found["low"]["reason_zh"] == "综合得分79.99，低于80"  # cut, not rounded up to the threshold
    assert found["uneven"]["reason_zh"] == "社会监督得分69，低于70"
    assert found["uneven"]["reason_en"] == "Public supervision scores 69, below 70"
    assert found["vetoed"]["reason_zh"] == "否决评优：报送造假"
    assert found["thin"]["reason_en"] == "Applicable weight 56 is below 60; not rated"


def test_gates_are_listed_with_figure_and_threshold(decided):
    found = decided({"uneven": {"named": {"D7": 0.69}}})["uneven"]
    steps = {g["gate"]: g for g in found["gates"]}
    assert steps["score"]["outcome"] == "passed"
    assert (steps["score"]["figure"], steps["score"]["threshold"]) == (pytest.approx(92.4), 80.0)
    assert steps["score"]["text_zh"] == "综合得分92.4，不低于80"
    assert (steps["dimension_floor"]["outcome"], steps["dimension_floor"]["figure"]) == ("failed", 69.0)
    assert steps["dimension_floor"]["detail"] == "D7"
    assert steps["dimension_floor"]["text_zh"] == found["reason_zh"]
    assert steps["quota"]["outcome"] == "not_reached"
    assert list(steps) == [
        "filed", "applicable_weight", "veto", "hold", "objection", "register", "score", "dimension_floor",
        "verified_share", "line", "quota", "stability", "practice_tag", "rotation",
    ]  # fmt: skip


def test_every_rule_that_can_be_judged_is_judged(decided):
    found = decided({"bad": {"veto": "false_report", "hold": "open_serious_case", "score": 0.5}})["bad"]
    failed = [g["gate"] for g in found["gates"] if g["outcome"] == "failed"]
    assert failed == ["veto", "hold", "score", "dimension_floor"]


def test_a_hint_of_the_register_is_shown_and_changes_nothing(decided):
    found = decided({"S": {"hint": "annual_check_shown"}})["S"]
    hint = next(g for g in found["gates"] if g["gate"] == "register")
    assert found["decision"] == "selected" and hint["outcome"] == "flagged"
    assert hint["text_zh"] == "登记信息提示：名册载年检不合格或未参检，待核文书（不影响结论）"


def test_an_upheld_objection_withdraws_the_recommendation(decided):
    assert codes(decided({"S": {"objection": "objection_revoked"}, "T": {}})) == {
        "S": "OBJECTION",
        "T": "SELECTED",
    }


def test_national_bodies_are_outside_the_lines(decided):
    found = decided({"N": {"reporting_line": "000000"}, "C": {}})
    outcomes = {s: {g["gate"]: g for g in row["gates"]}["line"] for s, row in found.items()}
    assert outcomes["N"]["outcome"] == "not_applicable" and outcomes["C"]["outcome"] == "passed"
    assert "北京：合格1个" in outcomes["C"]["text_zh"]


def test_verified_share_of_exactly_the_threshold_passes(decided):
    # D3 (16) and 7.1, 2.2 (2 + 3) unchecked: 79; without 7.5 (1) it is 80 of 100
    unverified = frozenset({("S", "D3"), ("S", "2.2"), ("S", "7.5")})
    assert codes(decided({"S": {}}, unverified=unverified)) == {"S": "SELECTED"}


def test_nomination_is_a_gate_only_when_switched_on(decided):
    given = {"plain": {}, "nominated": {"tag": "education"}}
    assert set(codes(decided(given)).values()) == {"SELECTED"}
    found = decided(given, must_nominate=True)
    assert codes(found) == {"plain": "NOT_NOMINATED", "nominated": "SELECTED"}
    assert "nominated" in {g["gate"] for g in found["plain"]["gates"]}


def test_places_run_out_by_class(decided, revised):
    three = revised(exemplars={"places_minimum": 3, "small_share": 0.0})
    given = {f"A{n}": {"score": 0.99 - n / 100} for n in range(4)} | {
        "B0": {"cast_class": "B", "score": 0.85}
    }
    found = decided(given, three)
    # √4 : √1 of three places = 2 : 1
    assert codes(found) == {
        "A0": "SELECTED", "A1": "SELECTED", "A2": "QUOTA_CLASS", "A3": "QUOTA_CLASS", "B0": "SELECTED",
    }  # fmt: skip
    assert found["A2"]["reason_zh"] == "学科类别理科名额2个，类内第3名，未进入"
    assert found["A2"]["quota_class"] == "A"


def test_national_cap_and_small_reserve_have_their_own_reasons(decided, revised):
    five = revised(exemplars={"places_minimum": 5})
    given = {f"N{n}": {"level": "national", "score": 0.99 - n / 100} for n in range(4)}
    given |= {"C0": {"score": 0.90}, "C1": {"score": 0.89}, "C2": {"score": 0.88}}
    found = decided(given, five)
    # five places: one kept for small (none here), two for national ones, two for the rest
    assert codes(found) == {
        "N0": "SELECTED", "N1": "SELECTED", "N2": "QUOTA_LEVEL", "N3": "QUOTA_LEVEL",
        "C0": "SELECTED", "C1": "SELECTED", "C2": "QUOTA_SMALL",
    }  # fmt: skip
    assert found["N2"]["reason_en"] == "National societies are capped at 2 places"


def test_selection_that_the_weights_upset_is_refused(decided, revised):
    one = revised(exemplars={"places_minimum": 1, "small_share": 0.0})
    # equal but for two indicators of equal weight: a coin toss between the two
    given = {
        "S1": {"score": 1.0, "named": {"1.2": 0.90, "1.4": 1.0}},
        "S2": {"score": 1.0, "named": {"1.2": 1.0, "1.4": 0.899}},
    }
    found = decided(given, one)
    assert codes(found) == {"S1": "STABILITY", "S2": "QUOTA_CLASS"}
    assert found["S1"]["stability"] + found["S2"]["stability"] == pytest.approx(1.0)
    assert found["S1"]["stability"] == pytest.approx(0.5, abs=0.1)


def test_stability_of_exactly_the_minimum_passes(decided, revised):
    given = {
        "S1": {"score": 1.0, "named": {"1.2": 0.90, "1.4": 1.0}},
        "S2": {"score": 1.0, "named": {"1.2": 1.0, "1.4": 0.899}},
    }
    quota = {"places_minimum": 1, "small_share": 0.0}
    share = decided(given, revised(exemplars=quota))["S1"]["stability"]
    exact = revised(exemplars={**quota, "minimum_stability": share})
    assert codes(decided(given, exact))["S1"] == "SELECTED"
    above = revised(exemplars={**quota, "minimum_stability": share + 0.001})
    assert codes(decided(given, above))["S1"] == "STABILITY"


def test_equal_in_every_figure_goes_to_the_panel(decided, revised):
    one = revised(exemplars={"places_minimum": 1, "small_share": 0.0})
    assert codes(decided({"S1": {}, "S2": {}}, one)) == {"S1": "SELECTED", "S2": "TIE"}


def test_ties_go_by_verified_share_before_the_code(decided, revised):
    one = revised(exemplars={"places_minimum": 1, "small_share": 0.0})
    found = decided({"S1": {}, "S2": {}}, one, unverified=frozenset({("S1", "7.5")}))
    assert codes(found) == {"S1": "QUOTA_CLASS", "S2": "SELECTED"}


def test_one_a_practice_and_supervisor(decided, revised):
    given = {
        "S1": {"tag": "education", "score": 0.90},
        "S2": {"tag": "education", "score": 0.95},
        "S3": {"tag": "youth", "score": 0.90},
        "S4": {"tag": "education", "supervisor_id": "U2", "score": 0.85},
        "S5": {"tag": "education", "supervisor_id": None, "score": 0.85},
        "S6": {"tag": "education", "supervisor_id": None, "score": 0.85},
    }
    found = decided(given)
    assert codes(found) == {s: "PRACTICE_TAG" if s == "S1" else "SELECTED" for s in given}
    assert found["S1"]["reason_zh"] == "同一主管单位同类经验（宣讲教育）已有更靠前的学会"
    assert found["S1"]["practice_tag"] == "education"
    off = revised(exemplars={"per_supervisor_and_tag": None})
    assert set(codes(decided(given, off)).values()) == {"SELECTED"}


def test_rotation_after_two_years_running(decided):
    past = [("S1", 2023), ("S1", 2024), ("S2", 2022), ("S2", 2024), ("S3", 2022), ("S3", 2023)]
    found = decided({"S1": {}, "S2": {}, "S3": {}}, past=past)
    assert codes(found) == {"S1": "ROTATION", "S2": "SELECTED", "S3": "SELECTED"}
    assert found["S1"]["reason_zh"] == "已连续2年入选，轮换"


def test_first_nomination_that_was_not_turned_down():
    nominations = pl.DataFrame(
        [
            ("S1", 2025, "N2", "youth", "recommended"),
            ("S1", 2025, "N1", "education", "not_recommended"),
            ("S1", 2025, "N3", "evaluation", None),
            ("S2", 2024, "N1", "youth", "pending"),
        ],
        schema=["society_id", "report_year", "nomination_id", "practice_tag", "decision"],
        orient="row",
    )
    tags = practice_tags(nominations, 2025, pl.Series(["S0", "S1", "S2"]))
    assert tags.to_list() == [None, "youth", None]


def test_every_society_has_one_reason_in_both_languages(decided):
    generator = np.random.default_rng(2)
    given = {
        f"S{n:03d}": {
            "score": float(generator.uniform(0.6, 1)),
            "cast_class": str(generator.choice(list("ABCDEX"))),
            "size_class": str(generator.choice(["large", "medium", "small", "micro"])),
            "level": str(generator.choice(["national", "city"])),
            "filed": bool(generator.random() < 0.9),
        }
        for n in range(150)
    }
    found = decided(given)
    assert set(found) == set(given)
    assert all(
        row["reason_zh"] and row["reason_en"] and "{" not in row["reason_zh"] for row in found.values()
    )
    assert all(g["text_zh"] and g["text_en"] for row in found.values() for g in row["gates"])
    again = decided(given)
    assert found == again


def test_cloning_a_society_changes_others_only_through_a_quota_that_is_the_reason(decided, revised):
    generator = np.random.default_rng(5)
    few = revised(exemplars={"places_minimum": 12})
    given = {
        f"S{n:02d}": {
            "score": float(generator.uniform(0.76, 1)),
            "cast_class": str(generator.choice(list("ABC"))),
            "size_class": str(generator.choice(["large", "small"])),
            "level": str(generator.choice(["national", "city"])),
            "hold": "open_serious_case" if n % 9 == 0 else None,
        }
        for n in range(48)
    }
    before = decided(given, few)
    taken = [society for society, row in before.items() if row["decision"] == "selected"]
    out = [society for society, row in before.items() if row["reason_code"] in {"SCORE_FLOOR", "HOLD"}]
    assert len(taken) >= 6 and len(out) >= 6
    moved = 0
    for society in taken:
        after = decided({**given, "S99": given[society]}, few)
        for other in given:
            was, now = before[other], after[other]
            if was["decision"] != now["decision"]:
                loser = now if was["decision"] == "selected" else was
                assert loser["reason_code"] in {
                    "QUOTA_CLASS",
                    "QUOTA_SMALL",
                    "QUOTA_LEVEL",
                    "TIE",
                    "STABILITY",
                }
                failed = [g["gate"] for g in loser["gates"] if g["outcome"] == "failed"]
                assert failed[0] in {"quota", "stability"} and loser["reason_zh"] and loser["reason_en"]
                moved += 1
    assert moved
    # The twin of one that no rule lets through takes nothing from anybody.
    for society in out[:3]:
        after = decided({**given, "S99": given[society]}, few)
        assert {other: after[other]["decision"] for other in given} == {
            other: row["decision"] for other, row in before.items()
        }
