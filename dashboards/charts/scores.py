"""Scores with their intervals: of the nation, of a society among its peers, of a few side by side."""

from __future__ import annotations

import polars as pl

from dashboards.charts.style import MAIN, PEER, RANGE, dimension_names, layout, on_scores, score_axis, spans
from dashboards.drawing import Drawing
from dashboards.i18n import Texts

SERIES = (("#08457E", "circle"), ("#B35900", "square"), ("#2E7D6B", "diamond"), ("#7A3E9D", "triangle-up"),
          ("#5B6773", "cross"))  # fmt: skip


def dimension_ranges(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Mean and middle half of the rated societies in each dimension (dimension, mean, p25, p75)."""
    names = dimension_names(rows["dimension"], texts)
    figure = Drawing()
    spans(figure, names, rows["p25"], rows["p75"], RANGE, 12, texts("chart.middle_half"))
    figure.add_scatter(
        x=rows["mean"], y=names, mode="markers+text", marker={"color": MAIN, "size": 11}, cliponaxis=False,
        text=[texts.decimal(v) for v in rows["mean"]], textposition="top center", textfont={"size": 11},
        name=texts("chart.mean"), hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    return on_scores(figure, names, 320, texts)


def profile(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """A society's dimensions with their intervals, against the middle half and the median of its peers."""
    names = dimension_names(rows["dimension"], texts)
    figure = Drawing()
    spans(figure, names, rows["p25"], rows["p75"], "#E6E9ED", 20, texts("chart.peer_middle_half"))
    figure.add_scatter(
        x=rows["peer_median"], y=names, mode="markers", name=texts("chart.peer_median"),
        marker={"symbol": "line-ns", "size": 13, "line": {"color": PEER, "width": 2.5}},
        text=[texts.decimal(v) for v in rows["peer_median"]],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    spans(figure, names, rows["low"], rows["high"], RANGE, 6, texts("chart.interval"))
    figure.add_scatter(
        x=rows["score"], y=names, mode="markers+text", cliponaxis=False,
        marker={"color": MAIN, "size": 11, "symbol": _signs("circle", rows)},
        text=_told(rows, texts), textposition="top center", textfont={"size": 11},
        name=texts("chart.score"), hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    return on_scores(figure, names, 420, texts)


def _told(rows: pl.DataFrame, texts: Texts) -> list[str]:
    """Scores in words; the middle of a range bears the sign of what is withheld."""
    said = rows.select("score", "is_coarse").iter_rows()
    return [f"※≈{texts.decimal(v, 0)}" if is_coarse else texts.score(v) for v, is_coarse in said]


def _signs(symbol: str, rows: pl.DataFrame) -> list[str]:
    """The sign of each score; an empty one for the middle of a range, which is no score."""
    return [f"{symbol}-open" if is_coarse else symbol for is_coarse in rows["is_coarse"]]


def compared(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Dimensions of up to five societies with their intervals, each in its colour and sign.

    Columns: society_id, name, dimension, score, low, high, is_coarse.
    """
    dimensions = rows["dimension"].unique().sort().to_list()
    names = dimension_names(dimensions, texts)
    parts = rows.partition_by("society_id", maintain_order=True)
    figure = Drawing()
    for n, part in enumerate(parts):
        colour, symbol = SERIES[n]
        shift = (n - (len(parts) - 1) / 2) * 0.15
        y = [dimensions.index(code) + shift for code in part["dimension"]]
        low, high = part["score"] - part["low"], part["high"] - part["score"]
        figure.add_scatter(
            x=part["score"], y=y, mode="markers", name=part["name"][0],
            marker={"color": colour, "size": 9, "symbol": _signs(symbol, part)},
            error_x={"type": "data", "symmetric": False, "array": high, "arrayminus": low, "color": colour,
                     "thickness": 1.6, "width": 3},
            customdata=[names[dimensions.index(code)] for code in part["dimension"]],
            text=_told(part, texts),
            hovertemplate="%{customdata}: %{text}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    score_axis(figure, texts)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6])
    return layout(figure, 80 + 62 * len(names), showlegend=True)
