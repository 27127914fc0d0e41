"""Sums of cases: small counts are withheld, and one more where a total would give the hidden one away."""

import polars as pl
import pytest

from models.publication.cases import case_frame
from models.publication.disclosure import suppress


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([10, 20, 30], [False, False, False]),
        # One small count alone could be worked out from the total: the smallest other one goes too.
        ([3, 20, 10], [True, False, True]),
        ([3, 4, 10], [True, True, False]),
        ([0, 3, 7], [False, True, True]),
        ([5, 0, 6], [False, False, False]),
    ],
)
def test_small_counts_are_kept_back(counts, hidden):
    frame = pl.DataFrame({"part": ["x"] * len(counts), "n": counts})
    assert suppress(frame, "n", ["part"]).to_list() == hidden


def test_no_small_count_of_cases_is_published(con):
    found = case_frame(con)
    assert found["cases_n"].drop_nulls().len() > 0
    for column in ("met_n", "missed_n", "cases_n"):
        shown = found[column].drop_nulls()
        assert shown.filter((shown > 0) & (shown < 5)).is_empty(), column
    assert (found["met_n"].is_null() == found["missed_n"].is_null()).all()
    whole = found.drop_nulls("met_n")
    assert (whole["met_n"] + whole["missed_n"] - whole["cases_n"]).abs().max() < 1e-9
