"""The script Streamlit runs: language, run, navigation. What a page shows is in pages/."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards import view
from dashboards.i18n import Texts
from dashboards.pages import (
    assessment,
    empty,
    filing_check,
    methods,
    overview,
    quality,
    regions,
    society,
    units,
)

SIDEBAR_WIDTH = 216
ICON = str(Path(__file__).parent / "static" / "icon.png")


def main() -> None:
    """Choose language and run, then run the page that the URL names."""
    st.set_page_config(
        page_title="风清 Fengqing", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    st.logo(ICON, size="large")
    texts = Texts(view.choose_language())
    shown = view.open_view(texts)

    def page(render: Callable[[view.View], None], key: str, path: str, default: bool = False) -> st.Page:
        def run() -> None:
            if shown is None:
                empty.render(texts)
            else:
                render(shown)

        return st.Page(run, title=texts(f"{key}.nav"), url_path=path, default=default)

    chosen = st.navigation(
        [
            page(overview.render, "overview", "overview", default=True),
            page(society.render, "society", "society"),
            page(assessment.render, "assessment", "assessment"),
            page(units.render, "units", "units"),
            page(regions.render, "regions", "regions"),
            page(quality.render, "quality", "quality"),
            page(methods.render, "methods", "methods"),
            # Before the first run, too: a file can be judged without one.
            st.Page(
                partial(filing_check.render, texts),
                title=texts("filing_check.nav"),
                url_path="filing_check",
            ),
        ]
    )
    chosen.run()
    if shown is not None:
        with st.sidebar:
            st.html(f'<p class="fq-foot">{texts("sidebar.foot", run_id=shown.run["run_id"])}</p>')


main()
