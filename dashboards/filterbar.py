"""The filters above a page: one button, and in words what is set, and what of it does nothing here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
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
    offered = {name: _offered(view, name, applying == UNITS) for name in applying}
    # What the address says and nobody offers is left aside below, and is no filter that is set.
    given = view.filters.chosen
    chosen = Filters.of({name: given.get(name) for name in applying if given.get(name) in offered[name]})
    idle = view.filters.only(set(SOCIETIES) - set(applying))
    if not applying and not idle.chosen:
        return chosen
    with st.container(key="filters", horizontal=True, vertical_alignment="center"):
        if applying:
            with st.popover(t("filter.button", n=len(chosen.chosen)) if chosen.chosen else t("filter.open")):
                chosen = Filters.of({name: _pick(view, name, offered[name]) for name in applying})
                _clear(view, "clear_filters")
        everything = t("filter.none.units") if applying == UNITS else t("filter.none")
        words = [" · ".join(describe(view, chosen)) or everything] if applying else []
        if idle.chosen:
            words.append(t("filter.idle", words=" · ".join(describe(view, idle))))
        st.html(f'<p class="fq-filters">{cell(t("list.semicolon").join(words))}</p>')
    if applying == SOCIETIES and chosen.chosen and societies.is_nobody(view.con, chosen):
        nobody(replace(view, filters=chosen), t("filter.nobody"))
    return chosen


def nobody(view: View, told: str) -> None:
    """Say that the filters leave nobody, which they are, and offer to clear them."""
    said = view.texts("filter.nobody.set", told=told, words=" · ".join(describe(view, view.filters)))
    with st.container(key="nobody", horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="fq-none" role="alert">{cell(said)}</p>')
        _clear(view, "clear_nobody")


def _clear(view: View, key: str) -> None:
    """The button that takes every filter away, here and on the other pages."""
    if st.button(view.texts("filter.clear"), key=key, disabled=not view.filters.chosen):
        state.clear([COLUMNS[name][0] for name in (*SOCIETIES, "decision")])
        state.write()
        st.rerun()


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


def _pick(view: View, name: str, offered: dict[str, str]) -> str | None:
    t = view.texts
    show: Callable[[str], str]
    if name == "supervisor_id":
        codes, show = [*offered], lambda code: offered[code] or code
    else:
        codes, show = [code for code in t.options(name) if code in offered], partial(t.label, name)
    return state.pick(COLUMNS[name][0], t(f"filter.{name}"), codes, show, placeholder=t("filter.all"))


def _offered(view: View, name: str, of_units: bool) -> dict[str, str]:
    """Code → name of what a filter offers; a unit's name, else nothing.

    A choice made on a page of societies stays on that of units, and the other way round, though it leaves
    nobody here: the other pages still go by it.
    """
    if name == "supervisor_id":
        # A society may have no unit; that is no choice among units.
        societal = {**dict(societies.supervisors(view.con)), NO_UNIT: view.texts("overview.no_supervisor")}
        supervising = dict(units.names(view.con))
    else:
        societal = dict.fromkeys(societies.present(view.con, name), "")
        supervising = dict.fromkeys(units.lines(view.con), "") if name == "reporting_line" else {}
    here, elsewhere = (supervising, societal) if of_units else (societal, supervising)
    kept = view.filters.chosen.get(name)
    return here if kept in here or kept not in elsewhere else {**here, kept: elsewhere[kept]}
