"""A Plotly figure as plain data: what the charts draw, without Plotly checking each property every time.

Plotly's own figure takes 10–40 ms of the processor for one of ours, most of a page's rerun; this takes one.
The tests build each drawing as Plotly's figure once, which refuses what Plotly does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

import plotly.graph_objects as go
import plotly.io
import polars as pl
from plotly.basedatatypes import BaseFigure

from models.visible import visible

# Of Plotly's default template only what our traces take from it travels to the reader.
TRACES = ("bar", "scatter")
LONGEST_NAME = 40


class Drawing(BaseFigure):
    """Traces and layout. Streamlit takes a `BaseFigure` by its `to_dict`, and checks all else anew."""

    def __init__(self) -> None:
        # Not the parent's: it would build the figure that this one does without.
        self._traces: list[dict[str, Any]] = []
        self._parts: dict[str, Any] = {"template": _template()}

    def add_bar(self, **properties: Any) -> None:
        """A trace of bars."""
        self._add("bar", properties)

    def add_scatter(self, **properties: Any) -> None:
        """A trace of points or lines."""
        self._add("scatter", properties)

    def _add(self, kind: str, properties: Mapping[str, Any]) -> None:
        trace = {"type": kind, **_plain(properties)}
        # Plotly takes tags in a name for mark-up, and a name may be a society's.
        if name := trace.get("name"):
            trace["name"] = _as_text(name)
        self._traces.append(trace)

    def update_layout(self, properties: Mapping[str, Any]) -> None:
        """Set parts of the layout."""
        self._parts.update(_plain(properties))

    def update_xaxes(self, **properties: Any) -> None:
        """Set parts of the x axis."""
        self._parts.setdefault("xaxis", {}).update(_plain(properties))

    def update_yaxes(self, **properties: Any) -> None:
        """Set parts of the y axis."""
        self._parts.setdefault("yaxis", {}).update(_plain(properties))

    def to_dict(self) -> dict[str, Any]:
        """The figure as the browser gets it."""
        return {"data": self._traces, "layout": self._parts}

    @property
    def checked(self) -> go.Figure:
        """Plotly's own figure of the same; ValueError for a property that it does not know."""
        return go.Figure(self.to_dict())


@cache
def _template() -> dict[str, Any]:
    whole = plotly.io.templates["plotly"].to_plotly_json()
    return {"layout": whole["layout"], "data": {name: whole["data"][name] for name in TRACES}}


def _plain(value: Any) -> Any:
    """Series become lists, at every depth."""
    if isinstance(value, pl.Series):
        return value.to_list()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _as_text(name: str) -> str:
    """A series' name without mark-up, short enough for a legend."""
    shown = visible(name)
    return escape(shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…", quote=False)
