"""A tile a reporting line."""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards.charts.style import INK, layout
from dashboards.drawing import Drawing
from dashboards.i18n import Texts


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
        colour=pl.Series(["#FFFFFF" if depth is None else shade(depth) for depth in filled]),
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
    return layout(figure, 560, barmode="overlay", bargap=0, annotations=labels)


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


def shade(depth: float) -> str:
    """A blue between very light (0) and dark (1); lightness alone carries it, so that any eye can read it."""
    light, dark = (0xEA, 0xF2, 0xFA), (0x08, 0x45, 0x7E)
    return "#" + "".join(f"{round(a + (b - a) * depth):02X}" for a, b in zip(light, dark, strict=True))
