"""典型推荐: who is named, through which gates, how steadily, who was near, and how 公示 and 异议 stand."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import charts
from dashboards.grid import Col, grid
from dashboards.pages.assessment import drawn, rank
from dashboards.queries import exemplars, overview
from dashboards.tables import Head, badge, cards, mark, share_bar, table
from dashboards.view import View, chart, heading, run_line, section


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("exemplars.title"), run_line(view), proposed=True)
    _cards(view)
    section(t("selected.title"), t("selected.lead"), proposed=True)
    grid(view, "selected", t("selected.title"), _columns(view), exemplars.exemplars(view.filters),
         none=t("selected.none"))  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        section(t("gates.title"), t("gates.lead"))
        total = overview.headline(view.con, view.filters)["societies_n"]
        chart(charts.gates(exemplars.gates(view.con, view.filters), total, t), "gates", t("gates.title"))
    with right:
        _reasons(view)
    section(t("near.title"), t("near.lead"))
    grid(view, "near", t("near.title"), [*_columns(view), _reason(view)], exemplars.near_misses(view.filters))
    section(t("nominations.title"), t("nominations.lead"))
    grid(view, "nominations", t("nominations.title"), _nominations(view), exemplars.nominations(view.filters))
    section(t("objections.title"), t("objections.lead"))
    grid(view, "objections", t("objections.title"), _objections(view), exemplars.objections(view.filters))


def _cards(view: View) -> None:
    t = view.texts
    n = exemplars.figures(view.con, view.filters)
    items = [
        (t("card.selected"), t.integer(n["selected_n"]), t("card.selected.note")),
        (t("card.near"), t.integer(n["near_n"]), t("card.near.note")),
        (t("card.nominated"), t.integer(n["nominated_n"]), t("card.nominated.note")),
        (t("card.publicity"), t.integer(n["publicity_n"]), t("card.publicity.note")),
        (t("card.objections"), t.integer(n["objections_n"]),
         t("card.objections.note", n=t.integer(n["pending_n"]))),
    ]  # fmt: skip
    st.html(cards(items))


def _society(view: View, one: dict[str, Any]) -> str:
    return view.link(one["name"], "society", society=one["society_id"])


def _columns(view: View) -> list[Col]:
    t = view.texts
    return [
        Col("society_id", t("column.code_uscc"), "code", is_part=True),
        Col("name", t("column.society"), css="name", draw=lambda one: _society(view, one)),
        Col("practice_tag", t("column.practice"), "label", "practice_tag"),
        Col("score", t("column.score"), "score", draw=lambda one: view.why(t.decimal(one["score"]),
                                                                            one["society_id"])),
        Col("low", t("column.low"), "score", is_part=True),
        Col("high", t("column.interval"), "score", css="bar", draw=lambda one: drawn(view, one)),
        Col("peer_group", t("column.peer_rank"), "label", "peer_group", css="rank",
            draw=lambda one: rank(view, one)),
        Col("rank_low", t("column.rank_low"), "integer", is_part=True),
        Col("rank_high", t("column.rank_high"), "integer", is_part=True),
        Col("verified_share", t("column.verified"), "share"),
        Col("stability", t("column.stability"), "share", css="wide",
            draw=lambda one: share_bar(one["stability"], t.percent(one["stability"]))),
    ]  # fmt: skip


def _reason(view: View) -> Col:
    return Col(f"reason_{view.lang}", view.texts("column.reason"), css="reason", width=40)


def _reasons(view: View) -> None:
    t = view.texts
    section(t("reasons.title"), t("reasons.lead"))
    heads = [Head(t("column.decision")), Head(t("column.reason")), Head(t("column.societies"), True)]
    rows = [
        (
            badge(t.label("decision", one["decision"]), one["decision"]),
            t.label("reason", one["reason_code"]),
            t.integer(one["societies_n"]),
        )
        for one in exemplars.reasons(view.con, view.filters).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("reasons.title")))


def _nominations(view: View) -> list[Col]:
    t = view.texts
    return [
        Col("name", t("column.society"), css="name", draw=lambda one: _society(view, one)),
        Col("practice_tag", t("column.practice"), "label", "practice_tag"),
        Col("title", t("column.practice_title"), width=30),
        Col("unit_opinion", t("column.unit_opinion")),
        Col("publicity", t("column.publicity"), "label", "publicity"),
        Col("publicity_from", t("column.from"), "date"),
        Col("publicity_to", t("column.to"), "date"),
        Col("evidence", t("column.evidence_file"), draw=lambda one: one["evidence"]
            or mark("not_reported", t.label("state", "not_reported"))),
        Col("file", t("column.file")),
        Col("line", t("column.line"), "integer", draw=lambda one: str(one["line"])),
    ]  # fmt: skip


def _objections(view: View) -> list[Col]:
    t = view.texts
    return [
        Col("name", t("column.society"), css="name", draw=lambda one: _society(view, one)),
        Col("subject", t("column.subject"), width=30),
        Col("raised_on", t("column.raised_on"), "date"),
        Col("acknowledged_on", t("column.acknowledged_on"), "date"),
        Col("answered_on", t("column.answered_on"), "date"),
        Col("outcome", t("column.outcome"), "label", "outcome"),
        Col("is_named", t("column.real_name"), "label", "yes_no"),
    ]
