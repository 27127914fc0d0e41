"""The whole chain of a decision from a snapshot, and what small counts of cases withhold."""

import pytest

from models.errors import FengqingError
from models.publication.decision import explain_decision, told


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
