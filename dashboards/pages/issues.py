"""社会监督与整改: what is open past its term, through which channel it came, who answers late."""

from __future__ import annotations

import streamlit as st

from dashboards.grid import Col, grid
from dashboards.pages import task
from dashboards.queries import issues, tasks
from dashboards.tables import Head, cards, share_bar, table
from dashboards.view import View, heading, run_line, section

COLUMNS = (
    "name", "supervisor_name", "channel:label:channel", "received_on:date", "rectify_due_on:date",
    "days_n:integer", "status:label:issue_status", "plan", "file:file", "line:line",
)  # fmt: skip


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("issues.title"), run_line(view))
    n = issues.issue_figures(view.con, view.filters)
    st.html(
        cards(
            [
                (t("issues.overdue"), t.integer(n["overdue_n"]),
                 t("issues.overdue.note", days=t.integer(n["oldest_days_n"])) if n["overdue_n"] else ""),
                (t("issues.open"), t.integer(n["open_n"]), t("issues.open.note", n=t.integer(n["all_n"]))),
                (t("issues.waiting"), t.integer(n["waiting_n"]), t("issues.waiting.note")),
                (t("issues.repeated"), t.integer(n["repeated_n"]), t("issues.repeated.note")),
                (t("issues.late"), t.integer(n["late_reply_n"]), t("issues.late.note")),
            ]
        )
    )  # fmt: skip
    section(t("issues.list"), t("issues.list.lead"))
    columns: list[Col] = [task.column(view, text) for text in COLUMNS]
    grid(view, "issues", t("issues.list"), columns, issues.issues(view.filters), none=t("question.nobody"))
    _channels(view)
    found = tasks.indicators(view.con, "D7", view.filters)
    if found.height:
        task.indicator_table(view, "D7", found)
        task.lowest(view, found)


def _channels(view: View) -> None:
    t = view.texts
    section(t("issues.channels"), t("issues.channels.lead"))
    heads = [Head(t("column.channel")), Head(t("column.issues_n"), True), Head(t("column.open_n"), True),
             Head(t("column.overdue_n"), True), Head(t("column.closed_share"), css="wide")]  # fmt: skip
    rows = [
        (
            t.label("channel", one["channel"]), t.integer(one["issues_n"]), t.integer(one["open_n"]),
            t.integer(one["overdue_n"]),
            share_bar(one["closed_n"] / one["issues_n"], t.percent(one["closed_n"] / one["issues_n"])),
        )
        for one in issues.channels(view.con, view.filters).iter_rows(named=True)
    ]  # fmt: skip
    st.html(table(heads, rows, t("issues.channels")))
