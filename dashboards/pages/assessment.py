"""年度评估与典型推荐: the table of societies with rank ranges, and why each was named or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

import streamlit as st

from dashboards import charts, comparison, snapshot
from dashboards.comparison import SORTS, Filters
from dashboards.i18n import DASH
from dashboards.tables import Head, Html, badge, cell, interval, link, table, two_lines
from dashboards.view import View, chart, heading, run_line, section
from models.publication.exports import file_name, workbook

PAGE_ROWS, SELECTED = 50, 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CODED = ("level", "cast_class", "size_class", "band", "reporting_line")


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("assessment.title", year=view.run["year"]), run_line(view), proposed=True)
    _downloads(view)
    section(t("assessment.table.title"), t("assessment.table.lead"))
    _table(view, *_filters(view))
    section(t("exemplars.title"), t("exemplars.lead"), proposed=True)
    left, right = st.columns(2, gap="large")
    with left:
        section(t("gates.title"), t("gates.lead"))
        steps = comparison.gates(view.con)
        total = snapshot.headline(view.con)["societies_n"]
        chart(charts.gates(steps, total, t), "gates", t("gates.title"))
    with right:
        _reasons(view)
    _selected(view)


def _downloads(view: View) -> None:
    t = view.texts
    with st.container(horizontal=True):
        for name in ("annual", "exemplars", "public"):
            # Made when asked for: the same function writes the exports.
            st.download_button(
                t(f"download.{name}"),
                partial(workbook, view.con.cursor(), name),
                file_name=f"{file_name(name, is_provisional=view.run['is_provisional'])}.xlsx",
                mime=XLSX,
                key=f"download_{name}",
                on_click="ignore",
            )


def _filters(view: View) -> tuple[Filters, str]:
    """The filters and the order; all of them live in the URL."""
    t = view.texts
    chosen: dict[str, Any] = {}
    units = dict(comparison.supervisors(view.con))

    def pick(name: str, title: str, codes: list[str], show: Callable[[str], str]) -> str | None:
        return st.selectbox(
            title,
            codes,
            index=None,
            key=name,
            bind="query-params",
            format_func=show,
            placeholder=t("filter.all"),
        )

    with st.container(key="filters"):
        places = [place for _ in range(2) for place in st.columns([1.4, 1, 1, 1, 1], gap="small")]
        with places[0]:
            chosen["text"] = st.text_input(
                t("filter.text"), key="text", bind="query-params", placeholder=t("society.search.hint")
            )
        for place, kind in zip(places[1:6], CODED, strict=True):
            present = comparison.present(view.con, kind)
            codes = [code for code in t.options(kind) if code in present]
            with place:
                chosen[kind] = pick(kind, t(f"filter.{kind}"), codes, partial(t.label, kind))
        with places[6]:
            chosen["supervisor_id"] = pick(
                "supervisor", t("column.supervisor"), list(units), lambda code: units[code] or code
            )
        with places[7]:
            chosen["decision"] = pick(
                "decision", t("filter.decision"), t.options("decision"), partial(t.label, "decision")
            )
        with places[8]:
            sort = st.selectbox(
                t("sort.label"),
                list(SORTS),
                key="sort",
                bind="query-params",
                format_func=lambda code: t(f"sort.{code}"),
            )
        filters = Filters(**chosen)
        with places[9]:
            _choose_page(view, filters)
    return filters, sort or next(iter(SORTS))


def _choose_page(view: View, filters: Filters) -> None:
    pages = max(ceil(comparison.count_societies(view.con, filters) / PAGE_ROWS), 1)
    # A narrower filter may leave fewer pages than the one asked for.
    st.session_state["page"] = min(max(int(st.session_state.get("page") or 1), 1), pages)
    st.number_input(
        view.texts("page.label", pages=view.texts.integer(pages)), min_value=1, max_value=pages, key="page",
        disabled=pages == 1,
    )  # fmt: skip


def _table(view: View, filters: Filters, sort: str) -> None:
    t = view.texts
    total = comparison.count_societies(view.con, filters)
    if total == 0:
        st.text(t("assessment.table.none"))
        return
    start = (st.session_state["page"] - 1) * PAGE_ROWS
    found = comparison.page_of_societies(view.con, filters, sort, start, PAGE_ROWS)
    st.caption(
        t(
            "page.rows",
            first=t.integer(start + 1),
            last=t.integer(start + found.height),
            total=t.integer(total),
        )
    )
    heads = [
        Head(t("column.society"), css="name"),
        Head(t("column.class_size"), css="group"),
        Head(t("column.score"), True),
        Head(t("column.interval"), css="bar"),
        Head(t("column.band")),
        Head(t("column.peer_rank"), css="rank"),
        Head(t("column.verified"), True),
        Head(t("column.not_reported"), True),
        Head(t("column.decision"), css="reason"),
    ]
    st.html(
        table(heads, [_row(view, one) for one in found.iter_rows(named=True)], t("assessment.table.title"))
    )


def _interval(view: View, one: dict[str, Any]) -> Html:
    t = view.texts
    if one["score"] is None:
        return Html(DASH)
    low, high = t.decimal(one["low"]), t.decimal(one["high"])
    drawn = interval(one["score"], one["low"], one["high"], t("society.interval", low=low, high=high))
    return Html(f"{drawn}<small>{low}–{high}</small>")


def _row(view: View, one: dict[str, Any]) -> tuple[str | None, ...]:
    t = view.texts
    lang = {"lang": "en"} if view.lang == "en" else {}
    ranked = one["rank_low"] is not None
    rank: str = DASH
    if ranked:
        rank = two_lines(
            t("rank.in_group", span=t.span(one["rank_low"], one["rank_high"]), n=t.integer(one["peer_n"])),
            t.label("peer_group", one["peer_group"]),
        )
    classes = f"{t.label('cast_class', one['cast_class'])}·{t.label('size_class', one['size_class'])}"
    verdict = badge(t.label("decision", one["decision"]), one["decision"]) if one["decision"] else DASH
    return (
        link(one["name"], "society", society=one["society_id"], **lang),
        two_lines(t.label("level", one["level"]), classes),
        t.decimal(one["score"]),
        _interval(view, one),
        badge(t.label("band", one["band"]), f"band-{one['band']}"),
        rank,
        t.percent(one["verified_share"]),
        t.integer(one["not_reported_n"]),
        Html(f"{verdict}<small>{cell(t.pick(one['reason_zh'], one['reason_en']))}</small>"),
    )


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
        for one in comparison.reasons(view.con).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("reasons.title")))


def _selected(view: View) -> None:
    t = view.texts
    section(t("selected.title"), t("selected.lead"))
    found = comparison.exemplars(view.con, SELECTED)
    if found.is_empty():
        st.text(t("selected.none"))
        return
    heads = [
        Head(t("column.peer_group")),
        Head(t("column.rank_range"), css="tight"),
        Head(t("column.society"), css="name"),
        Head(t("column.practice")),
        Head(t("column.score"), True),
        Head(t("column.interval"), css="bar"),
        Head(t("column.verified"), True),
        Head(t("column.stability"), True),
    ]
    lang = {"lang": "en"} if view.lang == "en" else {}
    rows = [
        (
            t.label("peer_group", one["peer_group"]),
            t("society.rank.value", span=t.span(one["rank_low"], one["rank_high"])),
            link(one["name"], "society", society=one["society_id"], **lang),
            t.label("practice_tag", one["practice_tag"]),
            t.decimal(one["score"]),
            interval(one["score"], one["low"], one["high"],
                     t("society.interval", low=t.decimal(one["low"]), high=t.decimal(one["high"]))),
            t.percent(one["verified_share"]),
            t.percent(one["stability"]),
        )
        for one in found.iter_rows(named=True)
    ]  # fmt: skip
    st.html(table(heads, rows, t("selected.title")))
