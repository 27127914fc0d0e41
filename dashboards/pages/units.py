"""主管单位督促: what each supervising unit did of its own part, complete or not, never ranked."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import filterbar, state
from dashboards.i18n import DASH, Texts
from dashboards.queries import units as queries
from dashboards.tables import Head, Html, cards, cell, completeness, share_bar, table, two_lines
from dashboards.view import View, heading, is_for_nation_only, run_line, section

PAGE_UNITS = 100


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("units.title", year=view.run["year"]), run_line(view), proposed=True)
    if is_for_nation_only(t):
        return
    summary = queries.completeness(view.con, view.filters)
    if summary.is_empty():
        if view.filters.chosen:
            filterbar.nobody(view, t("units.nobody"))
        else:
            st.html(f'<p class="fq-none">{cell(t("units.none"))}</p>')
        return
    _cards(view, summary)
    section(t("units.summary.title"), t("units.summary.lead"))
    _summary(t, summary)
    section(t("units.table.title"), t("units.table.lead"))
    _table(view)


def _cards(view: View, summary: pl.DataFrame) -> None:
    """How many of the units that had something to do have done it, duty by duty."""
    st.html(cards(_card(view.texts, one) for one in summary.iter_rows(named=True)))


def _card(t: Texts, one: dict[str, Any]) -> tuple[str, str, str]:
    name = f"{one['indicator']} {t.label('unit_indicator', one['indicator'])}"
    complete, units = one["complete_n"], one["units_n"]
    if not units:
        # Nothing to do is not “0 of 0 done”.
        return name, DASH, t.label("completeness", "idle")
    figure = t("units.card.figure", complete=t.integer(complete), units=t.integer(units))
    return name, figure, t("units.card.note", open=t.integer(units - complete))


def _summary(t: Texts, summary: pl.DataFrame) -> None:
    heads = [
        Head(t("units.duty"), css="name"),
        *(Head(t.label("completeness", code), True) for code in ("complete", "partial", "none", "idle")),
        Head(t("units.done_share"), css="wide"),
    ]
    rows = [
        (
            f"{one['indicator']} {t.label('unit_indicator', one['indicator'])}",
            *(t.integer(one[f"{code}_n"]) for code in ("complete", "partial", "none", "idle")),
            share_bar(_share(one), t.percent(_share(one))),
        )
        for one in summary.iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("units.summary.title")))


def _share(one: dict[str, Any]) -> float | None:
    return one["numerator"] / one["denominator"] if one["denominator"] else None


def _table(view: View) -> None:
    t = view.texts
    found = queries.cards(view.con, view.filters)
    codes = found["indicator"].unique(maintain_order=True).sort().to_list()
    by_unit = found.partition_by("unit_id", maintain_order=True)
    pages = max(1, -(-len(by_unit) // PAGE_UNITS))
    page = state.number("p_units", t("page.label", pages=t.integer(pages)), pages) if pages > 1 else 1
    heads = [
        Head(t("units.unit"), css="name"),
        Head(t("filter.reporting_line")),
        *(Head(two_lines(code, t.label("unit_indicator", code)), css="duty") for code in codes),
    ]
    rows = [_unit_row(view, part, codes) for part in by_unit[(page - 1) * PAGE_UNITS : page * PAGE_UNITS]]
    st.html(table(heads, rows, t("units.table.title")))


def _unit_row(view: View, part: pl.DataFrame, codes: list[str]) -> tuple[str | None, ...]:
    t = view.texts
    first = part.row(0, named=True)
    by_code = {one["indicator"]: one for one in part.iter_rows(named=True)}
    return (
        view.link(first["name"], "assessment", unit=first["unit_id"]),
        t.label("reporting_line", first["reporting_line"]),
        *(_duty(t, by_code.get(code), first) for code in codes),
    )


def _duty(t: Texts, one: dict[str, Any] | None, unit: dict[str, Any]) -> Html | None:
    """Complete or not in sign and words, with the count, or the number of the document that shows it."""
    if one is None:
        return None
    documents = {"U2": unit["plan_doc_no"], "U3": unit["doc_no"]}
    note = documents.get(one["indicator"]) or (
        f"{t.trimmed(one['numerator'])}/{t.trimmed(one['denominator'])}" if one["denominator"] > 1 else ""
    )
    return two_lines(completeness(one["value"], lambda code: t.label("completeness", code)), note or "")
