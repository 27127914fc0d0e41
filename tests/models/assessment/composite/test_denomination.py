import numpy as np
import pytest

from models.assessment.composite import CompositeError, denominate

CODES, UNITS = ("a", "b"), ("x", "y", "z")


def test_divides_and_tells_what_a_missing_denominator_costs() -> None:
    values = np.array([[6.0, 4.0], [9.0, np.nan], [5.0, 8.0]])
    below = np.array([[2.0, 1.0], [3.0, 1.0], [np.nan, 1.0]])
    rates, issues = denominate(values, below, CODES, UNITS)
    np.testing.assert_array_equal(rates, [[3.0, 4.0], [3.0, np.nan], [np.nan, 8.0]])
    assert [(issue.code, issue.columns, issue.facts["count"]) for issue in issues] == [
        ("denominator_missing", ("a",), 1)
    ]


def test_a_zero_denominator_stops_and_names_column_and_unit() -> None:
    below = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(CompositeError) as refusal:
        denominate(np.ones((3, 2)), below, CODES, UNITS)
    assert refusal.value.facts == {"columns": ["a"], "units": ["y"]}


def test_a_zero_denominator_of_a_missing_value_is_harmless() -> None:
    rates, issues = denominate(np.array([[np.nan]]), np.array([[0.0]]), ("a",), ("x",))
    assert np.isnan(rates).all()
    assert not issues
