"""年度评估: the table of societies with intervals and rank ranges, and the run's own lists."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboards import exports, gate, ranges, state
from dashboards.filters import TEXT
from dashboards.grid import Col, grid
from dashboards.i18n import DASH
from dashboards.queries import societies
from dashboards.tables import Html, badge, cell, interval, two_lines
from dashboards.view import View, heading, run_line, section

ROWS = 50


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("assessment.title", year=view.run["year"]), run_line(view), proposed=True)
    ranges.note(view)
    st.html(f'<p class="fq-legend">{view.link(t("exports.here"), "overview", exports.ANCHOR)}</p>')
    section(t("assessment.table.title"), t("assessment.table.lead"))
    left, middle, right = st.columns([2, 1, 1], gap="small")
    with left:
        text = state.text(TEXT, t("filter.text"), t("society.search.hint"))
    with middle:
        decision = state.pick(
            "decision", t("filter.decision"), t.options("decision"), partial(t.label, "decision"),
            placeholder=t("filter.all"),
        )  # fmt: skip
    with right:
        orders = list(societies.SORTS)
        sort = state.pick("sort", t("sort.label"), orders, lambda one: t(f"sort.{one}"), default=orders[0])
    about = {TEXT: text, "decision": decision}
    if any(about.values()) and not gate.view_recorded(t, "assessment", view.run["run_id"], **about):
        return
    filters = replace(view.filters, text=text, decision=decision)
    seen = replace(view, filters=filters)
    listing = societies.societies(filters, sort or orders[0])
    grid(seen, "societies", t("assessment.table.title"), columns(seen), listing, rows=ROWS,
         none=t("assessment.table.none"))  # fmt: skip


def columns(view: View) -> list[Col]:
    """The columns of a table of societies; a score leads to its reasons."""
    t = view.texts

    def name(one: dict[str, Any]) -> Html:
        return view.link(one["name"], "society", society=one["society_id"])

    def group(one: dict[str, Any]) -> Html:
        classes = f"{t.label('cast_class', one['cast_class'])}·{t.label('size_class', one['size_class'])}"
        return two_lines(t.label("level", one["level"]), classes)

    def decision(one: dict[str, Any]) -> Html:
        verdict = badge(t.label("decision", one["decision"]), one["decision"]) if one["decision"] else DASH
        return Html(f"{verdict}<small>{cell(t.pick(one['reason_zh'], one['reason_en']))}</small>")

    return [
        Col("society_id", t("column.code_uscc"), "code", is_part=True),
        Col("name", t("column.society"), css="name", draw=name, width=26),
        Col("level", t("column.class_size"), "label", "level", css="group", draw=group),
        Col("score", t("column.score"), "score", draw=partial(ranges.score, view)),
        Col("coarse", t("column.coarse"), "label", "yes_no", is_part=True),
        Col("low", t("column.low"), "score", is_part=True),
        Col("high", t("column.interval"), "score", css="bar", draw=lambda one: drawn(view, one)),
        Col("band", t("column.band"), "label", "band",
            draw=lambda one: badge(t.label("band", one["band"]), f"band-{one['band']}")),
        Col("peer_group", t("column.peer_rank"), "label", "peer_group", css="rank",
            draw=lambda one: rank(view, one), width=26),
        Col("rank_low", t("column.rank_low"), "integer", is_part=True),
        Col("rank_high", t("column.rank_high"), "integer", is_part=True),
        Col("verified_share", t("column.verified"), "share"),
        Col("not_reported_n", t("column.not_reported"), "integer"),
        Col("decision", t("column.decision"), "label", "decision", css="reason", draw=decision),
        Col(f"reason_{view.lang}", t("column.reason"), is_part=True, width=40),
    ]  # fmt: skip


def drawn(view: View, one: dict[str, Any]) -> Html:
    """A score's interval on its scale, with its ends."""
    t = view.texts
    if one["score"] is None or one["low"] is None:
        return Html(DASH)
    low, high = t.decimal(one["low"]), t.decimal(one["high"])
    scale = interval(one["score"], one["low"], one["high"], t("society.interval", low=low, high=high))
    return Html(f"{scale}<small>{low}–{high}</small>")


def rank(view: View, one: dict[str, Any]) -> str:
    """The range of ranks in the peer group; never a rank alone."""
    t = view.texts
    if one["rank_low"] is None:
        return DASH
    return two_lines(
        t("rank.in_group", span=t.span(one["rank_low"], one["rank_high"]), n=t.integer(one["peer_n"])),
        t.label("peer_group", one["peer_group"]),
    )
