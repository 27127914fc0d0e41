import numpy as np
import pytest

from models.assessment.composite import CompositeError, impute_group_mean, impute_panel

NA = np.nan
UNITS = ("u1", "u2", "u3", "u4", "u5")


def test_group_mean_by_hand() -> None:
    values = np.array([[1.0, NA], [3.0, NA], [NA, 5.0], [NA, 7.0], [10.0, NA]])
    groups = np.array(["l", "l", "l", "r", None], dtype=object)
    imputed, issues = impute_group_mean(values, groups, ("a", "b"), UNITS)
    expected = [[1.0, 5.0], [3.0, 5.0], [2.0, 5.0], [NA, 7.0], [10.0, NA]]
    np.testing.assert_array_equal(imputed, expected)
    told = {issue.code: issue for issue in issues}
    assert told["impute_no_source"].columns == ("a",)
    assert told["impute_no_source"].facts["groups"] == ["r"]
    assert told["impute_no_group"].facts["units"] == ["u5"]
    assert np.isnan(values[2, 0])


def _panel() -> np.ndarray:
    """One indicator of two units: a series with a gap inside and at each end, and an empty one."""
    series = np.array([[NA, NA], [1.0, NA], [NA, NA], [4.0, NA], [NA, NA]])
    return series[:, :, None]


TIMES = np.array([2019.0, 2020.0, 2021.0, 2023.0, 2024.0])


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("latest", [NA, 1.0, 1.0, 4.0, 4.0]),
        ("constant", [1.0, 1.0, 1.0, 4.0, 4.0]),
        ("linear", [1.0, 1.0, 2.0, 4.0, 4.0]),
    ],
)
def test_panel_by_hand(method: str, expected: list[float]) -> None:
    filled, issues = impute_panel(_panel(), TIMES, ("a",), method=method)
    np.testing.assert_array_equal(filled[:, 0, 0], expected)
    assert np.isnan(filled[:, 1, 0]).all()
    assert [(issue.code, issue.columns, issue.facts["count"]) for issue in issues] == [
        ("panel_no_source", ("a",), 1)
    ]


def test_latest_looks_back_no_further_than_asked() -> None:
    values = np.array([1.0, NA, NA, NA])[:, None, None]
    filled, _ = impute_panel(values, np.arange(4.0), ("a",), max_steps=2)
    np.testing.assert_array_equal(filled[:, 0, 0], [1.0, 1.0, 1.0, NA])


@pytest.mark.parametrize("times", [[2020.0], [2020.0, 2020.0], [2021.0, 2020.0]])
def test_times_must_increase(times: list[float]) -> None:
    with pytest.raises(CompositeError) as refusal:
        impute_panel(np.ones((len(times), 1, 1)), np.array(times), ("a",))
    assert refusal.value.code == "panel_times"


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(CompositeError, match="nearest"):
        impute_panel(np.ones((2, 1, 1)), np.array([1.0, 2.0]), ("a",), method="nearest")
