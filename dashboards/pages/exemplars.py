"""典型推荐: who is named, through which gates, how steadily, who was near, and how 公示 and 异议 stand."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboards import charts, ranges
from dashboards.grid import Col, grid
from dashboards.i18n import DASH, Texts
from dashboards.pages.assessment import drawn, rank
from dashboards.plots import chart
from dashboards.queries import exemplars, overview
from dashboards.tables import Head, badge, cards, mark, share_bar, table
from dashboards.view import View, heading, run_line, section

ROWS = 15


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("exemplars.title"), run_line(view), proposed=True)
    ranges.note(view)
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
    grid(view, "near", t("near.title"), _near(view), exemplars.near_misses(view.filters), rows=ROWS)
    section(t("nominations.title"), t("nominations.lead"))
    grid(
        view,
        "nominations",
        t("nominations.title"),
        _nominations(view),
        exemplars.nominations(view.filters),
        rows=ROWS,
    )
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
        Col("score", t("column.score"), "score", draw=partial(ranges.score, view)),
        Col("coarse", t("column.coarse"), "label", "yes_no", is_part=True),
        Col("low", t("column.low"), "score", is_part=True),
        Col("high", t("column.interval"), "score", css="bar", draw=lambda one: drawn(view, one)),
        Col("peer_group", t("column.peer_rank"), "label", "peer_group", css="rank",
            draw=lambda one: rank(view, one)),
        Col("rank_low", t("column.rank_low"), "integer", is_part=True),
        Col("rank_high", t("column.rank_high"), "integer", is_part=True),
        Col("verified_share", t("column.verified"), "share"),
        Col("stability", t("column.stability"), "share", css="part",
            draw=partial(_stability, t)),
    ]  # fmt: skip


def _stability(t: Texts, one: dict[str, Any]) -> str:
    """The share of draws that select a society; a dash for none, or the sign that it is withheld."""
    if one["stability"] is None:
        return ranges.SIGN if one["coarse"] == "yes" else DASH
    return share_bar(one["stability"], t.percent(one["stability"]))


def _near(view: View) -> list[Col]:
    t = view.texts

    def change(one: dict[str, Any]) -> str:
        """The smallest change of one indicator that would name it; a link to the indicator's rows."""
        if one["indicator"] is None or one["indicator_to"] is None:
            return t.label("flip_outcome", one["indicator_outcome"])
        span = t.apart(100 * one["indicator_from"], 100 * one["indicator_to"])
        name = f"{one['indicator']} {t.label('indicator', one['indicator'])} {span}"
        return view.why(name, one["society_id"], one["indicator"])

    return [
        *_columns(view)[:2],
        *(
            column
            for column in _columns(view)
            if column.key in {"score", "coarse", "low", "high", "stability"}
        ),
        Col(f"next_{view.lang}", t("column.lacking"), css="reason", width=40),
        Col("reserve_place", t("column.reserve"), "integer"),
        Col("class_reserve_place", t("column.class_reserve"), "integer"),
        Col("indicator", t("column.flip"), "label", "indicator", css="reason", draw=change, width=30),
    ]


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
        Col("verdict", t("column.publicity"), "label", "publicity_verdict"),
        Col("publicity_from", t("column.from"), "date"),
        Col("publicity_to", t("column.to"), "date"),
        Col("working_days", t("column.working_days"), "integer"),
        Col("evidence", t("column.evidence_file"), css="original", draw=lambda one: one["evidence"]
            or mark("not_reported", t.label("state", "not_reported"))),
        Col("file", t("column.file"), "file"),
        Col("line", t("column.line"), "line"),
    ]  # fmt: skip


def _objections(view: View) -> list[Col]:
    t = view.texts
    return [
        Col("name", t("column.society"), css="name", draw=lambda one: _society(view, one)),
        Col("subject", t("column.subject"), width=30),
        Col("raised_on", t("column.raised_on"), "date"),
        Col("acknowledged_on", t("column.acknowledged_on"), "date"),
        Col("answered_on", t("column.answered_on"), "date"),
        Col("answered_days", t("column.working_days"), "integer"),
        Col("outcome", t("column.outcome"), "label", "objection_outcome"),
        Col("is_formal", t("column.is_formal"), "label", "yes_no"),
        Col("is_within_notice", t("column.is_within_notice"), "label", "yes_no"),
        Col("is_late", t("column.is_late"), "label", "yes_no"),
        Col("effect", t("column.effect"), "label", "objection_effect"),
    ]
