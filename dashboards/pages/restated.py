"""The part of 运行比较 on restatements: which runs replaced another, when, why, and what changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import state, view
from dashboards.grid import Col, grid
from dashboards.i18n import DASH
from dashboards.queries import changes
from dashboards.tables import Head, Html, cell, table
from dashboards.view import View, section
from models.errors import FengqingError

RUNS, ROWS = 20, 50


def render(seen: View) -> None:
    """The runs of the year, then what the run shown restates."""
    t = seen.texts
    runs = [one for one in view.runs_of_year(seen.run["year"]) if one["is_readable"]]
    section(t("restated.runs"), t("restated.runs.lead", most=RUNS))
    heads = [Head(t("restated.run"), css="name"), Head(t("restated.published")),
             Head(t("restated.replaces"), css="name"), Head(t("restated.societies"), True),
             Head(t("restated.direct"), True), Head(t("restated.causes"))]  # fmt: skip
    st.html(table(heads, [_run(seen, one) for one in runs[:RUNS]], t("restated.runs")))
    if seen.run["restates_run_id"] is None:
        return
    section(t("restated.log"), t("restated.log.lead", run_id=seen.run["restates_run_id"]), anchor="log")
    item = state.pick(
        "item", t("restated.item"), t.options("restated"), lambda code: t.label("restated", code),
        placeholder=t("filter.all"),
    )  # fmt: skip
    listing = changes.restatements(seen.con, seen.lang, item, seen.filters)
    grid(seen, "restated", t("restated.log"), _columns(seen), listing, rows=ROWS, none=t("restated.nothing"))


def _run(seen: View, one: dict[str, Any]) -> tuple[str | None, ...]:
    """A run, when it was published, what it replaced and why; a dash where it replaced none."""
    t = seen.texts
    run_id = one["run_id"]
    link = seen.link(run_id, "changes", "log" if one["restates_run_id"] else "", run=run_id)
    name = Html(f"<b>{link}</b>") if run_id == seen.run["run_id"] else link
    told = (name, t.moment(one["created_at"]), one["restates_run_id"] or DASH)
    if one["restates_run_id"] is None:
        return (*told, DASH, DASH, t("restated.first"))
    try:
        found = changes.restated_figures(view.connection(run_id), seen.filters)
    except FengqingError as error:
        return (*told, DASH, DASH, error.text(t.lang))
    causes = t("list.semicolon").join(t.label("cause", code) for code in found["causes"] or [])
    return (
        *told,
        t.integer(found["societies_n"]),
        t.integer(found["direct_n"]),
        causes or t("restated.none"),
    )


def _columns(seen: View) -> list[Col]:
    t = seen.texts

    def society(one: dict[str, Any]) -> str:
        return seen.link(one["name"] or one["society_id"], "society", society=one["society_id"])

    def what(one: dict[str, Any]) -> str:
        if one["code"] is None:
            return DASH
        is_indicator = one["item_code"] in {"indicator", "state"}
        return seen.why(one["code"], one["society_id"], one["item_of"]) if is_indicator else cell(one["code"])

    return [
        Col("society_id", t("column.code_uscc"), "code", is_part=True),
        Col("name", t("column.society"), css="name", draw=society, width=26),
        Col("item", t("restated.item"), css="tight"),
        Col("code", t("restated.of"), draw=what, width=26),
        Col("before", t("restated.before"), css="tight"),
        Col("after", t("restated.after"), css="tight"),
        Col("causes", t("restated.causes"), css="reason", width=30),
        Col("scope", t("restated.scope"), css="tight"),
        Col("files", t("restated.files"), "file", width=40),
    ]
