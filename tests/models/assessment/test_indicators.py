"""Indicators: states, scores, shrinkage and grades, from measures made by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from scipy.stats import beta

from models.assessment.indicators import COLUMNS, evaluate, peer_figures
from models.assessment.methodology import Methodology, load

COUNTS = ("rows_n", "self_reported_n", "attached_n", "sampled_n", "onsite_n", "authority_n", "pending_n")
MEASURE_SCHEMA = {
    "society_id": pl.String, "indicator": pl.String, "numerator": pl.Float64, "numerator_raw": pl.Float64,
    "denominator": pl.Float64, **dict.fromkeys(COUNTS, pl.Int64),
    "pending_numerator": pl.Float64, "pending_denominator": pl.Float64, "self_reported_numerator": pl.Float64,
    "evidence_mean": pl.Float64,
    "answer": pl.String, "absence": pl.String,
    "is_absence_confirmed": pl.Boolean,
    "is_due": pl.Boolean,
}  # fmt: skip
SIGNAL_SCHEMA = {"society_id": pl.String, "indicator": pl.String, "signal": pl.String}


@pytest.fixture(scope="module")
def method() -> Methodology:
    return load(2025)


def measure(
    society: str, indicator: str, numerator: float | None, denominator: float | None, **more: Any
) -> dict[str, Any]:
    """A measure of attached rows; `more` overrides."""
    n = 0 if denominator is None else 1
    row = {"society_id": society, "indicator": indicator, "numerator": numerator, "numerator_raw": numerator,
           "denominator": denominator, **dict.fromkeys(COUNTS, 0), "rows_n": n, "attached_n": n,
           "pending_numerator": None, "pending_denominator": None, "self_reported_numerator": None,
           "evidence_mean": None,
           "answer": None, "absence": None, "is_absence_confirmed": True, "is_due": False}  # fmt: skip
    return {**row, **more}


def judged(
    method: Methodology, rows: list[dict[str, Any]], society: str = "A", **more: Any
) -> dict[str, Any]:
    """The society's row of the first measure's indicator."""
    frame = every(method, rows, **more)
    return frame.row(
        by_predicate=(pl.col("society_id") == society) & (pl.col("indicator") == rows[0]["indicator"]),
        named=True,
    )


def every(
    method: Methodology, rows: list[dict[str, Any]], *, signals: tuple[str, ...] = (), filed: bool = True,
    size: str | None = "micro",
) -> pl.DataFrame:  # fmt: skip
    societies = pl.DataFrame(
        [(s, "group", size, filed) for s in sorted({"A", *(r["society_id"] for r in rows)})],
        schema={
            "society_id": pl.String,
            "peer_group": pl.String,
            "size_class": pl.String,
            "filed": pl.Boolean,
        },
        orient="row",
    )
    told = pl.DataFrame(
        [("A", code, "unreported_commission") for code in signals], schema=SIGNAL_SCHEMA, orient="row"
    )
    return evaluate(pl.DataFrame(rows, schema=MEASURE_SCHEMA), told, societies, method)


def test_one_row_a_society_and_indicator_in_file_order(method: Methodology) -> None:
    frame = every(method, [measure("B", "1.1", 1, 1)])
    assert tuple(frame.columns) == COLUMNS
    codes = [i.code for i in method.indicators]
    assert frame["indicator"].to_list() == codes * 2
    assert frame["society_id"].to_list() == ["A"] * 37 + ["B"] * 37


@pytest.mark.parametrize(
    ("row", "state", "score"),
    [
        (measure("A", "2.4", 40, 100), "reported", 0.5),
        (measure("A", "2.4", 100, 100), "reported", 1),
        (measure("A", "2.4", 0, 100), "zero", 0),
        (measure("A", "2.4", 0, 100, numerator_raw=90.0), "zero", 0),
        (measure("A", "2.4", 0, 0), "not_reported", 0),
        (measure("A", "2.4", None, None), "not_reported", 0),
        (measure("A", "2.4", None, None, pending_n=1), "under_verification", None),
        (measure("A", "2.4", 40, 100, pending_n=3), "reported", 0.5),
        (measure("A", "7.1", None, None), "under_verification", None),
        (measure("A", "7.5", 5, 50), "reported", 0.9),
        (measure("A", "7.5", 25, 50, numerator_raw=0.0), "zero", 0.5),
        (measure("A", "4.6", 3, 1), "reported", 1),
    ],
)
def test_state_and_score(method: Methodology, row: dict[str, Any], state: str, score: float | None) -> None:
    got = judged(method, [row])
    assert got["state"] == state
    assert got["score"] == (None if score is None else pytest.approx(score))


@pytest.mark.parametrize(
    ("more", "context", "expected"),
    [
        ({"absence": "verification"}, {}, ("not_applicable", None)),
        ({}, {}, ("not_reported", None)),
        ({"absence": "verification"}, {"signals": ("3.2",)}, ("under_verification", None)),
        ({"absence": "verification"}, {"signals": ("3.3",)}, ("not_applicable", None)),
        ({"absence": "verification"}, {"filed": False}, ("not_reported", None)),
        ({"absence": "zero_case_declared", "is_absence_confirmed": False}, {}, ("under_verification", None)),
        ({"is_due": True}, {}, ("not_reported", 0)),
        ({"absence": "verification", "pending_n": 2}, {}, ("under_verification", None)),
    ],
)
def test_absence(
    method: Methodology,
    more: dict[str, Any],
    context: dict[str, Any],
    expected: tuple[str, float | None],
) -> None:
    got = judged(method, [measure("A", "3.2", None, None, **more)], **context)
    assert (got["state"], got["score"]) == expected
    assert got["value"] is None


def test_a_small_denominator_is_shrunk_to_the_peers(method: Methodology) -> None:
    rows = [measure("A", "3.2", 1, 2), measure("B", "3.2", 6, 19), measure("C", "3.2", 10, 20)]
    mean = (1 + 6 + 10) / (2 + 19 + 20)
    small = judged(method, rows)
    a, b = 1 + 10 * mean, 1 + 10 * (1 - mean)
    assert small["shrunk"]
    assert small["value"] == pytest.approx(a / (a + b))
    assert (small["low"], small["high"]) == pytest.approx((beta.ppf(0.05, a, b), beta.ppf(0.95, a, b)))
    assert (small["value_raw"], small["peer_mean"]) == pytest.approx((0.5, 17 / 41))
    assert judged(method, rows, "B")["shrunk"]
    large = judged(method, rows, "C")
    assert (large["shrunk"], large["value"], large["low"], large["high"]) == (False, 0.5, None, None)


@pytest.mark.parametrize("numerator", [0.0, 3.0])
def test_peers_all_alike_leave_a_proper_interval(method: Methodology, numerator: float) -> None:
    got = judged(method, [measure("A", "3.2", numerator, 3), measure("B", "3.2", numerator, 3)])
    assert 0 < got["low"] < got["value"] < got["high"] < 1


def test_only_h_indicators_are_shrunk(method: Methodology) -> None:
    assert judged(method, [measure("A", "6.3", 1, 1)])["shrunk"] is False


def test_more_trained_than_members_is_no_more_than_full(method: Methodology) -> None:
    got = judged(method, [measure("A", "5.2", 12, 10)])
    assert got["score"] == 1
    assert got["value"] <= 1
    assert got["value_raw"] == pytest.approx(1.2)


@pytest.mark.parametrize(("size", "target"), [("large", 0.2), ("micro", 0.6), (None, None)])
def test_the_target_follows_size(method: Methodology, size: str | None, target: float | None) -> None:
    assert judged(method, [measure("A", "5.2", 30, 100)], size=size)["target"] == target


@pytest.mark.parametrize(
    ("counts", "grade", "is_verified"),
    [
        ({"onsite_n": 1, "attached_n": 1}, "onsite", True),
        ({"onsite_n": 1, "attached_n": 2}, "attached", False),
        ({"onsite_n": 1, "sampled_n": 1, "self_reported_n": 2}, "sampled", True),
        ({"authority_n": 1}, "authority", True),
        ({"self_reported_n": 3}, "self_reported", False),
    ],
)
def test_grade_that_half_of_the_rows_reach(
    method: Methodology, counts: dict[str, int], grade: str, is_verified: bool
) -> None:
    row = measure("A", "2.4", 40, 100, **{"attached_n": 0, **counts}, rows_n=sum(counts.values()))
    got = judged(method, [row])
    assert (got["grade"], got["is_verified"]) == (grade, is_verified)


def test_an_empty_indicator_has_no_grade(method: Methodology) -> None:
    got = judged(method, [measure("A", "2.4", None, None)])
    assert (got["grade"], got["is_verified"]) == (None, False)


def test_peers_may_be_given(method):
    """Beside its own peers a society scores as ever; beside others only what shrinks moves."""
    rows = [
        measure(s, code, n, d)
        for s, code, n, d in (
            ("A", "2.4", 3.0, 4.0),
            ("B", "2.4", 1.0, 4.0),
            ("A", "1.4", 3.0, 4.0),
        )
    ]
    measures = pl.DataFrame(rows, schema=MEASURE_SCHEMA)
    signals = pl.DataFrame(schema=SIGNAL_SCHEMA)
    societies = pl.DataFrame({"society_id": ["A", "B"], "peer_group": "group", "size_class": "micro"})
    alone = evaluate(measures, signals, societies, method)
    own = peer_figures(measures, societies, method)
    assert evaluate(measures, signals, societies, method, own).equals(alone, null_equal=True)
    others = peer_figures(
        measures.with_columns(
            pl.when(pl.col("society_id") == "B").then(4.0).otherwise(pl.col(name)).alias(name)
            for name in ("numerator", "numerator_raw")
        ),
        societies,
        method,
    )
    found = evaluate(measures, signals, societies, method, others)
    moved = found.filter(found["value"].ne_missing(alone["value"]))
    assert moved.select("society_id", "indicator").rows() == [("A", "2.4"), ("B", "2.4")]


@pytest.mark.parametrize(
    ("row", "more", "bounds"),
    [
        (measure("A", "2.4", 40, 100), {}, (0.5, 0.5)),
        (measure("A", "2.4", 0, 100), {}, (0, 0)),
        # required and absent; a visit not made yet
        (measure("A", "2.4", None, None), {}, (0, 1)),
        (measure("A", "7.1", None, None), {}, (0, 1)),
        # an absence: confirmed, declared, contradicted, and one nobody spoke of
        (measure("A", "3.2", None, None, absence="zero_case_declared"), {}, (None, None)),
        (measure("A", "3.2", None, None, absence="zero_case_declared", is_absence_confirmed=False), {},
         (0, None)),
        (measure("A", "3.2", None, None, absence="zero_case_declared"), {"signals": ("3.2",)}, (0, None)),
        (measure("A", "3.2", None, None), {}, (0, 1)),
        # 40 of 100, and 30 of 100 more under verification: refuted 40/200, confirmed 70/200, target 0.8
        (measure("A", "2.4", 40, 100, pending_n=1, pending_numerator=30.0, pending_denominator=100.0), {},
         (0.25, 0.4375)),
        (measure("A", "2.4", None, None, pending_n=1, pending_numerator=60.0, pending_denominator=100.0), {},
         (0, 0.75)),
        # lower is better: 5 of 50 came back, 10 more not decided, of which 4 did as filed
        (measure("A", "7.5", 5, 50, pending_n=1, pending_numerator=4.0, pending_denominator=10.0), {},
         (45 / 60, 51 / 60)),
    ],
)  # fmt: skip
def test_bounds_of_what_is_missing_or_pending(
    method: Methodology, row: dict[str, Any], more: dict[str, Any], bounds: tuple[float | None, float | None]
) -> None:
    got = judged(method, [row], **more)
    for name, bound in zip(("worst", "best"), bounds, strict=True):
        assert got[name] == (None if bound is None else pytest.approx(bound)), name


def test_a_thinly_evidenced_small_count_is_not_made_good_by_its_peers(method: Methodology) -> None:
    rows = [
        measure("A", "3.2", 0.5, 1, numerator_raw=1.0, attached_n=0, self_reported_n=1),
        measure("B", "3.2", 9, 10),
    ]
    got = judged(method, rows)
    # the fixed prior: 10 of 11 together, worth 10 tries; then half of it
    assert got["prior_source"] == "fixed" and got["evidence_share"] == 0.5
    assert got["value"] == pytest.approx(0.5 * (10 * 10 / 11 + 1) / 11)
    assert got["value_raw"] == 1
