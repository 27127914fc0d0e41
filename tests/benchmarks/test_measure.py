"""The benchmarks' meter and report: what is measured, what is promised, and which benchmarks there are."""

import io
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from benchmarks.__main__ import names, row_of
from benchmarks._measure import Figure, Meter


@pytest.fixture
def meter():
    with Progress(console=Console(file=io.StringIO())) as progress:
        yield Meter(progress)


def test_modules_are_registered_by_being_there():
    assert {"asem_draws", "assessment_draws", "rank_sets", "sobol"} <= set(names())
    assert not [name for name in names() if name.startswith("_")]


def test_work_is_timed_beside_its_floor(meter):
    given = meter.work("nap", lambda: time.sleep(0.05) or 7, floor=lambda: time.sleep(0.01), seconds=0.01)
    seconds, peak = meter.figures
    assert given == 7
    assert 0.05 <= seconds.value < 5 and 0.01 <= seconds.floor < seconds.value
    assert not seconds.is_kept
    assert 0.01 < peak.value < 50 and peak.unit == "GB" and peak.is_kept


def test_limits_hold_on_both_sides():
    assert Figure("x", 2.0, "s", minimum=2.0, maximum=2.0).is_kept
    assert not Figure("x", 1.9, "s", minimum=2.0).is_kept
    assert not Figure("x", 2.1, "s", maximum=2.0).is_kept
    assert row_of(Figure("x", 2.0, "s", maximum=3.0, floor=0.5)) == (
        "x",
        "2 s",
        "≤ 3",
        "0.5 s",
        "4.0 ×",
        "yes",
    )
    assert "NO" in row_of(Figure("x", 4.0, "s", maximum=3.0))[-1]


def test_facts_are_flattened_and_truths_are_promises(meter):
    meter.facts({"seconds": 2, "rows": {"a": 5}, "name": "n", "crashes": [1, 2], "meets": {"ratio": False}})
    found = {figure.what: figure for figure in meter.figures}
    assert found["rows: a"].value == 5 and found["crashes: listed"].value == 2
    assert "name" not in found and not found["meets: ratio"].is_kept
