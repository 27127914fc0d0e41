"""The filters above a page: one button, and in words what is set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboards import state
from dashboards.filters import COLUMNS, NO_UNIT, Filters
from dashboards.queries import societies
from dashboards.tables import cell
from dashboards.view import View

ORDER = ("level", "reporting_line", "supervisor_id", "cast_class", "size_class", "band")


def render(view: View) -> Filters:
    """Draw the filters, give what is chosen; the URL holds the codes."""
    t = view.texts
    filters = view.filters
    with st.container(key="filters", horizontal=True, vertical_alignment="center"):
        with st.popover(t("filter.button", n=len(filters.chosen)) if filters.chosen else t("filter.open")):
            chosen = {name: _pick(view, name) for name in ORDER}
            if st.button(t("filter.clear"), key="clear_filters", disabled=not filters.chosen):
                state.clear([COLUMNS[name][0] for name in (*ORDER, "decision")])
                state.write()
                st.rerun()
        picked = Filters.of(chosen)
        words = " · ".join(describe(view, picked)) or t("filter.none")
        st.html(f'<p class="fq-filters">{cell(words)}</p>')
    return picked


def describe(view: View, filters: Filters) -> list[str]:
    """What is set, in words: for the bar, and for what is downloaded."""
    t = view.texts
    words = [
        t("filter.word", name=t(f"filter.{name}"), value=_name(view, name, code))
        for name, code in filters.chosen.items()
    ]
    return [*words, t("filter.word", name=t("filter.text"), value=filters.text)] if filters.text else words


def _name(view: View, name: str, code: str) -> str:
    if name != "supervisor_id":
        return view.texts.label(name, code)
    if code == NO_UNIT:
        return view.texts("overview.no_supervisor")
    return dict(societies.supervisors(view.con)).get(code) or code


def _pick(view: View, name: str) -> str | None:
    t = view.texts
    show: Callable[[str], str]
    if name == "supervisor_id":
        units = dict(societies.supervisors(view.con))
        codes = [*units, NO_UNIT]
        show = lambda code: t("overview.no_supervisor") if code == NO_UNIT else units[code] or code  # noqa: E731
    else:
        present = set(societies.present(view.con, name))
        codes = [code for code in t.options(name) if code in present]
        show = partial(t.label, name)
    return state.pick(COLUMNS[name][0], t(f"filter.{name}"), codes, show, placeholder=t("filter.all"))
