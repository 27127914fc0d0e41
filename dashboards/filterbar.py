"""The filters above a page: one button, and in words what is set, and what of it does nothing here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from dashboards import state
from dashboards.filters import COLUMNS, NO_UNIT, Filters
from dashboards.navigation import SOCIETIES, UNITS
from dashboards.queries import societies, units
from dashboards.tables import cell
from dashboards.view import View


def render(view: View, applying: Sequence[str]) -> Filters:
    """Draw the filters that apply to a page, give what is chosen of them; the URL holds the codes."""
    t = view.texts
    chosen = view.filters.only(applying)
    idle = view.filters.only(set(SOCIETIES) - set(applying))
    if not applying and not idle.chosen:
        return chosen
    with st.container(key="filters", horizontal=True, vertical_alignment="center"):
        if applying:
            with st.popover(t("filter.button", n=len(chosen.chosen)) if chosen.chosen else t("filter.open")):
                chosen = Filters.of({name: _pick(view, name, applying) for name in applying})
                if st.button(t("filter.clear"), key="clear_filters", disabled=not view.filters.chosen):
                    state.clear([COLUMNS[name][0] for name in (*SOCIETIES, "decision")])
                    state.write()
                    st.rerun()
        everything = t("filter.none.units") if applying == UNITS else t("filter.none")
        words = [" · ".join(describe(view, chosen)) or everything] if applying else []
        if idle.chosen:
            words.append(t("filter.idle", words=" · ".join(describe(view, idle))))
        st.html(f'<p class="fq-filters">{cell(t("list.semicolon").join(words))}</p>')
    return chosen


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
    return {**dict(units.names(view.con)), **dict(societies.supervisors(view.con))}.get(code) or code


def _pick(view: View, name: str, applying: Sequence[str]) -> str | None:
    t = view.texts
    show: Callable[[str], str]
    of_units = applying == UNITS
    if name == "supervisor_id":
        named = dict(units.names(view.con) if of_units else societies.supervisors(view.con))
        # A society may have no unit; that is no choice among units, but one made elsewhere is kept.
        is_offered = not of_units or view.filters.supervisor_id == NO_UNIT
        codes = [*named, NO_UNIT] if is_offered else [*named]
        show = lambda code: t("overview.no_supervisor") if code == NO_UNIT else named[code] or code  # noqa: E731
    else:
        present = set(units.lines(view.con) if of_units else societies.present(view.con, name))
        codes = [code for code in t.options(name) if code in present]
        show = partial(t.label, name)
    return state.pick(COLUMNS[name][0], t(f"filter.{name}"), codes, show, placeholder=t("filter.all"))
