"""The whole chain of a decision from a snapshot, and what small counts of cases withhold."""

import pytest

from models.errors import FengqingError
from models.publication.decision import explain_decision, told
from models.publication.disclosure import SUPPRESSED, is_small_count, masked

CASES, OTHERS = ["investigations"], ["education_sessions"]


@pytest.mark.parametrize(
    ("families", "count", "is_small"),
    [
        (CASES, 1, True),
        (CASES, 4, True),
        (CASES, 5, False),
        (CASES, 0, False),
        (CASES, None, False),
        (OTHERS, 2, False),
    ],
)
def test_counts_of_cases_under_five_are_small(families, count, is_small):
    assert is_small_count(families, count) is is_small


def test_whole_figures_are_withheld():
    figure = {**dict.fromkeys(SUPPRESSED, 0.5), "weight": 3.0, "state": "reported"}
    hidden = masked(figure, CASES, 3)
    assert all(hidden[name] is None for name in SUPPRESSED)
    assert (hidden["weight"], hidden["state"]) == (3.0, "suppressed")
    assert masked(figure, OTHERS, 3) == figure


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_chain_is_told(con, lang):
    society = con.sql("select society_id from exemplars where decision = 'selected' limit 1").fetchone()[0]
    found = explain_decision(con, society)
    assert [g["step"] for g in found["gates"]] == [1, 2, 3, 4, 5]
    assert found["run"]["methodology"]["id"] == "CX90-2025"
    text = "\n".join(told(found, lambda kind, code: f"{kind}.{code}", lang))
    assert found[f"reason_{lang}"] in text and "gate.score" in text and "flip_outcome.within" in text


def test_an_unknown_society_is_refused(con):
    with pytest.raises(FengqingError, match="519900009999999999"):
        explain_decision(con, "519900009999999999")
