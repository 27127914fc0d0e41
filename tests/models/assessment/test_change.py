"""Exact split of a change into data, methodology and peers: properties, and small sums done by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.assessment.change import PLAYERS, Side, effects, shapley, worth_of
from models.assessment.methodology import Methodology

COUNTS = ("rows_n", "self_reported_n", "attached_n", "sampled_n", "onsite_n", "authority_n", "pending_n")
WORTHS = arrays(np.float64, (2, 2, 2, 3), elements=st.floats(-100, 100))


@given(WORTHS)
def test_the_effects_add_up_to_the_change(worth):
    assert shapley(worth).sum(axis=0) == pytest.approx(worth[1, 1, 1] - worth[0, 0, 0], abs=1e-9)


@given(WORTHS, st.permutations([0, 1, 2]))
def test_no_player_is_preferred(worth, order):
    renamed = shapley(np.transpose(worth, (*order, 3)))
    assert renamed == pytest.approx(shapley(worth)[list(order)], abs=1e-9)


@given(WORTHS, st.integers(0, 2))
def test_who_changes_nothing_has_no_effect(worth, player):
    null = np.repeat(np.take(worth, [0], axis=player), 2, axis=player)
    assert (shapley(null)[player] == 0).all()


@given(WORTHS, WORTHS)
def test_effects_of_a_sum_are_sums_of_effects(one, two):
    assert shapley(one + two) == pytest.approx(shapley(one) + shapley(two), abs=1e-9)


def test_a_product_and_a_sum_by_hand():
    """v = d·m + p; d from 2 to 4, m from 3 to 5, p from 1 to 0: effects 2·4, 2·3 and −1 of 13."""
    d, m, p = np.meshgrid([2.0, 4.0], [3.0, 5.0], [1.0, 0.0], indexing="ij")
    assert shapley(d * m + p).tolist() == pytest.approx([8.0, 6.0, -1.0])


def side(method: Methodology, figures: list[tuple[str, str, float, float]], **society: Any) -> Side:
    """A year of on-site checked figures (society, indicator, numerator, denominator), one peer group."""
    rows = [
        {"society_id": s, "indicator": i, "numerator": n, "numerator_raw": n, "denominator": d,
         **dict.fromkeys(COUNTS, 0), "rows_n": 1, "onsite_n": 1, "pending_numerator": None,
         "pending_denominator": None, "self_reported_numerator": None, "evidence_mean": 1.0,
         "answer": None, "absence": None,
         "is_absence_confirmed": False, "is_due": False}
        for s, i, n, d in figures
    ]  # fmt: skip
    floats = dict.fromkeys(
        ("numerator", "numerator_raw", "denominator", "pending_numerator", "pending_denominator",
         "self_reported_numerator"), pl.Float64,
    )  # fmt: skip
    measures = pl.DataFrame(rows, schema_overrides={**floats, "answer": pl.String, "absence": pl.String})
    ids = sorted({s for s, *_ in figures})
    known = {"filed": True, "individual_members": 100, "peer_group": "group", **society}
    societies = pl.DataFrame({"society_id": ids}).with_columns(
        pl.lit(value).alias(name) for name, value in known.items()
    )
    signals = pl.DataFrame(schema={"society_id": pl.String, "indicator": pl.String, "signal": pl.String})
    return Side(method, societies, signals, (measures, measures))


def split(a: Side, b: Side, society: str, scope: str = "composite", item: str = "total") -> dict[str, float]:
    found = effects(worth_of(a, b))
    return found.row(
        by_predicate=(pl.col("society_id") == society)
        & (pl.col("scope") == scope)
        & (pl.col("item") == item),
        named=True,
    )


@pytest.fixture
def rated(revised: Callable[..., Methodology]) -> Methodology:
    """A method that rates everybody who filed."""
    return revised(composite={"minimum_applicable_weight": 0.0})


def applicable(method: Methodology) -> float:
    """Weight of what scores in a year of nothing: the required indicators."""
    return sum(
        i.weight for i in method.indicators if i.is_required and i.absent_state != "under_verification"
    )


def test_data_and_method_by_hand(rated):
    """1.1 rises from 0.5 to 1 while its weight rises from 4 to 6 at the cost of 1.2 (absent, 0)."""
    weights = {"1.1": 6.0, "1.2": 1.0}
    heavier = rated.model_copy(
        update={
            "indicators": [
                i.model_copy(update={"weight": weights.get(i.code, i.weight)}) for i in rated.indicators
            ]
        }
    )
    found = split(side(rated, [("X", "1.1", 0.5, 1)]), side(heavier, [("X", "1.1", 1, 1)]), "X")
    total = applicable(rated)
    assert found["before"] == pytest.approx(100 * 4 * 0.5 / total, abs=1e-8)
    assert found["change"] == pytest.approx(400 / total, abs=1e-8)
    assert found["data"] == pytest.approx(100 * 0.5 * (4 + 6) / 2 / total, abs=1e-8)
    assert found["methodology"] == pytest.approx(100 * 2 * (0.5 + 1) / 2 / total, abs=1e-8)
    assert found["peers"] == 0


def test_peers_by_hand(rated):
    """X files 1 of 4 in both years; its peer goes from 3 to 4 of 4, so the pooled prior from 4/8 to 5/8."""
    before = side(rated, [("X", "2.4", 1, 4), ("Y", "2.4", 3, 4)])
    after = side(rated, [("X", "2.4", 1, 4), ("Y", "2.4", 4, 4)])
    found = split(before, after, "X")
    rule, indicator = rated.shrinkage, rated.indicator("2.4")
    assert len(before.societies) < rule.fitted.minimum
    moved = rule.prior_weight * (5 - 4) / 8 / (rule.prior_weight + 4) / indicator.target
    assert found["peers"] == pytest.approx(100 * moved * indicator.weight / applicable(rated), abs=1e-8)
    assert found["data"] == found["methodology"] == 0
    assert split(before, after, "X", "indicator", "2.4")["peers"] == pytest.approx(found["peers"], abs=1e-8)


def test_an_indicator_that_falls_away_at_the_own_level_moves_nothing(rated):
    """3.6 (N) was at the society's mean; without it the composite and its points stay."""
    half = [("X", i.code, 0.5 * (i.target_for("micro") or 0), 1.0) for i in rated.indicators if i.is_required
            and not i.is_shrunk and not i.low_is_good]  # fmt: skip
    with_it = side(rated, [*half, ("X", "1.3", 0.5, 1)])
    found = effects(worth_of(with_it, side(rated, half)))
    row = found.filter(pl.col("scope") == "indicator", pl.col("item") == "1.3").row(0, named=True)
    assert row["before"] == pytest.approx(50)
    total = found.filter(pl.col("scope") == "composite").row(0, named=True)
    points = found.filter(pl.col("scope") == "indicator")
    assert points["change"].sum() == pytest.approx(total["change"], abs=1e-8)


def test_indicators_add_up_to_the_composite_player_by_player(rated):
    rng = np.random.default_rng(3)
    codes = [i.code for i in rated.indicators if not i.low_is_good]

    def year() -> list[tuple[str, str, float, float]]:
        return [
            (s, c, float(rng.integers(0, 5)), float(rng.integers(5, 30)))
            for s in "ABCDEF"
            for c in codes
            if rng.random() < 0.8
        ]

    lighter = rated.model_copy(
        update={"shrinkage": rated.shrinkage.model_copy(update={"prior_weight": 3.0, "threshold": 25})}
    )
    found = effects(worth_of(side(rated, year()), side(lighter, year())))
    by_indicator = (
        found.filter(pl.col("scope") == "indicator").group_by("society_id").agg(pl.col(PLAYERS).sum())
    )
    total = found.filter(pl.col("scope") == "composite").join(by_indicator, on="society_id", suffix="_sum")
    assert total.height == 6
    for player in PLAYERS:
        assert total[player].to_list() == pytest.approx(total[f"{player}_sum"].to_list(), abs=1e-8)
        assert total[player].abs().max() > 0
    exact = found.filter(pl.col("scope") != "indicator").select(pl.sum_horizontal(PLAYERS) - pl.col("change"))
    assert exact.to_series().abs().max() <= 1e-9


def test_who_is_not_rated_in_both_years_has_no_effects(rated):
    before = side(rated, [("X", "1.1", 1, 1)], filed=False)
    found = split(before, side(rated, [("X", "1.1", 1, 1)]), "X")
    assert found["before"] is None
    assert found["after"] is not None
    assert found["change"] is found["data"] is None
