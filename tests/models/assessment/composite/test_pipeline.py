import numpy as np
import pytest

from models.assessment.composite import (
    BuildOptions,
    CompositeData,
    CompositeError,
    MetaTree,
    build,
    tree_from_rows,
)

NA = np.nan


def test_build_by_hand(data: CompositeData) -> None:
    result = build(data, BuildOptions(treat=False))
    # a: 0, 25, 50, 100; b: 0, 100, 50, missing; c (lower is better): 0, 25, 50, 100
    np.testing.assert_allclose(result.normalised[3], [100.0, NA, 100.0])
    p, q = np.array([0.0, 43.75, 50.0, 100.0]), np.array([0.0, 25.0, 50.0, 100.0])
    np.testing.assert_allclose(result.aggregated, np.column_stack([p, q, (p + 2 * q) / 3]))
    assert result.ranks[:, -1].tolist() == [4, 3, 2, 1]
    assert [issue.code for issue in result.issues] == ["still_missing"]
    assert result.treatment is None


def test_imputation_and_screening_come_in_the_order_asked(data: CompositeData) -> None:
    late = build(data, BuildOptions(impute_group="side", screen=1.0))
    assert late.imputed[3, 1] == 20.0
    assert late.units == data.units
    told = {issue.code: issue for issue in late.issues}
    assert told["screen_after_impute"].facts["units"] == ["w"]
    early = build(data, BuildOptions(impute_group="side", screen=1.0, screen_on="raw", treat=False))
    assert early.units == ("x", "y", "z")
    assert early.all_units == data.units and early.coverage[3] == pytest.approx(2 / 3)
    assert early.treated.shape == early.normalised.shape == (3, 3)
    assert {issue.code for issue in early.issues} == {"screened_out"}


def test_denominators_reach_the_indicators(rows: list[dict[str, object]], data: CompositeData) -> None:
    rows[0]["Denominator"] = "members"
    rows.append({"Level": None, "iCode": "members", "Type": "Denominator", "Parent": None})
    rows[-1] |= {"Direction": None, "Weight": None}
    divided = CompositeData(
        data.units, data.values, tree_from_rows(rows), {}, {"members": np.array([1.0, 2.0, 4.0, NA])}
    )
    result = build(divided)
    np.testing.assert_array_equal(result.denominated[:, 0], [1.0, 1.0, 0.75, NA])
    assert "denominator_missing" in {issue.code for issue in result.issues}
    with pytest.raises(CompositeError, match="members"):
        CompositeData(data.units, data.values, tree_from_rows(rows))


def test_a_unit_without_a_score_is_told_and_unranked(data: CompositeData, tree: MetaTree) -> None:
    values = data.values.copy()
    values[3] = NA
    result = build(CompositeData(data.units, values, tree))
    assert np.isnan(result.aggregated[3]).all() and np.isnan(result.ranks[3]).all()
    lost = [issue.columns for issue in result.issues if issue.code == "aggregate_missing"]
    assert lost == [("P",), ("Q",), ("T",)]
    assert all(issue.message("zh") != issue.message("en") for issue in result.issues)


def test_constants_stop_the_build_or_leave_it_loudly(data: CompositeData, tree: MetaTree) -> None:
    values = data.values.copy()
    values[:, 0] = 7.0
    flat = CompositeData(data.units, values, tree)
    with pytest.raises(CompositeError) as refusal:
        build(flat)
    assert (refusal.value.code, refusal.value.facts["columns"]) == ("constant", ["a"])
    result = build(flat, BuildOptions(on_constant="drop"))
    np.testing.assert_allclose(result.aggregated[:3, 0], result.normalised[:3, 1])
    assert "dropped" in {issue.code for issue in result.issues}
    everything = CompositeData(data.units, np.ones((4, 3)), tree)
    with pytest.raises(CompositeError) as refusal:
        build(everything, BuildOptions(on_constant="drop"))
    assert refusal.value.code == "nothing_to_aggregate"


@pytest.mark.parametrize(
    ("units", "values", "code"),
    [
        ((), np.ones((0, 3)), "data_empty"),
        (("x", "x"), np.ones((2, 3)), "data_units"),
        (("x", ""), np.ones((2, 3)), "data_units"),
        (("x", "y"), np.ones((2, 2)), "data_shape"),
        (("x", "y"), np.array([[1.0, np.inf, 1.0], [1.0, 2.0, 3.0]]), "data_infinite"),
    ],
)
def test_bad_data_is_refused(tree: MetaTree, units: tuple[str, ...], values: np.ndarray, code: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        CompositeData(units, values, tree)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"screen_on": "late"}, "option"),
        ({"winmax": -1}, "option"),
        ({"normalise": "softmax"}, "option"),
        ({"scale": (9, 1)}, "option"),
        ({"aggregate": "median"}, "option"),
        ({"screen": 1.5}, "option"),
        ({"impute_group": "hue"}, "group_column"),
        ({"normalise": "goalposts"}, "goalposts"),
        ({"aggregate": "gmean"}, "not_positive"),
    ],
)
def test_bad_options_are_refused(data: CompositeData, options: dict, code: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        build(data, BuildOptions(**options))
    assert refusal.value.code == code
    assert "\n" not in refusal.value.zh + refusal.value.en
