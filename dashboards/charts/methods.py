"""What the method does: effective weights, and what the scores owe to each choice."""

from __future__ import annotations

import polars as pl

from dashboards.charts.style import GRID, MAIN, MUTED, PEER, RANGE, layout, spans, title
from dashboards.drawing import Drawing
from dashboards.i18n import Texts


def effective_weights(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Stated and effective weight of each indicator judged (indicator, weight, effective, breached; %)."""
    names = [f"{code} {texts.label('indicator', code)}" for code in rows["indicator"]]
    figure = Drawing()
    spans(figure, names, rows["weight"], rows["effective"], RANGE, 3, texts("chart.difference"))
    figure.add_scatter(
        x=rows["weight"], y=names, mode="markers", name=texts("chart.stated_weight"),
        marker={"symbol": "line-ns", "size": 12, "line": {"color": PEER, "width": 2.5}},
        hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=rows["effective"], y=names, mode="markers", name=texts("chart.effective_weight"), cliponaxis=False,
        marker={"color": MAIN, "size": 10, "symbol": ["x" if b else "circle" for b in rows["breached"]]},
        hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", ticksuffix="%", gridcolor=GRID, tickfont={"color": MUTED},
                        title=title(texts("chart.axis.weight")))  # fmt: skip
    # A mark at nought must not lie on the name beside it.
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickfont={"size": 11},
                        range=[-0.8, len(names) - 0.2], ticklabelstandoff=8)  # fmt: skip
    return layout(figure, 110 + 21 * len(names), showlegend=True)


def sobol(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """First-order and total indices of one output, with their intervals (input, first…, total…)."""
    names = [texts.label("input", code) for code in rows["input"]]
    figure = Drawing()
    for part, colour, size in (("total", RANGE, 12), ("first", MAIN, 9)):
        spans(figure, names, rows[f"{part}_low"], rows[f"{part}_high"], colour, 2, "")
        figure.add_scatter(
            x=rows[part], y=names, mode="markers", name=texts(f"chart.sobol_{part}"),
            marker={"color": colour, "size": size, "symbol": "diamond" if part == "first" else "circle"},
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(gridcolor=GRID, tickfont={"color": MUTED}, title=title(texts("chart.axis.sobol")))
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return layout(figure, 100 + 30 * len(names), showlegend=True)
