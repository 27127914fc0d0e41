"""运行比较: what changed against the year before or the run restated; data, rule or peers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import gate, ranges, state
from dashboards.grid import Col, grid
from dashboards.pages import restated
from dashboards.queries import changes
from dashboards.queries.changes import EFFECTS
from dashboards.tables import Head, cards, cell, table
from dashboards.view import View, heading, run_line, section


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("changes.title"), run_line(view))
    ranges.note(view)
    bases = dict(changes.bases(view.con))
    if not bases:
        st.html(f'<p class="fq-none">{cell(t("changes.none"))}</p>')
        restated.render(view)
        return
    basis = state.pick(
        "basis", t("changes.basis"), list(bases), lambda one: f"{t(f'changes.basis.{one}')} {bases[one]}",
        default=next(iter(bases)),
    ) or next(iter(bases))  # fmt: skip
    # Scores of another run are shown, too.
    if not gate.view_recorded(t, "changes", view.run["run_id"], base=bases[basis]):
        return
    for zh, en in changes.notes(view.con, basis):
        st.html(f'<p class="fq-none">{cell(t.pick(zh, en))}</p>')
    _cards(view, basis)
    _dimensions(view, basis)
    section(t("changes.societies"), t("changes.societies.lead"))
    grid(
        view,
        "changes",
        t("changes.societies"),
        _columns(view),
        changes.societies(basis, view.filters),
        rows=50,
    )
    restated.render(view)


def _cards(view: View, basis: str) -> None:
    t = view.texts
    n = changes.figures(view.con, basis, view.filters)
    items = [
        (t("changes.both"), t.integer(n["societies_n"]),
         t("changes.both.note", entered=t.integer(n["entered_n"]), left=t.integer(n["left_n"]))),
        (t("changes.mean"), t.signed(n["change"]),
         t("changes.mean.note", size=t.decimal(n["change_size"])) if n["societies_n"] else ""),
        *((t(f"changes.{name}"), t.decimal(n[f"{name}_size"]), t(f"changes.{name}.note"))
          for name in EFFECTS),
    ]  # fmt: skip
    st.html(cards(items))


def _dimensions(view: View, basis: str) -> None:
    t = view.texts
    section(t("changes.dimensions"), t("changes.dimensions.lead"))
    heads = [Head(t("column.dimension"), css="name"), Head(t("column.societies"), True),
             Head(t("column.change"), True),
             *(Head(t(f"changes.{name}"), True) for name in EFFECTS)]  # fmt: skip
    rows = [
        (
            f"{one['item']} {t.label('dimension', one['item'])}", t.integer(one["societies_n"]),
            t.signed(one["change"]), *(t.signed(one[name]) for name in EFFECTS),
        )
        for one in changes.dimensions(view.con, basis, view.filters).iter_rows(named=True)
    ]  # fmt: skip
    st.html(table(heads, rows, t("changes.dimensions")))


def _columns(view: View) -> list[Col]:
    t = view.texts

    def moved(one: dict[str, Any]) -> str:
        if one["indicator"] is None:
            return "—"
        name = f"{one['indicator']} {t.label('indicator', one['indicator'])} {t.signed(one['moved'])}"
        return view.why(name, one["society_id"], one["indicator"])

    def signed(key: str) -> Col:
        title = t("column.change") if key == "change" else t(f"changes.{key}")
        return Col(key, title, "points", draw=lambda one: t.signed(one[key]))

    return [
        Col("society_id", t("column.code_uscc"), "code", is_part=True),
        Col("name", t("column.society"), css="name",
            draw=lambda one: view.link(one["name"], "society", society=one["society_id"])),
        Col("before", t("changes.before"), "score"),
        Col("after", t("changes.after"), "score"),
        *(signed(key) for key in ("change", *EFFECTS)),
        Col("indicator", t("changes.indicator"), "label", "indicator", draw=moved, width=28,
            css="moved"),
    ]  # fmt: skip
