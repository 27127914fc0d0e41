"""学会比较: up to five societies side by side, with intervals; order says nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboards import charts, gate, ranges, state
from dashboards.grid import Col, grid
from dashboards.i18n import DASH
from dashboards.pages.assessment import drawn, rank
from dashboards.plots import chart
from dashboards.queries import society as queries
from dashboards.tables import Head, badge, mark, table
from dashboards.view import View, heading, run_line, section
from models.visible import visible

MOST, MATCHES = 5, 100


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("compare.title"), run_line(view), proposed=True)
    codes = _choose(view)
    if not codes:
        st.html(f'<p class="fq-none">{t("compare.none")}</p>')
        return
    found = [one for code in codes if (one := queries.society(view.con, code))]
    if not gate.view_recorded(t, "compare", view.run["run_id"], society=codes):
        return
    ranges.note(view)
    _facts(view, found)
    section(t("compare.dimensions"), t("compare.dimensions.lead"))
    chart(charts.compared(queries.compared(view.con, codes), t), "compared", t("compare.dimensions"))
    section(t("compare.indicators"), t("compare.indicators.lead"))
    columns = [
        Col("indicator", t("column.indicator"), "label", "indicator", css="name",
            draw=lambda one: f"{one['indicator']} {t.label('indicator', one['indicator'])}"),
        *(Col(f"s{n}", one["name"], "score", draw=partial(_cell, view, one["society_id"], n))
          for n, one in enumerate(found, 1)),
    ]  # fmt: skip
    listing = queries.compared_indicators([one["society_id"] for one in found])
    grid(view, "compared", t("compare.indicators"), columns, listing)


def _choose(view: View) -> list[str]:
    """The societies chosen; the URL holds their codes as s1 … s5."""
    t = view.texts
    named = [code for n in range(1, MOST + 1) if (code := state.get(f"s{n}"))]
    known = {code: one["name"] for code in named if (one := queries.society(view.con, code))}
    for code in named:
        if code not in known:
            state.leave_aside(t("column.society"), code)
    with st.container(key="search", horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            t("society.search"), key=state.key("compare_text"), placeholder=t("society.search.hint")
        )
        found = queries.find_societies(view.con, text, MATCHES, view.filters)
        options = {**known, **dict(found)}
        chosen = st.multiselect(
            t("compare.choose", n=MOST), list(options), default=list(known), max_selections=MOST,
            format_func=lambda code: f"{visible(options[code])}　{code}", key=state.key(f"compare_{text}"),
            placeholder=t("compare.hint"),
        )  # fmt: skip
    for n in range(1, MOST + 1):
        state.put(f"s{n}", chosen[n - 1] if n <= len(chosen) else None)
    return list(chosen)


def _facts(view: View, found: list[dict[str, Any]]) -> None:
    t = view.texts
    heads = [Head(t("column.society"), css="name"), Head(t("column.peer_group")), Head(t("column.band")),
             Head(t("column.score"), True), Head(t("column.interval"), css="bar"),
             Head(t("column.peer_rank"), css="rank"), Head(t("column.verified"), True),
             Head(t("column.not_reported"), True)]  # fmt: skip
    rows = [
        (
            view.link(one["name"], "society", society=one["society_id"]),
            t.label("peer_group", one["peer_group"]),
            badge(t.label("band", one["band"]), f"band-{one['band']}"),
            ranges.score(view, one),
            drawn(view, one), rank(view, one), t.percent(one["verified_share"]),
            t.integer(one["not_reported_n"]),
        )
        for one in found
    ]  # fmt: skip
    groups = {one["peer_group"] for one in found}
    section(t("compare.facts"), t("compare.groups") if len(groups) > 1 else "")
    st.html(table(heads, rows, t("compare.facts")))


def _cell(view: View, society_id: str, n: int, one: dict[str, Any]) -> str:
    """A score that leads to its rows, or the sign and word of why there is none."""
    t = view.texts
    score, state_code = one[f"s{n}"], one[f"state{n}"]
    if state_code in {"reported", "zero"} and score is not None:
        return view.why(t.score(score), society_id, one["indicator"])
    return DASH if state_code is None else mark(state_code, t.label("state", state_code))
