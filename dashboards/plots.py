"""Charts on a page: drawn in their place, a session's first ones after everything else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboards import charts
from dashboards.tables import cell
from dashboards.turns import RERUNS

# In a session: the charts that wait for their turn, and whether its browser has read Plotly.
LATE, HAS_PLOTLY = "charts_late", "has_plotly"
LATE_SECONDS = 0.5


def chart(figure: Any, key: str, alt: str) -> None:
    """A Plotly figure with our fonts and without its maker's services; by `charts_last` its place only."""
    place = st.container(key=f"chart_{key}")
    late = st.session_state.get(LATE)
    if late is None:
        _fill(place, figure, key, alt)
    else:
        late.append((place, figure, key, alt))


@contextmanager
def charts_last() -> Iterator[None]:
    """In a session's first run draw the charts at the end, when the reader has the figures.

    Plotly comes with the first chart, and the browser does nothing else for half a second to one while it
    reads it: what came with the chart would not be seen before.
    """
    if HAS_PLOTLY in st.session_state:
        yield
        return
    # Anew in each run: of one that was broken off the places are gone.
    late = st.session_state[LATE] = []
    try:
        yield
    finally:
        del st.session_state[LATE]
    if late:
        with RERUNS.give_up():
            time.sleep(LATE_SECONDS)
        for one in late:
            _fill(*one)
        st.session_state[HAS_PLOTLY] = True


def _fill(place: Any, figure: Any, key: str, alt: str) -> None:
    with place:
        st.plotly_chart(figure, width="stretch", theme=None, config=charts.CONFIG, key=key, alt=alt)
        # static/charts.js makes the files in the reader's browser.
        name = cell(alt)
        st.html(
            '<div class="fq-charts">'
            + "".join(
                f'<button type="button" data-chart="{name}" data-format="{kind}" '
                f'aria-label="{name} {kind.upper()}">{kind.upper()}</button>'
                for kind in ("png", "svg")
            )
            + "</div>"
        )
