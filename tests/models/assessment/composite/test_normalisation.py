import numpy as np
import pytest

from models.assessment.composite import CompositeError, normalise

NA = np.nan
X = np.array([[1.0], [3.0], [3.0], [5.0], [NA]])
UP, DOWN = np.array([1.0]), np.array([-1.0])


def _one(method: str, direction: np.ndarray = UP, **more: object) -> list[float]:
    return normalise(X, direction, ("a",), method=method, **more)[0][:, 0].tolist()


@pytest.mark.parametrize(
    ("method", "more", "expected"),
    [
        ("minmax", {}, [0, 50, 50, 100, NA]),
        ("minmax", {"scale": (1, 101)}, [1, 51, 51, 101, NA]),
        ("minmax", {"direction": DOWN}, [100, 50, 50, 0, NA]),
        ("zscore", {}, [-2 / np.sqrt(8 / 3), 0, 0, 2 / np.sqrt(8 / 3), NA]),
        (
            "zscore",
            {"scale": (10, 2), "direction": DOWN},
            [12.449489742783178, 10, 10, 7.550510257216822, NA],
        ),
        ("prank", {}, [0, 1 / 3, 1 / 3, 1, NA]),
        ("prank", {"direction": DOWN, "scale": (0, 3)}, [3, 1, 1, 0, NA]),
        ("borda", {}, [0, 1, 1, 3, NA]),
        ("goalposts", {"goalposts": np.array([[2.0, 4.0]])}, [0, 50, 50, 100, NA]),
        ("goalposts", {"goalposts": np.array([[0.0, 10.0]]), "direction": DOWN}, [90, 70, 70, 50, NA]),
        ("goalposts", {"goalposts": np.array([[1.0, 6.0]]), "scale": (0, 1)}, [0, 0.4, 0.4, 0.8, NA]),
    ],
)
def test_by_hand(method: str, more: dict, expected: list[float]) -> None:
    np.testing.assert_allclose(_one(method, **more), expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["minmax", "zscore", "prank", "borda"])
def test_a_constant_column_is_named_not_scored(method: str) -> None:
    x = np.column_stack([[1.0, 2.0, 3.0], [0.1 + 0.2, 0.3, 0.3], [NA, 4.0, NA]])
    signs, codes = np.ones(3), ("fine", "flat", "single")
    with pytest.raises(CompositeError) as refusal:
        normalise(x, signs, codes, method=method)
    assert refusal.value.code == "constant"
    assert refusal.value.facts["columns"] == ["flat", "single"]
    assert "flat" in refusal.value.zh and "flat" in refusal.value.en
    scores, issues = normalise(x, signs, codes, method=method, on_constant="drop")
    assert np.isnan(scores[:, 1:]).all() and not np.isnan(scores[:, 0]).any()
    assert [(issue.code, issue.columns) for issue in issues] == [("dropped", ("flat", "single"))]


@pytest.mark.parametrize("method", ["minmax", "zscore", "prank", "borda", "goalposts"])
def test_an_empty_column_is_named_not_scored(method: str) -> None:
    x = np.column_stack([[1.0, 2.0], [NA, NA]])
    posts = np.array([[0.0, 1.0], [0.0, 1.0]])
    with pytest.raises(CompositeError) as refusal:
        normalise(x, np.ones(2), ("fine", "empty"), method=method, goalposts=posts)
    assert refusal.value.code == "all_missing"
    assert refusal.value.facts["columns"] == ["empty"]


def test_goalposts_that_do_not_tell_units_apart_are_told() -> None:
    scores, issues = normalise(X, UP, ("a",), method="goalposts", goalposts=np.array([[-9.0, 0.0]]))
    assert np.nanmin(scores) == np.nanmax(scores) == 100
    assert [(issue.code, issue.columns) for issue in issues] == [("constant_posts", ("a",))]


@pytest.mark.parametrize("posts", [None, [[4.0, 2.0]], [[1.0, NA]], [[3.0, 3.0]]])
def test_goalposts_must_be_there_and_increase(posts: list[list[float]] | None) -> None:
    with pytest.raises(CompositeError) as refusal:
        normalise(X, UP, ("a",), method="goalposts", goalposts=None if posts is None else np.array(posts))
    assert refusal.value.code == "goalposts"


@pytest.mark.parametrize(
    ("method", "scale"),
    [
        ("minmax", (5, 5)),
        ("minmax", (9, 1)),
        ("prank", (0, NA)),
        ("zscore", (0, 0)),
        ("borda", (0, 1)),
        ("foo", None),
    ],
)
def test_a_bad_method_or_scale_is_refused(method: str, scale: tuple[float, float] | None) -> None:
    with pytest.raises(CompositeError) as refusal:
        normalise(X, UP, ("a",), method=method, scale=scale)
    assert refusal.value.code == "option"


def test_a_bad_choice_for_constants_is_refused() -> None:
    with pytest.raises(CompositeError, match="zero"):
        normalise(X, UP, ("a",), on_constant="zero")
