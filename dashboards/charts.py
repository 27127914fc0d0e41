"""Frame → Figure. Colours keep apart for colour-blind eyes; fonts end in the bundled fallback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

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
BANDS = {
    "excellent": "#08457E",
    "good": "#3A87C8",
    "pass": "#A9CCE8",
    "improve": "#E08E2B",
    "unrated": "#B9C0C8",
}


def _layout(figure: go.Figure, height: int, **more: Any) -> go.Figure:
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": FONTS, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONTS, "size": 13}, "bgcolor": "#FFFFFF", "bordercolor": GRID},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "dragmode": False,
        "legend": {
            "orientation": "h",
            "y": -0.14,
            "x": 0,
            "yanchor": "top",
            "font": {"size": 12, "color": MUTED},
        },
    }
    figure.update_layout({**base, **more})
    figure.update_xaxes(automargin=True, fixedrange=True, zeroline=False)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False)
    return figure


def bands(now: pl.DataFrame, before: pl.DataFrame | None, years: tuple[int, int], texts: Texts) -> go.Figure:
    """Societies by band (band, societies_n), with last year's beside them."""
    figure = go.Figure()
    if before is not None:
        figure.add_bar(
            name=texts("overview.bands.year", year=years[1]),
            x=[texts.label("band", code) for code in before["band"]],
            y=before["societies_n"],
            marker={"color": "#FFFFFF", "line": {"color": MUTED, "width": 1.2}},
            text=[texts.integer(n) for n in before["societies_n"]],
            textposition="outside",
            textfont={"color": MUTED, "size": 12},
            hovertemplate="%{x}: %{y}<extra></extra>",
        )
    figure.add_bar(
        name=texts("overview.bands.year", year=years[0]),
        x=[texts.label("band", code) for code in now["band"]],
        y=now["societies_n"],
        marker={"color": [BANDS[code] for code in now["band"]]},
        text=[texts.integer(n) for n in now["societies_n"]],
        textposition="outside",
        hovertemplate="%{x}: %{y}<extra></extra>",
    )
    largest = max([*now["societies_n"], *(before["societies_n"] if before is not None else [])], default=0)
    figure.update_yaxes(visible=False, range=[0, max(largest, 1) * 1.18])
    return _layout(figure, 300, bargap=0.28, bargroupgap=0.08, showlegend=before is not None)


def dimension_ranges(rows: pl.DataFrame, texts: Texts) -> go.Figure:
    """Mean and middle half of the rated societies in each dimension (dimension, mean, p25, p75)."""
    names = [f"{code} {texts.label('dimension', code)}" for code in rows["dimension"]]
    figure = go.Figure()
    _spans(figure, names, rows["p25"], rows["p75"], RANGE, 12, texts("chart.middle_half"))
    figure.add_scatter(
        x=rows["mean"], y=names, mode="markers+text", marker={"color": MAIN, "size": 11}, cliponaxis=False,
        text=[texts.decimal(v) for v in rows["mean"]], textposition="top center", textfont={"size": 11},
        name=texts("chart.mean"), hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    return _scores(figure, names, 300)


def profile(rows: pl.DataFrame, texts: Texts) -> go.Figure:
    """A society's dimensions with their intervals, against the middle half and the median of its peers."""
    names = [f"{code} {texts.label('dimension', code)}" for code in rows["dimension"]]
    figure = go.Figure()
    _spans(figure, names, rows["p25"], rows["p75"], "#E6E9ED", 20, texts("chart.peer_middle_half"))
    figure.add_scatter(
        x=rows["peer_median"], y=names, mode="markers", name=texts("chart.peer_median"),
        marker={"symbol": "line-ns", "size": 18, "line": {"color": PEER, "width": 2.5}},
        hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    _spans(figure, names, rows["low"], rows["high"], RANGE, 6, texts("chart.interval"))
    figure.add_scatter(
        x=rows["score"], y=names, mode="markers+text", marker={"color": MAIN, "size": 11}, cliponaxis=False,
        text=[texts.decimal(v) for v in rows["score"]], textposition="top center", textfont={"size": 11},
        name=texts("chart.score"), hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    return _scores(figure, names, 420)


def gates(steps: Sequence[tuple[str, int]], total: int, texts: Texts) -> go.Figure:
    """How many societies are left after each gate."""
    names = [texts("gates.all"), *(texts.label("gate", code) for code, _ in steps)]
    left = [total, *(n for _, n in steps)]
    colours = ["#B9C0C8", *[RANGE] * (len(steps) - 1), *([MAIN] if steps else [])]
    figure = go.Figure()
    figure.add_bar(
        x=left, y=names, orientation="h", marker={"color": colours}, text=[texts.integer(n) for n in left],
        textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(visible=False, range=[0, max(total, 1) * 1.08])
    return _layout(figure, 40 + 28 * len(names), bargap=0.3, showlegend=False)


def _spans(  # noqa: PLR0913, PLR0917 - what is drawn, and how
    figure: go.Figure, names: list[str], low: pl.Series, high: pl.Series, colour: str, width: int,
           title: str) -> None:  # fmt: skip
    """Horizontal spans, one trace: pairs of points parted by gaps."""
    x = [v for pair in zip(low, high, strict=True) for v in (*pair, None)]
    y = [v for name in names for v in (name, name, None)]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": width}, name=title, hoverinfo="skip"
    )


def _scores(figure: go.Figure, names: list[str], height: int) -> go.Figure:
    figure.update_xaxes(
        range=[0, 102], tickvals=[0, 20, 40, 60, 80, 100], gridcolor=GRID, tickfont={"color": MUTED}
    )
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return _layout(figure, height, showlegend=True)
