"""Frame → Drawing. Colours keep apart for colour-blind eyes; fonts end in the bundled fallback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
BANDS = {
    "excellent": "#08457E",
    "good": "#3A87C8",
    "pass": "#A9CCE8",
    "improve": "#E08E2B",
    "unrated": "#B9C0C8",
}


def _layout(figure: Drawing, height: int, **more: Any) -> Drawing:
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": FONTS, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONTS, "size": 13}, "bgcolor": "#FFFFFF", "bordercolor": GRID},
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
                        title=_title(texts("chart.axis.societies")))  # fmt: skip
    return _layout(figure, 300, bargap=0.28, bargroupgap=0.08, showlegend=before is not None)


def dimension_ranges(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Mean and middle half of the rated societies in each dimension (dimension, mean, p25, p75)."""
    names = _dimensions(rows["dimension"], texts)
    figure = Drawing()
    _spans(figure, names, rows["p25"], rows["p75"], RANGE, 12, texts("chart.middle_half"))
    figure.add_scatter(
        x=rows["mean"], y=names, mode="markers+text", marker={"color": MAIN, "size": 11}, cliponaxis=False,
        text=[texts.decimal(v) for v in rows["mean"]], textposition="top center", textfont={"size": 11},
        name=texts("chart.mean"), hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    return _scores(figure, names, 320, texts)


def profile(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """A society's dimensions with their intervals, against the middle half and the median of its peers."""
    names = _dimensions(rows["dimension"], texts)
    figure = Drawing()
    _spans(figure, names, rows["p25"], rows["p75"], "#E6E9ED", 20, texts("chart.peer_middle_half"))
    figure.add_scatter(
        x=rows["peer_median"], y=names, mode="markers", name=texts("chart.peer_median"),
        marker={"symbol": "line-ns", "size": 18, "line": {"color": PEER, "width": 2.5}},
        hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    _spans(figure, names, rows["low"], rows["high"], RANGE, 6, texts("chart.interval"))
    figure.add_scatter(
        x=rows["score"], y=names, mode="markers+text", marker={"color": MAIN, "size": 11}, cliponaxis=False,
        text=_told(rows, texts), textposition="top center", textfont={"size": 11},
        name=texts("chart.score"), hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    return _scores(figure, names, 420, texts)


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
                        title=_title(texts("chart.axis.societies")))  # fmt: skip
    return _layout(figure, 60 + 28 * len(names), bargap=0.3, showlegend=False)


def tile_grid(tiles: pl.DataFrame, is_share: bool, texts: Texts) -> Drawing:
    """A tile a reporting line (x, y, name, value, n, is_few): darker is more, hatched is too few to say.

    Shares are 0–1, scores 0–100; no value leaves the tile empty.
    """
    scale = 1.0 if is_share else 100.0
    names, shown, depths = tiles["name"].to_list(), [], []
    for value in tiles["value"]:
        # Whole points: a tile on a phone is as wide as four signs.
        said = texts.decimal(None if value is None else value * (100 if is_share else 1), 0)
        shown.append(said + ("%" if is_share and value is not None else ""))
        depths.append(None if value is None else min(max(value / scale, 0.0), 1.0))
    # None is drawn empty, few is hatched.
    filled = [None if few else depth for few, depth in zip(tiles["is_few"], depths, strict=True)]
    drawn = tiles.with_columns(
        is_hatched=pl.col("is_few") & pl.col("value").is_not_null(),
        colour=pl.Series(["#FFFFFF" if depth is None else _shade(depth) for depth in filled]),
        edge=pl.Series(["#C5CDD6" if depth is None else "#FFFFFF" for depth in filled]),
        hover=pl.Series([f"{name}: {value} ({texts.integer(n)})"
                         for name, value, n in zip(names, shown, tiles["n"], strict=True)]),
    )  # fmt: skip
    figure = Drawing()
    # Two traces: Plotly draws a pattern in black where each point has a colour of its own.
    plain, few = drawn.filter(~pl.col("is_hatched")), drawn.filter("is_hatched")
    _tiles(figure, plain, {"color": plain["colour"], "line": {"color": plain["edge"], "width": 1.2}})
    hatch = {"shape": "/", "fgcolor": "#DDE3EA", "size": 6, "solidity": 0.25}
    _tiles(figure, few, {"color": "#FFFFFF", "line": {"color": "#C5CDD6", "width": 1.2}, "pattern": hatch})
    labels = [
        {
            "x": x, "y": -y, "text": f"{_in_lines(name)}<br><b>{said}</b>", "showarrow": False,
            "font": {"size": 11 if len(name) < 6 else 9, "color": "#FFFFFF" if (depth or 0) > 0.55 else INK},
        }
        for x, y, name, said, depth in zip(tiles["x"], tiles["y"], names, shown, filled, strict=True)
    ]  # fmt: skip
    columns, rows = tiles["x"].max(), tiles["y"].max()
    figure.update_xaxes(visible=False, range=[-0.6, columns + 0.6])  # type: ignore[operator]
    figure.update_yaxes(visible=False, range=[-rows - 0.6, 0.6])  # type: ignore[operator]
    return _layout(figure, 560, barmode="overlay", bargap=0, annotations=labels)


def _tiles(figure: Drawing, part: pl.DataFrame, marker: dict[str, Any]) -> None:
    figure.add_bar(
        x=part["x"], base=-part["y"] - 0.46, y=[0.92] * part.height, width=0.94, showlegend=False,
        marker=marker, customdata=part["hover"], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _in_lines(name: str, longest: int = 6) -> str:
    """A long name on two lines; words are not cut."""
    if name.isascii():
        return "<br>".join(name.split(" ", 1))
    middle = (len(name) + 1) // 2
    return name if len(name) <= longest else f"{name[:middle]}<br>{name[middle:]}"


def _shade(depth: float) -> str:
    """A blue between very light (0) and dark (1); lightness alone carries it, so that any eye can read it."""
    light, dark = (0xEA, 0xF2, 0xFA), (0x08, 0x45, 0x7E)
    return "#" + "".join(f"{round(a + (b - a) * depth):02X}" for a, b in zip(light, dark, strict=True))


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
                        title=_title(texts("chart.axis.filed")))  # fmt: skip
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11})
    return _layout(figure, 140 + 20 * len(names), barmode="stack", bargap=0.25, showlegend=True)


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
                        tickfont={"color": MUTED}, title=_title(texts("chart.axis.filed")))  # fmt: skip
    return _layout(figure, 76 + 30 * len(names), bargap=0.35, showlegend=False)


SERIES = (("#08457E", "circle"), ("#B35900", "square"), ("#2E7D6B", "diamond"), ("#7A3E9D", "triangle-up"),
          ("#5B6773", "cross"))  # fmt: skip


def compared(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Dimensions of up to five societies with their intervals, each in its colour and sign.

    Columns: society_id, name, dimension, score, low, high.
    """
    dimensions = rows["dimension"].unique().sort().to_list()
    names = _dimensions(dimensions, texts)
    parts = rows.partition_by("society_id", maintain_order=True)
    figure = Drawing()
    for n, part in enumerate(parts):
        colour, symbol = SERIES[n]
        shift = (n - (len(parts) - 1) / 2) * 0.15
        y = [dimensions.index(code) + shift for code in part["dimension"]]
        low, high = part["score"] - part["low"], part["high"] - part["score"]
        figure.add_scatter(
            x=part["score"], y=y, mode="markers", name=part["name"][0],
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_x={"type": "data", "symmetric": False, "array": high, "arrayminus": low, "color": colour,
                     "thickness": 1.6, "width": 3},
            customdata=[names[dimensions.index(code)] for code in part["dimension"]],
            hovertemplate="%{customdata}: %{x:.1f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    _score_axis(figure, texts)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.4, -0.6])
    return _layout(figure, 80 + 62 * len(names), showlegend=True)


def effective_weights(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """Stated and effective weight of each indicator judged (indicator, weight, effective, breached; %)."""
    names = [f"{code} {texts.label('indicator', code)}" for code in rows["indicator"]]
    figure = Drawing()
    _spans(figure, names, rows["weight"], rows["effective"], RANGE, 3, texts("chart.difference"))
    figure.add_scatter(
        x=rows["weight"], y=names, mode="markers", name=texts("chart.stated_weight"),
        marker={"symbol": "line-ns", "size": 12, "line": {"color": PEER, "width": 2.5}},
        hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=rows["effective"], y=names, mode="markers", name=texts("chart.effective_weight"),
        marker={"color": MAIN, "size": 10, "symbol": ["x" if b else "circle" for b in rows["breached"]]},
        hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", ticksuffix="%", gridcolor=GRID, tickfont={"color": MUTED},
                        title=_title(texts("chart.axis.weight")))  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickfont={"size": 11},
                        range=[-0.8, len(names) - 0.2])  # fmt: skip
    return _layout(figure, 110 + 21 * len(names), showlegend=True)


def sobol(rows: pl.DataFrame, texts: Texts) -> Drawing:
    """First-order and total indices of one output, with their intervals (input, first…, total…)."""
    names = [texts.label("input", code) for code in rows["input"]]
    figure = Drawing()
    for part, colour, size in (("total", RANGE, 12), ("first", MAIN, 9)):
        _spans(figure, names, rows[f"{part}_low"], rows[f"{part}_high"], colour, 2, "")
        figure.add_scatter(
            x=rows[part], y=names, mode="markers", name=texts(f"chart.sobol_{part}"),
            marker={"color": colour, "size": size, "symbol": "diamond" if part == "first" else "circle"},
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(gridcolor=GRID, tickfont={"color": MUTED}, title=_title(texts("chart.axis.sobol")))
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return _layout(figure, 100 + 30 * len(names), showlegend=True)


def _told(rows: pl.DataFrame, texts: Texts) -> list[str]:
    """Scores in words; the middle of a range bears the sign of what is withheld."""
    said = rows.select("score", "is_coarse").iter_rows()
    return [f"※≈{texts.decimal(v, 0)}" if is_coarse else texts.score(v) for v, is_coarse in said]


def _spans(  # noqa: PLR0913, PLR0917 - what is drawn, and how
    figure: Drawing, names: list[str], low: pl.Series, high: pl.Series, colour: str, width: int,
           title: str) -> None:  # fmt: skip
    """Horizontal spans, one trace: pairs of points parted by gaps; without a title not in the legend."""
    x = [v for pair in zip(low, high, strict=True) for v in (*pair, None)]
    y = [v for name in names for v in (name, name, None)]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": width}, name=title, hoverinfo="skip",
        showlegend=bool(title),
    )  # fmt: skip


def _dimensions(codes: Iterable[str], texts: Texts) -> list[str]:
    """Names of dimensions, long ones on two lines: on a phone they would leave no room for the drawing."""
    return ["<br>".join(wrap(f"{code} {texts.label('dimension', code)}", LONGEST)) for code in codes]


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 12, "color": MUTED}, "standoff": 8}


def _score_axis(figure: Drawing, texts: Texts) -> None:
    figure.update_xaxes(range=[0, 102], tickvals=[0, 20, 40, 60, 80, 100], gridcolor=GRID,
                        tickfont={"color": MUTED}, title=_title(texts("chart.axis.score")))  # fmt: skip


def _scores(figure: Drawing, names: list[str], height: int, texts: Texts) -> Drawing:
    _score_axis(figure, texts)
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    return _layout(figure, height, showlegend=True)
