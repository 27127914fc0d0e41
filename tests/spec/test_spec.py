"""Each indicator's specification: the figures it states are the figures that come out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from models.assessment.methodology import Methodology
from models.publication.specs import NO, YES, Spec, load_specs, society_id

SPECS = load_specs(Path(__file__).parent)
CASES = [
    pytest.param(spec, number, id=f"{spec.indicator}-{number}")
    for spec in SPECS
    for number in range(1, len(spec.cases) + 1)
]


def test_every_indicator_has_a_specification(methodology: Methodology) -> None:
    assert [spec.indicator for spec in SPECS] == [i.code for i in methodology.indicators]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.indicator)
def test_a_specification_has_a_normal_a_missing_and_an_edge_case(spec: Spec) -> None:
    states = [row["state"] for case in spec.cases for row in case.expect.records()]
    assert len(spec.cases) >= 3
    assert "reported" in states
    assert {"not_reported", "not_applicable", "under_verification"} & set(states)


@pytest.mark.parametrize(("spec", "number"), CASES)
def test_case(spec: Spec, number: int, spec_indicators: pl.DataFrame) -> None:
    rows = spec_indicators.filter(pl.col("indicator") == spec.indicator)
    for expected in spec.cases[number - 1].expect.records():
        letter = expected.pop("society")
        found = rows.row(by_predicate=pl.col("society_id") == society_id(spec, number, letter), named=True)
        got = {column: shown(found[column], text) for column, text in expected.items()}
        assert got == expected, f"society {letter}"


def shown(value: object, wanted: str) -> str:
    """The value as the specification writes it; numbers agree to three decimals, blank is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float):
        is_number = wanted.replace(".", "", 1).isdigit()
        return wanted if is_number and abs(value - float(wanted)) <= 0.0005 else f"{value:.3f}"
    return str(value)
