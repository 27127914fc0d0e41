"""Figures as they are read: one sign of minus, no false precision, nothing shown as zero that is not."""

import pytest

from models.publication.comparison import words
from models.publication.figures import in_unit, signed, trimmed


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.21, "+3.2"),
        (-3.21, "−3.2"),
        (0.04, "±0.0"),
        (-0.04, "±0.0"),
        (0.0, "0"),
        (-3e-15, "0"),
        (None, "—"),
    ],
)
def test_a_difference_has_a_true_minus(value, shown):
    assert signed(value, "zh") == shown


def test_counts_lose_their_empty_decimals():
    assert [trimmed(1.0, "zh"), trimmed(0.525, "zh", 3), trimmed(25000.0, "en")] == ["1", "0.525", "25,000"]
    assert in_unit(0.35, "level", "zh", 3) == "0.35"
    assert in_unit(0.35, "share", "zh", 3) == "35.0%"


def test_a_comparison_shows_changes_like_every_other_figure():
    assert [words.signed(-0.289), words.signed(0.001), words.number(None)] == ["−0.29", "0.00", "—"]
