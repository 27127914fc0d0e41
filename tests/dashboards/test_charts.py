import json
from itertools import pairwise

import plotly.io
import polars as pl
import pytest
from plotly.basedatatypes import BaseFigure

from dashboards import charts
from dashboards.drawing import Drawing
from dashboards.i18n import Texts

T = Texts("zh")
DIMENSIONS = pl.DataFrame(
    {
        "dimension": ["D1", "D2"],
        "score": [50.0, None],
        "low": [45.0, None],
        "high": [55.0, None],
        "is_coarse": [False, False],
        "p25": [40.0, 30.0],
        "p75": [60.0, 70.0],
        "mean": [51.0, 52.0],
        "peer_median": [50.0, 49.0],
    }
)
BANDS = pl.DataFrame({"band": list(charts.BANDS), "societies_n": [1, 2, 3, 4, 5]})


TILES = pl.DataFrame(
    {"x": [0, 1, 2], "y": [0, 1, 0], "name": ["甲", "乙", "一个很长的名字"], "value": [0.9, None, 0.2],
     "n": [40, 0, 3], "is_few": [False, True, True]}
)  # fmt: skip
WEIGHTS = pl.DataFrame({"indicator": ["1.1"], "weight": [3.0], "effective": [4.0], "breached": [True]})
INDICES = pl.DataFrame(
    {"input": ["data"]}
    | {f"{part}{end}": [0.4] for part in ("first", "total") for end in ("", "_low", "_high")}
)
COMPARED = DIMENSIONS.select(
    "dimension", "score", "low", "high", "is_coarse", society_id=pl.lit("a"), name=pl.lit("甲")
)
SHARES = pl.DataFrame({"code": ["1", "2"], "n": [3, 0], "total": [4, 0]})
FIGURES = {
    "bands": lambda: charts.bands(BANDS, BANDS, ("2025", "2024"), T),
    "dimension_ranges": lambda: charts.dimension_ranges(DIMENSIONS, T),
    "profile": lambda: charts.profile(DIMENSIONS, T),
    "gates": lambda: charts.gates([("filed", 40), ("score", 8)], 44, T),
    "tile_grid": lambda: charts.tile_grid(TILES, is_share=True, texts=T),
    "coverage": lambda: charts.coverage(
        pl.DataFrame({"indicator": ["1.1"], "reported": [0.5], "zero": [0.5]}), ["reported", "zero"], T
    ),
    "shares": lambda: charts.shares(SHARES, "quarter", T),
    "compared": lambda: charts.compared(COMPARED, T),
    "effective_weights": lambda: charts.effective_weights(WEIGHTS, T),
    "sobol": lambda: charts.sobol(INDICES, T),
}


@pytest.fixture(params=list(FIGURES))
def figure(request):
    return FIGURES[request.param]().checked


def test_every_chart_is_checked_here():
    drawn = [
        n for n, f in vars(charts).items() if getattr(f, "__annotations__", {}).get("return") == "Drawing"
    ]
    assert {n for n in drawn if not n.startswith("_")} == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_what_is_sent_is_what_was_checked(name):
    drawn = FIGURES[name]()
    sent, checked = (
        json.loads(plotly.io.to_json(f.to_dict(), validate=False)) for f in (drawn, drawn.checked)
    )
    assert sent["data"] == checked["data"] and len(sent["data"]) > 0
    del sent["layout"]["template"], checked["layout"]["template"]
    assert sent["layout"] == checked["layout"]


def test_the_template_keeps_what_bars_and_points_take_from_it():
    mine, whole = Drawing().to_dict()["layout"]["template"], plotly.io.templates["plotly"].to_plotly_json()
    assert mine["layout"] == whole["layout"]
    assert {trace["type"] for f in FIGURES.values() for trace in f().to_dict()["data"]} <= set(mine["data"])


def test_a_property_that_plotly_does_not_know_is_found():
    drawn = Drawing()
    drawn.add_bar(x=[1], no_such_property=1)
    with pytest.raises(ValueError, match="no_such_property"):
        drawn.checked  # noqa: B018


def test_a_chart_for_the_page_takes_no_copy_of_plotlys():
    assert isinstance(FIGURES["bands"](), BaseFigure)


def test_fonts_end_in_the_bundled_one(figure):
    assert figure.layout.font.family.split(", ")[-2:] == ["Fengqing Fallback", "sans-serif"]
    assert figure.layout.hoverlabel.font.family == charts.FONTS


def test_what_is_said_on_hovering_can_be_read(figure):
    """Left to itself Plotly writes it in the colour of the label's border."""
    label = figure.layout.hoverlabel
    assert contrast(label.font.color, label.bgcolor) > 7
    assert {trace.hoverlabel.font.color for trace in figure.data} == {None}


def contrast(one, other):
    """The ratio of WCAG 2 between two colours."""

    def luminance(colour):
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_nothing_goes_to_the_maker_of_the_library():
    assert charts.CONFIG["showSendToCloud"] is False
    assert charts.CONFIG["plotlyServerURL"] == ""


def test_the_bars_are_the_frame():
    last, now = charts.bands(
        BANDS, BANDS.with_columns(societies_n=pl.lit(9)), ("2025", "2024"), T
    ).checked.data
    assert list(now.y) == [1, 2, 3, 4, 5]
    assert list(last.y) == [9] * 5


def test_without_a_year_before_there_is_one_series():
    assert len(charts.bands(BANDS, None, ("2025", "2024"), T).checked.data) == 1


def test_gates_begin_with_everybody():
    assert list(charts.gates([("filed", 40)], 44, T).checked.data[0].x) == [44, 40]


def test_an_empty_run_can_be_drawn():
    assert charts.gates([], 0, T)
    assert charts.profile(DIMENSIONS.clear(), T)
    assert charts.bands(BANDS.clear(), None, ("2025", "2024"), T)


def test_bands_are_told_apart_without_colour_vision():
    def lightness(colour):
        return sum(w * int(colour[i : i + 2], 16) for w, i in ((0.21, 1), (0.72, 3), (0.07, 5)))

    shades = sorted(lightness(charts.BANDS[b]) for b in ("excellent", "good", "pass"))
    assert all(b - a > 30 for a, b in pairwise(shades))


def test_hovering_over_a_comparison_tells_scores_as_the_tables_do():
    """Cut below a limit, and the middle of a range with the sign of what is withheld."""
    t = Texts("zh", limits=(60.0,))
    rows = pl.concat([COMPARED.head(1)] * 2).with_columns(
        pl.Series("score", [59.98, 52.4]), is_coarse=pl.Series([False, True])
    )
    (drawn,) = charts.compared(rows, t).checked.data
    assert list(drawn.text) == ["59.9", "※≈52"]
    assert list(drawn.marker.symbol) == ["circle", "circle-open"]
    assert "%{text}" in drawn.hovertemplate and "%{x" not in drawn.hovertemplate


def test_the_middle_of_a_range_is_an_empty_sign_in_a_profile():
    rows = DIMENSIONS.with_columns(score=pl.lit(50.0), is_coarse=pl.Series([False, True]))
    own = next(one for one in charts.profile(rows, T).checked.data if one.name == T("chart.score"))
    assert list(own.marker.symbol) == ["circle", "circle-open"]
    assert list(own.text) == ["50.0", "※≈50"]


def test_names_on_two_lines_do_not_touch_each_other():
    codes = [f"D{n}" for n in range(1, 8)]
    rows = pl.concat([DIMENSIONS[:1].with_columns(dimension=pl.lit(code)) for code in codes])
    names = (
        {("dimension", code): name for code in codes} for name in ("维度", "Support for young researchers")
    )
    one, two = (charts.dimension_ranges(rows, Texts("en", labels)).checked.layout.height for labels in names)
    assert one == 320
    assert two >= one + 7 * 10
