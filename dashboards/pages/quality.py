"""数据质量: table checks, what was returned or set aside, how far each indicator is covered, drift."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import charts, gate, state
from dashboards.grid import Col, grid
from dashboards.i18n import DASH, Texts
from dashboards.plots import chart
from dashboards.queries import quality as queries
from dashboards.tables import Head, badge, cards, cell, share_bar, table
from dashboards.view import (
    View,
    heading,
    is_for_nation_only,
    run_line,
    section,
    tell_rows_left_out,
)

ROWS = 20
# An indicator's national mean that moved by more than this is worth a look (shares: percentage points).
MOVED = 0.05


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("quality.title", year=view.run["year"]), run_line(view))
    _cards(view)
    tell_rows_left_out(t)
    if view.filters.chosen:
        st.html(f'<p class="fq-none">{cell(t("quality.checks.whole"))}</p>')
    left, right = st.columns(2, gap="large")
    with left:
        _failures(view)
        if gate.permission().scope.role == "national":
            _checks(view)
    with right:
        _files(view)
        _findings(view)
    _finding_rows(view)
    _file_rows(view)
    section(t("quality.coverage.title"), t("quality.coverage.lead"))
    covered = queries.coverage(view.con, view.filters)
    chart(charts.coverage(covered, list(charts.STATES), t), "coverage", t("quality.coverage.title"))
    links = (view.figures(code, code) for code in covered["indicator"])
    st.html(f'<p class="fq-legend">{cell(t("quality.coverage.who"))} {"　".join(links)}</p>')
    _drift(view)


def _of_rows(t: Texts, n: int | None, rows: int) -> str:
    """How many of the rows; nothing where no count is at hand, since withheld counts are not nought."""
    return "" if n is None else t("quality.card.rows.note", n=t.integer(n), rows=t.integer(rows))


def _cards(view: View) -> None:
    t = view.texts
    now = queries.total(view.con, view.filters)
    rows = now["rows_read"] or 0
    # Tables are checked as a whole: what a reader of a part has none of is not “none failed”.
    is_national = gate.permission().scope.role == "national"
    st.html(
        cards(
            [
                (
                    t("quality.card.checks"),
                    t.integer(now["failed_n"]) if is_national else DASH,
                    t("quality.card.checks.note", checks=t.integer(now["checks_n"]))
                    if is_national
                    else t("scope.nation_only"),
                ),
                (
                    t("quality.card.returned"),
                    t.percent(now["returned"] / rows if rows else None),
                    _of_rows(t, now["returned"], rows),
                ),
                (
                    t("quality.card.quarantined"),
                    t.percent(now["quarantined"] / rows if rows else None),
                    _of_rows(t, now["quarantined"], rows),
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
    if is_for_nation_only(t):
        return
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
    section(t("quality.checks.title"), t("quality.checks.lead"), anchor="checks")
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
        *(Head(t.label("verdict", code), True) for code in queries.ROW_VERDICTS),
    ]
    rows = [
        (
            t.label("origin", one["origin"]),
            view.link(t.integer(one["files_n"]), "quality", "files", origin=one["origin"]),
            t.integer(one["rows_read"]),
            *(
                view.link(t.integer(one[code]), "quality", "files", origin=one["origin"], verdict=code)
                for code in queries.ROW_VERDICTS
            ),
        )
        for one in queries.files(view.con, view.filters).iter_rows(named=True)
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
            view.link(t.integer(one["findings_n"]), "quality", "rows", code=one["code"]),
            t.integer(one["files_n"]),
            t.integer(one["societies_n"]),
        )
        for one in queries.findings(view.con, view.filters).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("quality.findings.title")))


def _finding_rows(view: View) -> None:
    """Each finding down to file, sheet and line; the URL holds the kind chosen."""
    t = view.texts
    section(t("quality.rows.title"), t("quality.rows.lead"), anchor="rows")
    codes = queries.findings(view.con, view.filters)["code"].unique(maintain_order=True).to_list()
    code = state.pick(
        "code", t("column.finding"), codes, lambda one: f"{one} {t.label('defect', one)}",
        placeholder=t("quality.rows.every"),
    )  # fmt: skip
    columns = [
        *_society(view),
        Col("verdict", t("column.treatment"), "label", "finding_verdict", css="tight", draw=lambda one: badge(
            t.label("finding_verdict", one["verdict"]), f"verdict-{one['verdict']}")),
        Col("code", t("column.code"), "code", width=8),
        Col("file", t("column.file"), "file"),
        Col("sheet", t("column.sheet"), width=18),
        Col("line", t("column.line"), "line"),
        Col("header", t("quality.rows.header")),
        Col("value", t("quality.rows.value"), css="original"),
        Col("message", t("column.message"), css="reason", width=40),
    ]  # fmt: skip
    listing = queries.finding_rows(view.lang, code if code in codes else None, view.filters)
    grid(view, "finding_rows", t("quality.rows.title"), columns, listing, rows=ROWS)


def _file_rows(view: View) -> None:
    """Each file with what became of its rows."""
    t = view.texts
    section(t("quality.file_rows.title"), t("quality.file_rows.lead"), anchor="files")
    origins = queries.files(view.con, view.filters)["origin"].to_list()
    left, right = st.columns(2, gap="small")
    with left:
        origin = state.pick(
            "origin", t("quality.origin"), origins, lambda one: t.label("origin", one),
            placeholder=t("filter.all"),
        )  # fmt: skip
    with right:
        verdict = state.pick(
            "verdict", t("column.verdict"), queries.ROW_VERDICTS, lambda one: t.label("verdict", one),
            placeholder=t("filter.all"),
        )  # fmt: skip
    columns = [
        *_society(view),
        Col("file", t("column.file"), "file", width=34),
        Col("origin", t("quality.origin"), "label", "origin"),
        Col("status", t("quality.status"), "label", "file_status"),
        Col("rows_read", t("column.rows"), "integer"),
        *(Col(one, t.label("verdict", one), "integer") for one in queries.ROW_VERDICTS),
    ]
    listing = queries.file_rows(origin, verdict, view.filters)
    grid(view, "file_rows", t("quality.file_rows.title"), columns, listing, rows=ROWS)


def _society(view: View) -> list[Col]:
    t = view.texts

    def name(one: dict[str, Any]) -> str:
        return view.link(one["name"], "society", society=one["society_id"]) if one["name"] else DASH

    return [
        Col("society_id", t("column.code_uscc"), "code", is_part=True),
        Col("name", t("column.society"), css="name", draw=name),
    ]


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
    for one in queries.drift(view.con, view.previous, view.filters).iter_rows(named=True):
        is_share = one["unit"] not in {"count", "level"}
        size = min(abs(one["change"]) / (4 * MOVED), 1.0) if one["unit"] != "count" else None
        rows.append(
            (
                view.figures(
                    f"{one['indicator']} {t.label('indicator', one['indicator'])}", one["indicator"]
                ),
                t.integer(one["societies_n"]),
                t.value(one["before"], one["unit"]),
                t.value(one["now"], one["unit"]),
                t.signed(one["change"], is_share, digits=1 if is_share else 2),
                share_bar(size, t("quality.drift.look") if abs(one["change"]) > MOVED else ""),
            )
        )
    st.html(table(heads, rows, t("quality.drift.title")))
