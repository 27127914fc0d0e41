"""A session's first charts come after what else is on the page; later ones in their turn."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import plots


def page():
    import streamlit as st

    from dashboards.plots import chart, charts_last

    with charts_last():
        chart({"data": [{"type": "bar", "x": [1]}]}, "one", "一")
        st.text("after")
        if st.session_state.get("broken"):
            raise RuntimeError("broken off")


@pytest.fixture
def order(monkeypatch):
    told = []
    filled = plots._fill
    monkeypatch.setattr(plots, "_fill", lambda *one: (told.append("chart"), filled(*one)))
    monkeypatch.setattr(plots.st, "text", told.append)
    monkeypatch.setattr(plots, "time", SimpleNamespace(sleep=lambda _: told.append("pause")))
    return told


def test_the_first_charts_come_last_and_later_ones_in_their_place(order):
    app = AppTest.from_function(page).run()
    assert order == ["after", "pause", "chart"]
    assert not app.exception
    order.clear()
    assert not app.run().exception
    assert order == ["chart", "after"]


def test_a_run_that_was_broken_off_leaves_no_charts_behind(order):
    app = AppTest.from_function(page)
    app.session_state["broken"] = True
    assert app.run().exception
    assert order == ["after"]
    app.session_state["broken"] = False
    order.clear()
    assert not app.run().exception
    assert order == ["after", "pause", "chart"]
