"""数据质量: table checks, what was returned or set aside, how far each indicator is covered, drift."""

from __future__ import annotations

import streamlit as st

from dashboards import charts
from dashboards.queries import quality as queries
from dashboards.tables import Head, badge, cards, share_bar, table
from dashboards.view import View, chart, heading, run_line, section

ROW_VERDICTS = ("accepted", "returned", "quarantined", "non_data")
# An indicator's national mean that moved by more than this is worth a look (shares: percentage points).
MOVED = 0.05


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("quality.title", year=view.run["year"]), run_line(view))
    _cards(view)
    left, right = st.columns(2, gap="large")
    with left:
        _failures(view)
        _checks(view)
    with right:
        _files(view)
        _findings(view)
    section(t("quality.coverage.title"), t("quality.coverage.lead"))
    chart(
        charts.coverage(queries.coverage(view.con), list(charts.STATES), t),
        "coverage",
        t("quality.coverage.title"),
    )
    _drift(view)


def _cards(view: View) -> None:
    t = view.texts
    now = queries.total(view.con)
    rows = now["rows_read"] or 0
    st.html(
        cards(
            [
                (
                    t("quality.card.checks"),
                    t.integer(now["failed_n"]),
                    t("quality.card.checks.note", checks=t.integer(now["checks_n"])),
                ),
                (
                    t("quality.card.returned"),
                    t.percent(now["returned"] / rows if rows else None),
                    t("quality.card.rows.note", n=t.integer(now["returned"]), rows=t.integer(rows)),
                ),
                (
                    t("quality.card.quarantined"),
                    t.percent(now["quarantined"] / rows if rows else None),
                    t("quality.card.rows.note", n=t.integer(now["quarantined"]), rows=t.integer(rows)),
                ),
                (t("quality.card.refused"), t.integer(now["refused_n"]), t("quality.card.refused.note")),
                (
                    t("quality.card.missing"),
                    t.percent(now["not_reported_share"]),
                    t("quality.card.missing.note"),
                ),
            ]
        )
    )


def _failures(view: View) -> None:
    t = view.texts
    section(t("quality.failures.title"), t("quality.failures.lead"))
    found = queries.failures(view.con)
    if found.is_empty():
        st.text(t("overview.warnings.none"))
        return
    heads = [
        Head(t("quality.kind"), css="tight"),
        Head(t("column.family")),
        Head(t("column.check")),
        Head(t("column.observed"), True),
    ]
    rows = [
        (
            badge(
                t.label("severity", one["severity"]),
                "verdict-Q" if one["severity"] == "hard" else "verdict-W",
            ),
            t.label("family", one["family"]),
            t.half(one["description"]),
            one["observed"],
        )
        for one in found.iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("quality.failures.title")))


def _checks(view: View) -> None:
    t = view.texts
    section(t("quality.checks.title"), t("quality.checks.lead"))
    heads = [
        Head(t("column.family")),
        Head(t("quality.kind")),
        Head(t("quality.checks.n"), True),
        Head(t("quality.checks.failed"), True),
    ]
    rows = [
        (
            t.label("family", one["family"]),
            t.label("severity", one["severity"]),
            t.integer(one["checks_n"]),
            t.integer(one["failed_n"]),
        )
        for one in queries.checks(view.con).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("quality.checks.title")))


def _files(view: View) -> None:
    t = view.texts
    section(t("quality.files.title"), t("quality.files.lead"))
    heads = [
        Head(t("quality.origin")),
        Head(t("column.files"), True),
        Head(t("column.rows"), True),
        *(Head(t.label("verdict", code), True) for code in ROW_VERDICTS),
    ]
    rows = [
        (
            t.label("origin", one["origin"]),
            t.integer(one["files_n"]),
            t.integer(one["rows_read"]),
            *(t.integer(one[code]) for code in ROW_VERDICTS),
        )
        for one in queries.files(view.con).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("quality.files.title")))


def _findings(view: View) -> None:
    t = view.texts
    section(t("quality.findings.title"), t("quality.findings.lead"))
    heads = [
        Head(t("column.treatment"), css="tight"),
        Head(t("column.code"), css="code"),
        Head(t("column.finding")),
        Head(t("column.places"), True),
        Head(t("column.files"), True),
        Head(t("column.societies"), True),
    ]
    rows = [
        (
            badge(t.label("finding_verdict", one["verdict"]), f"verdict-{one['verdict']}"),
            one["code"],
            t.label("defect", one["code"]),
            t.integer(one["findings_n"]),
            t.integer(one["files_n"]),
            t.integer(one["societies_n"]),
        )
        for one in queries.findings(view.con).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("quality.findings.title")))


def _drift(view: View) -> None:
    t = view.texts
    section(t("quality.drift.title"), t("quality.drift.lead"))
    if view.previous is None:
        st.text(t("overview.changes.none"))
        return
    heads = [
        Head(t("column.indicator"), css="name"),
        Head(t("quality.drift.both"), True),
        Head(t("quality.drift.before"), True),
        Head(t("quality.drift.now"), True),
        Head(t("column.change"), True),
        Head(t("quality.drift.size"), css="wide"),
    ]
    rows = []
    for one in queries.drift(view.con, view.previous).iter_rows(named=True):
        is_share = one["unit"] not in {"count", "level"}
        size = min(abs(one["change"]) / (4 * MOVED), 1.0) if one["unit"] != "count" else None
        rows.append(
            (
                f"{one['indicator']} {t.label('indicator', one['indicator'])}",
                t.integer(one["societies_n"]),
                t.value(one["before"], one["unit"]),
                t.value(one["now"], one["unit"]),
                t.signed(one["change"], is_share, digits=1 if is_share else 2),
                share_bar(size, t("quality.drift.look") if abs(one["change"]) > MOVED else ""),
            )
        )
    st.html(table(heads, rows, t("quality.drift.title")))
