import numpy as np
import polars as pl
import pytest

from models.assessment.composite import BuildOptions, CompositeError, MetaTree, build
from models.assessment.composite.frames import data_from_frame, result_frames, tree_from_frame


def _frame(**columns: list[str | None]) -> pl.DataFrame:
    base: dict[str, list[str | None]] = {
        "uCode": ["y", "x", "z"],
        "a": ["1", "2", "4"],
        "b": ["3", "NA", " 5 "],
    }
    return pl.DataFrame(base | {"c": ["0", "1.5", ""], "side": ["l", "", "r"]} | columns, strict=False)


def test_cells_become_numbers_and_blanks_missing(tree: MetaTree) -> None:
    data, issues = data_from_frame(_frame(), tree)
    np.testing.assert_array_equal(data.values, [[1, 3, 0], [2, np.nan, 1.5], [4, 5, np.nan]])
    assert data.units == ("y", "x", "z")
    assert data.groups["side"].tolist() == ["l", None, "r"]
    assert not issues


@pytest.mark.parametrize("value", ["1,5", "abc", "NaN", "--"])
def test_a_cell_that_is_no_number_is_named(tree: MetaTree, value: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        data_from_frame(_frame(b=["3", value, "5"]), tree)
    assert refusal.value.facts == {"columns": ["b"], "row": 2, "value": value}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (_frame().drop("b"), "data_columns"),
        (_frame().clear(), "data_empty"),
        (_frame(uCode=["x", "x", "z"]), "data_units"),
        (_frame(uCode=["x", None, "z"]), "data_units"),
        (_frame(a=["inf", "1", "2"]), "data_infinite"),
        (_frame(Time=["2023", "2024", "2024"]), "data_times"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tree: MetaTree, frame: pl.DataFrame, code: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        data_from_frame(frame, tree)
    assert refusal.value.code == code


PANEL = pl.DataFrame(
    {
        "uCode": ["x", "y", "x", "y", "old", "x", "y"],
        "Time": ["2022", "2022", "2023", "2023", "2023", "2024", "2024"],
        "a": ["1", "2", None, "4", "9", None, "6"],
        "b": ["1", None, "3", None, "9", "5", None],
        "c": ["1", "2", "3", "4", "9", "5", "6"],
    }
)


def test_a_panel_is_filled_and_its_last_point_built(tree: MetaTree) -> None:
    data, issues = data_from_frame(PANEL, tree, panel="latest")
    assert data.units == ("x", "y")
    np.testing.assert_array_equal(data.values, [[1, 5, 5], [6, np.nan, 6]])
    assert [(issue.code, issue.columns) for issue in issues] == [("panel_no_source", ("b",))]
    shuffled, _ = data_from_frame(PANEL.sample(fraction=1, shuffle=True, seed=1), tree, panel="latest")
    order = [shuffled.units.index(unit) for unit in data.units]
    np.testing.assert_array_equal(shuffled.values[order], data.values)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (_frame(), "panel_times"),
        (PANEL.filter(pl.col("Time") == "2024"), "panel_times"),
        (pl.concat([PANEL, PANEL.tail(1)]), "data_units"),
        (PANEL.with_columns(Time=pl.Series(["2022", None, *["2023"] * 3, "2024", "2024"])), "data_number"),
    ],
)
def test_a_bad_panel_is_refused(tree: MetaTree, frame: pl.DataFrame, code: str) -> None:
    with pytest.raises(CompositeError) as refusal:
        data_from_frame(frame, tree, panel="latest")
    assert refusal.value.code == code


def test_stages_come_out_sorted_with_ucode_first_and_missing_as_null(tree: MetaTree) -> None:
    data, _ = data_from_frame(_frame(), tree)
    frames = result_frames(build(data, BuildOptions(treat=False)))
    assert list(frames) == ["imputed", "treated", "normalised", "aggregated", "ranks"]
    assert all(frame["uCode"].to_list() == ["x", "y", "z"] for frame in frames.values())
    assert frames["aggregated"].columns == ["uCode", "a", "b", "c", "P", "Q", "T"]
    assert frames["ranks"].columns == ["uCode", "Rank", "T", "Q", "P"]
    assert frames["ranks"].row(2) == ("z", 1, 1, None, 1)
    assert frames["imputed"]["b"].to_list() == [None, 3.0, 5.0]


def test_meta_comes_as_text(rows: list[dict[str, object]]) -> None:
    text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    tree = tree_from_frame(pl.DataFrame(text))
    assert tree.aggregates == ("P", "Q", "T")
    with pytest.raises(CompositeError) as refusal:
        tree_from_frame(pl.DataFrame(text).drop("Weight"))
    assert refusal.value.facts["columns"] == ["Weight"]
