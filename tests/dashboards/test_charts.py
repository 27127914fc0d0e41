from itertools import pairwise

import polars as pl
import pytest

from dashboards import charts
from dashboards.i18n import Texts

T = Texts("zh")
DIMENSIONS = pl.DataFrame(
    {
        "dimension": ["D1", "D2"],
        "score": [50.0, None],
        "low": [45.0, None],
        "high": [55.0, None],
        "p25": [40.0, 30.0],
        "p75": [60.0, 70.0],
        "mean": [51.0, 52.0],
        "peer_median": [50.0, 49.0],
    }
)
BANDS = pl.DataFrame({"band": list(charts.BANDS), "societies_n": [1, 2, 3, 4, 5]})


@pytest.fixture(params=["bands", "dimension_ranges", "profile", "gates"])
def figure(request):
    return {
        "bands": lambda: charts.bands(BANDS, BANDS, (2025, 2024), T),
        "dimension_ranges": lambda: charts.dimension_ranges(DIMENSIONS, T),
        "profile": lambda: charts.profile(DIMENSIONS, T),
        "gates": lambda: charts.gates([("filed", 40), ("score", 8)], 44, T),
    }[request.param]()


def test_fonts_end_in_the_bundled_one(figure):
    assert figure.layout.font.family.split(", ")[-2:] == ["Fengqing Fallback", "sans-serif"]
    assert figure.layout.hoverlabel.font.family == charts.FONTS


def test_nothing_goes_to_the_maker_of_the_library():
    assert charts.CONFIG["showSendToCloud"] is False
    assert charts.CONFIG["plotlyServerURL"] == ""


def test_the_bars_are_the_frame():
    last, now = charts.bands(BANDS, BANDS.with_columns(societies_n=pl.lit(9)), (2025, 2024), T).data
    assert list(now.y) == [1, 2, 3, 4, 5]
    assert list(last.y) == [9] * 5


def test_without_a_year_before_there_is_one_series():
    assert len(charts.bands(BANDS, None, (2025, 2024), T).data) == 1


def test_gates_begin_with_everybody():
    assert list(charts.gates([("filed", 40)], 44, T).data[0].x) == [44, 40]


def test_an_empty_run_can_be_drawn():
    assert charts.gates([], 0, T)
    assert charts.profile(DIMENSIONS.clear(), T)
    assert charts.bands(BANDS.clear(), None, (2025, 2024), T)


def test_bands_are_told_apart_without_colour_vision():
    def lightness(colour):
        return sum(w * int(colour[i : i + 2], 16) for w, i in ((0.21, 1), (0.72, 3), (0.07, 5)))

    shades = sorted(lightness(charts.BANDS[b]) for b in ("excellent", "good", "pass"))
    assert all(b - a > 30 for a, b in pairwise(shades))
