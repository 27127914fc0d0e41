import numpy as np
import pytest

from models.assessment.composite import CompositeError, MetaTree, tree_from_rows


def test_nodes_are_indicators_then_aggregates_upwards(rows: list[dict[str, object]]) -> None:
    tree = tree_from_rows(rows[::-1])
    assert tree.indicators == ("c", "b", "a")
    assert tree.aggregates == ("Q", "P", "T")
    assert tree.levels == 3
    assert [below.tolist() for below in tree.children] == [[0], [1, 2], [3, 4]]
    assert tree.direction.tolist() == [-1, 1, 1]
    assert tree.weight.tolist() == [1, 1, 3, 2, 1, 1]


@pytest.mark.parametrize(
    ("row", "change", "code"),
    [
        (0, {"iCode": "b"}, "meta_code"),
        (0, {"iCode": None}, "meta_code"),
        (0, {"Type": "Indikator"}, "meta_type"),
        (0, {"Direction": 0}, "meta_direction"),
        (0, {"Weight": -1}, "meta_weight"),
        (0, {"Weight": "heavy"}, "meta_weight"),
        (2, {"Weight": 0}, "meta_weight_sum"),
        (0, {"Level": 2}, "meta_level"),
        (3, {"Level": 2.5}, "meta_level"),
        (0, {"Parent": "T"}, "meta_level"),
        (0, {"Parent": "nobody"}, "meta_parent"),
        (0, {"Parent": None}, "meta_parent"),
        (3, {"Parent": None}, "meta_root"),
        (2, {"Parent": "P"}, "meta_childless"),
        (0, {"Denominator": "Area"}, "meta_denominator"),
    ],
)
def test_a_faulty_row_is_refused(rows: list[dict[str, object]], row: int, change: dict, code: str) -> None:
    rows[row] |= change
    with pytest.raises(CompositeError) as refusal:
        tree_from_rows(rows)
    assert refusal.value.code == code


def test_absent_columns_are_named() -> None:
    with pytest.raises(CompositeError) as refusal:
        tree_from_rows([{"Level": 1, "iCode": "a", "Weight": 1, "Type": "Indicator"}])
    assert refusal.value.code == "meta_columns"
    assert "Direction" in refusal.value.zh and "Parent" in refusal.value.en


def test_no_indicator_is_refused(rows: list[dict[str, object]]) -> None:
    for nothing in ([], rows[3:]):
        with pytest.raises(CompositeError) as refusal:
            tree_from_rows(nothing)
        assert refusal.value.code == "meta_empty"


def test_drawn_weights_are_checked(tree: MetaTree) -> None:
    weights = np.ones((2, 6))
    weights[1, 2] = 0.0
    with pytest.raises(CompositeError) as refusal:
        tree.check_weights(weights)
    assert "Q" in refusal.value.en
