"""The script Streamlit runs: language, run, filters, navigation. What a page shows is in pages/."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboards import access, filterbar, gate, state, view
from dashboards.brand import ICON, NAME
from dashboards.filters import COLUMNS
from dashboards.i18n import Texts
from dashboards.navigation import GROUPS, PAGES, Page
from dashboards.pages import empty, unreadable
from dashboards.plots import charts_last
from dashboards.turns import RERUNS
from models.errors import FengqingError
from models.publication.manifest import code_version

log = logging.getLogger(__name__)
SIDEBAR_WIDTH = 216


def main() -> None:
    """Choose language and run, then run the page that the URL names, when it is this rerun's turn."""
    with RERUNS.take():
        _draw()


def _draw() -> None:
    st.set_page_config(page_title=NAME, page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    st.logo(ICON, size="large")
    texts = Texts(view.choose_language())
    try:
        with charts_last():
            _session(texts)
    except Exception:
        # What Streamlit would show instead is in English and helps nobody; the log has the whole of it.
        log.exception("a page could not be drawn")
        unreadable.fault(texts)


def _session(texts: Texts) -> None:
    if not gate.enter(texts):
        # A page named by the URL must be found, or Streamlit's notice covers the button; it draws nothing.
        nav = texts("signin.nav")
        walls = [st.Page(_nothing, title=nav, url_path=p.path, default=p is PAGES[0]) for p in PAGES]
        st.navigation(walls, position="hidden").run()
        state.write()
        return
    shown = _open(texts)
    chosen = st.navigation(
        {
            texts(group): [
                st.Page(
                    _script(page, texts, shown),
                    title=texts(page.title),
                    url_path=page.path,
                    default=page is PAGES[0],
                )
                for page in pages
            ]
            for group, pages in GROUPS.items()
        },
        expanded=True,
    )
    chosen.run()
    if isinstance(shown, view.View):
        with st.sidebar:
            st.html(f'<p class="fq-foot">{texts("sidebar.foot", run_id=shown.run["run_id"])}</p>')
    state.write()


def _nothing() -> None:
    """Stands where pages would be."""


def _open(texts: Texts) -> view.View | FengqingError | None:
    """The view of the run chosen, or why it cannot be shown: pages without a run and other runs stay."""
    try:
        return view.open_view(texts)
    except FengqingError as error:
        return error


def _script(page: Page, texts: Texts, shown: view.View | FengqingError | None) -> Callable[[], None]:
    def run() -> None:
        run_id = shown.run["run_id"] if isinstance(shown, view.View) else None
        notices = st.container()
        if not gate.view_recorded(texts, page.path, run_id):
            return
        if not page.needs_run:
            page.render()(texts)
        elif shown is None:
            empty.render(texts)
        elif isinstance(shown, FengqingError):
            unreadable.render(texts, shown)
        else:
            draw(page, shown)
        view.tell_left_aside(texts, notices)

    return run


def draw(page: Page, shown: view.View) -> None:
    """Draw a page of a run, its filters above it."""
    seen = replace(shown, filters=filterbar.render(shown, page.filters))
    chosen = {COLUMNS[name][0]: code for name, code in seen.filters.chosen.items()}
    if chosen and not gate.view_recorded(shown.texts, page.path, shown.run["run_id"], **chosen):
        return
    try:
        page.render()(seen, *([page.argument] if page.argument else []))
    except access.LACKING as error:
        # Of a run that this very version published, a table that is not there is a fault of ours.
        if shown.run["manifest"]["code_version"] == code_version():
            raise
        log.warning("page %s of run %s: %s", page.path, shown.run["run_id"], error)
        unreadable.render(shown.texts, access.older(shown.run["run_id"]))


if __name__ == "__main__":
    main()
