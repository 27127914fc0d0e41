"""What all drawings share. Colours keep apart for colour-blind eyes; fonts end in the bundled fallback."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Any

import polars as pl

from dashboards.drawing import Drawing
from dashboards.i18n import Texts

# The same stack as static/fonts.css; drawn text cannot read a CSS variable.
FONTS = (
    "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, Source Han Sans CN, "
    "Hiragino Sans GB, WenQuanYi Micro Hei, WenQuanYi Zen Hei, Fengqing Fallback, sans-serif"
)
# Plotly 7 offers “Share chart…”, which sends the data to its maker.
CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "scrollZoom": False,
}
INK, MUTED, GRID, PAPER = "#1D2733", "#5B6773", "#E3E8EE", "rgba(0,0,0,0)"
MAIN, RANGE, PEER = "#0B4F8A", "#8FB8DE", "#B35900"
# State → colour, and a pattern for eyes that do not tell the colours apart.
STATES = {
    "reported": ("#3A87C8", ""),
    "zero": ("#A9CCE8", ""),
    "under_verification": ("#8E78B8", "x"),
    "not_reported": ("#E08E2B", "/"),
    "not_applicable": ("#DDE3EA", ""),
    "suppressed": ("#6B7683", "."),
}
LONGEST = 18  # signs of a label on one line
FRAME, LINE = 100, 21  # pixels of legend and axis, and of one line of a name with its share of the gap


def layout(figure: Drawing, height: int, **more: Any) -> Drawing:
    """Sizes, fonts, legend and axes that all drawings share."""
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": FONTS, "size": 13, "color": INK},
        # Without a colour of its own the text takes the border's, and cannot be read.
        "hoverlabel": {
            "font": {"family": FONTS, "size": 13, "color": INK},
            "bgcolor": "#FFFFFF",
            "bordercolor": GRID,
        },
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "dragmode": False,
        # Above the drawing, where it grows upwards on a narrow screen and never lies over it.
        "legend": {
            "orientation": "h",
            "y": 1.01,
            "x": 0,
            "yanchor": "bottom",
            "traceorder": "normal",
            "font": {"size": 12, "color": MUTED},
        },
    }
    figure.update_layout({**base, **more})
    figure.update_xaxes(automargin=True, fixedrange=True, zeroline=False)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False)
    return figure


def spans(  # noqa: PLR0913, PLR0917 - what is drawn, and how
    figure: Drawing, names: list[str], low: pl.Series, high: pl.Series, colour: str, width: int,
           title: str) -> None:  # fmt: skip
    """Horizontal spans, one trace: pairs of points parted by gaps; without a title not in the legend."""
    x = [v for pair in zip(low, high, strict=True) for v in (*pair, None)]
    y = [v for name in names for v in (name, name, None)]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": width}, name=title, hoverinfo="skip",
        showlegend=bool(title),
    )  # fmt: skip


def dimension_names(codes: Iterable[str], texts: Texts) -> list[str]:
    """Names of dimensions, long ones on two lines: on a phone they would leave no room for the drawing."""
    return ["<br>".join(wrap(f"{code} {texts.label('dimension', code)}", LONGEST)) for code in codes]


def title(text: str) -> dict[str, Any]:
    """The title of an axis."""
    return {"text": text, "font": {"size": 12, "color": MUTED}, "standoff": 8}


def score_axis(figure: Drawing, texts: Texts) -> None:
    """The scale of scores, 0–100, across."""
    figure.update_xaxes(range=[0, 102], tickvals=[0, 20, 40, 60, 80, 100], gridcolor=GRID,
                        tickfont={"color": MUTED}, title=title(texts("chart.axis.score")))  # fmt: skip


def on_scores(figure: Drawing, names: list[str], height: int, texts: Texts) -> Drawing:
    """A drawing of names down and scores across, at least `height` high."""
    score_axis(figure, texts)
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    # Names on two lines, as in English, would touch each other.
    lines = max((name.count("<br>") + 1 for name in names), default=1)
    return layout(figure, max(height, FRAME + LINE * lines * len(names)), showlegend=True)
