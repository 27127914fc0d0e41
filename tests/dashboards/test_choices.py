"""Every select box of every page: one choice after another is kept, none is lost."""

import pytest
import streamlit as st

from dashboards.filters import COLUMNS
from tests.dashboards.test_pages import PAGES, settled, start  # noqa: F401 - a fixture

CHOICES = 3
LANGUAGE = "_zh_"  # in the key of every box whose choice the URL keeps
FILTERS = {url for url, _ in COLUMNS.values()}


@pytest.fixture
def codes(monkeypatch):
    """What the boxes offer, by name: the test runner itself knows the labels only."""
    offered, drawn = {}, st.selectbox

    def selectbox(label, options, **given):
        offered[given["key"].rsplit(LANGUAGE, 1)[0]] = list(options)
        return drawn(label, options, **given)

    monkeypatch.setattr(st, "selectbox", selectbox)
    return offered


@pytest.mark.parametrize("page", PAGES)
def test_each_of_several_choices_is_kept(start, published, codes, page):  # noqa: F811 - the fixture above
    start(published, page)
    # Filters are one piece of code: one page tells how they behave.
    names = set(codes) - (FILTERS if page != "overview" else set())
    assert names or page not in {"overview", "society", "regions"}
    for name in sorted(names):
        app = start(published, page)
        for code in [*codes[name][-CHOICES:], codes[name][0]]:
            box_of(app, name).select(code)
            settled(app.run())
            assert box_of(app, name).value == code, name


def box_of(app, name):
    (box,) = [one for one in app.selectbox if one.key and one.key.rsplit(LANGUAGE, 1)[0] == name]
    return box
