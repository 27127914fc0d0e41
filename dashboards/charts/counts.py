"""How many: by band, by gate, by state, by answer."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dashboards.charts.style import GRID, MAIN, MUTED, RANGE, STATES, layout, title
from dashboards.drawing import Drawing
from dashboards.i18n import Texts

BANDS = {
    "excellent": "#08457E",
    "good": "#3A87C8",
    "pass": "#A9CCE8",
    "improve": "#E08E2B",
    "unrated": "#B9C0C8",
}


def bands(now: pl.DataFrame, before: pl.DataFrame | None, years: tuple[str, str], texts: Texts) -> Drawing:
    """Societies by band (band, societies_n), with last year's beside them."""
    figure = Drawing()
    if before is not None:
        figure.add_bar(
            name=years[1],
            x=[texts.label("band", code) for code in before["band"]],
            y=before["societies_n"],
            marker={"color": "#FFFFFF", "line": {"color": MUTED, "width": 1.2}},
            text=[texts.integer(n) for n in before["societies_n"]],
            textposition="outside",
            textfont={"color": MUTED, "size": 12},
            hovertemplate="%{x}: %{y}<extra></extra>",
        )
    figure.add_bar(
        name=years[0],
        x=[texts.label("band", code) for code in now["band"]],
        y=now["societies_n"],
        marker={"color": [BANDS[code] for code in now["band"]]},
        text=[texts.integer(n) for n in now["societies_n"]],
        textposition="outside",
        hovertemplate="%{x}: %{y}<extra></extra>",
    )
    largest = max([*now["societies_n"], *(before["societies_n"] if before is not None else [])], default=0)
    figure.update_xaxes(tickfont={"size": 12})
    figure.update_yaxes(range=[0, max(largest, 1) * 1.18], showticklabels=False, showgrid=False,
                        title=title(texts("chart.axis.societies")))  # fmt: skip
    return layout(figure, 300, bargap=0.28, bargroupgap=0.08, showlegend=before is not None)


def gates(steps: Sequence[tuple[str, int]], total: int, texts: Texts) -> Drawing:
    """How many societies are left after each gate."""
    names = [texts("gates.all"), *(texts.label("gate", code) for code, _ in steps)]
    left = [total, *(n for _, n in steps)]
    colours = ["#B9C0C8", *[RANGE] * (len(steps) - 1), *([MAIN] if steps else [])]
    figure = Drawing()
    figure.add_bar(
        x=left, y=names, orientation="h", marker={"color": colours}, text=[texts.integer(n) for n in left],
        textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(range=[0, max(total, 1) * 1.16], showticklabels=False, showgrid=False,
                        title=title(texts("chart.axis.societies")))  # fmt: skip
    return layout(figure, 60 + 28 * len(names), bargap=0.3, showlegend=False)


def coverage(rows: pl.DataFrame, states: Sequence[str], texts: Texts) -> Drawing:
    """Share of societies in each state, one bar an indicator (indicator, a column a state, 0–1)."""
    names = [f"{code} {texts.label('indicator', code)}" for code in rows["indicator"]]
    figure = Drawing()
    for code in states:
        colour, shape = STATES[code]
        figure.add_bar(
            x=rows[code], y=names, orientation="h", name=texts.label("state", code),
            marker={
                "color": colour,
                "pattern": {
                    "shape": shape, "fgcolor": "#FFFFFF", "size": 5, "solidity": 0.3, "fillmode": "overlay",
                },
            },
            hovertemplate="%{y}: %{x:.1%}<extra>" + texts.label("state", code) + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1.02], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1], tickformat=".0%",
                        gridcolor=GRID, tickfont={"color": MUTED},
                        title=title(texts("chart.axis.filed")))  # fmt: skip
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11})
    return layout(figure, 140 + 20 * len(names), barmode="stack", bargap=0.25, showlegend=True)


def shares(rows: pl.DataFrame, kind: str, texts: Texts) -> Drawing:
    """Of `total` societies how many (`n`) have each `code`; the count stands beside the bar."""
    names = [texts.label(kind, code) for code in rows["code"]]
    parts = [n / total if total else 0.0 for n, total in zip(rows["n"], rows["total"], strict=True)]
    figure = Drawing()
    figure.add_bar(
        x=parts, y=names, orientation="h", marker={"color": "#3A87C8"}, cliponaxis=False,
        text=[f"{texts.percent(part)} ({texts.integer(n)})"
              for part, n in zip(parts, rows["n"], strict=True)],
        textposition="outside", hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(range=[0, 1.25], tickvals=[0, 0.5, 1], tickformat=".0%", gridcolor=GRID,
                        tickfont={"color": MUTED}, title=title(texts("chart.axis.filed")))  # fmt: skip
    return layout(figure, 76 + 30 * len(names), bargap=0.35, showlegend=False)
