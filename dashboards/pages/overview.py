"""总览: filing, intake, bands, what changed since last year, what needs attention."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, exports, ranges
from dashboards.filters import NO_UNIT
from dashboards.grid import Col, grid
from dashboards.navigation import TASK_PAGES
from dashboards.plots import chart
from dashboards.queries import overview, quality
from dashboards.queries.base import Made
from dashboards.tables import Head, Html, badge, cards, share_bar, table
from dashboards.view import (
    View,
    heading,
    is_for_nation_only,
    run_line,
    section,
    tell_rows_left_out,
)

UNITS, FINDINGS = 8, 8


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("overview.title", year=view.run["year"]), run_line(view), proposed=True)
    ranges.note(view)
    now = overview.headline(view.con, view.filters)
    _cards(view, now)
    _attention(view)
    left, right = st.columns(2, gap="large")
    with left:
        _bands(view)
    with right:
        section(t("overview.dimensions.title"), t("overview.dimensions.lead"))
        rows = overview.dimension_means(view.con, view.filters)
        chart(charts.dimension_ranges(rows, t), "dimensions", t("overview.dimensions.title"))
        _lead_on(
            [
                view.link(f"{code} {t.label('dimension', code)}", TASK_PAGES[code])
                for code in rows["dimension"]
            ]
        )
    left, right = st.columns(2, gap="large")
    with left:
        _filing(view)
    with right:
        _findings(view)
    left, right = st.columns(2, gap="large")
    with left:
        _intake(view)
    with right:
        _warnings(view)
    _changes(view, now)
    exports.render(view)


def _cards(view: View, now: dict[str, Any]) -> None:
    t = view.texts
    societies, filed = now["societies_n"], now["filed_n"]
    st.html(
        cards(
            [
                (
                    t("card.societies"),
                    view.link(t.integer(societies), "assessment"),
                    t("card.societies.note"),
                ),
                (
                    t("card.filed"),
                    view.link(t.percent(filed / societies if societies else None), "regions"),
                    t("card.filed.note", filed=t.integer(filed), unfiled=t.integer(societies - filed)),
                ),
                (
                    t("card.rated"),
                    view.link(t.integer(now["rated_n"]), "assessment", sort="score"),
                    t("card.rated.note", score=t.decimal(now["mean_score"])),
                ),
                (
                    t("card.verified"),
                    view.link(t.percent(now["verified_share"]), "assessment", sort="verified"),
                    t("card.verified.note"),
                ),
                (
                    t("card.selected"),
                    view.link(t.integer(now["selected_n"]), "exemplars"),
                    t("card.selected.note"),
                ),
            ]
        )
    )


def _bands(view: View) -> None:
    t = view.texts
    now = overview.bands(view.con, view.filters)
    before = None if view.previous is None else overview.bands(view.previous, view.filters)
    section(t("overview.bands.title"), t("overview.bands.lead"), proposed=True)
    year = view.run["year"]
    years = (t("overview.bands.year", year=year), t("overview.bands.year", year=year - 1))
    chart(charts.bands(now, before, years, t), "bands", t("overview.bands.title"))
    _lead_on([view.link(t.label("band", code), "assessment", band=code) for code in now["band"]])


def _lead_on(links: list[Html]) -> None:
    """Below a chart: the pages that say who and why."""
    st.html(f'<p class="fq-legend">{"　".join(links)}</p>')


def _attention(view: View) -> None:
    """What waits for somebody, each with the page that lists it."""
    t = view.texts
    found = overview.attention(view.con, view.filters)
    places: dict[str, tuple[str, dict[str, str]]] = {
        "unfiled_n": ("assessment", {"band": "unrated"}), "returned_n": ("quality", {"verdict": "returned"}),
        "overdue_n": ("issues", {}), "stalled_n": ("charter", {}), "pending_n": ("assessment", {}),
        "barred_n": ("exemplars", {}),
    }  # fmt: skip
    rows = [
        (
            t(f"attention.{name}"),
            view.link(t.integer(found[name]), page, **narrowed),
            t(f"attention.{name}.do"),
        )
        for name, (page, narrowed) in places.items()
    ]
    heads = [Head(t("attention.what")), Head(t("attention.n"), True), Head(t("attention.do"))]
    section(t("attention.title"), t("attention.lead"), body=table(heads, rows, t("attention.title")))


def _filing(view: View) -> None:
    t = view.texts
    section(t("overview.filing.title"), t("overview.filing.lead"))

    def unit(one: dict[str, Any]) -> str:
        name = one["supervisor_name"] or one["supervisor_id"] or t("overview.no_supervisor")
        return view.link(name, "assessment", unit=one["supervisor_id"] or NO_UNIT)

    columns = [
        Col("supervisor_name", t("column.supervisor"), draw=unit),
        Col("due_n", t("column.due"), "integer"),
        Col("filed_n", t("column.filed"), "integer"),
        Col("unfiled_n", t("column.unfiled"), "integer"),
        Col("share", t("column.filing_rate"), "share", css="wide",
            draw=lambda one: share_bar(one["share"], t.percent(one["share"]))),
    ]  # fmt: skip
    found = Made(overview.filing_by_unit(view.con, view.filters), view.filters.about)
    grid(view, "filing", t("overview.filing.title"), columns, found, rows=UNITS)


def _intake(view: View) -> None:
    t = view.texts
    found = overview.intake(view.con, view.filters)
    lead = t("overview.intake.lead", files=t.integer(found["files_n"]), rows=t.integer(found["rows_read"]))
    heads = [Head(t("column.verdict")), Head(t("column.rows"), True), Head(t("column.share"), css="wide")]
    read = found["rows_read"]
    rows = [
        (
            badge(t.label("verdict", code), code),
            view.link(t.integer(found[code]), "quality", "files", verdict=code),
            # Counts that are kept back are no nought.
            share_bar(found[code] / read, t.percent(found[code] / read))
            if read and found[code] is not None
            else "",
        )
        for code in quality.ROW_VERDICTS
    ]
    section(t("overview.intake.title"), lead, body=table(heads, rows, t("overview.intake.title")))
    tell_rows_left_out(t)


def _findings(view: View) -> None:
    t = view.texts
    title = t("overview.findings.title")
    causes = overview.top_findings(view.con, FINDINGS, filters=view.filters)
    following = overview.top_findings(view.con, FINDINGS, is_consequence=True, filters=view.filters)
    body = "" if causes.is_empty() else _findings_table(view, causes, title)
    section(title, t("overview.findings.lead"), body=body)
    if causes.is_empty() and following.is_empty():
        st.text(t("overview.findings.none"))
    if not following.is_empty():
        st.caption(t("overview.findings.following"))
        st.html(_findings_table(view, following, t("overview.findings.following")))


def _findings_table(view: View, found: pl.DataFrame, caption: str) -> str:
    t = view.texts
    heads = [
        Head(t("column.code"), css="code"),
        Head(t("column.finding")),
        Head(t("column.treatment")),
        Head(t("column.places"), True),
        Head(t("column.societies"), True),
    ]
    rows = [
        (
            one["code"],
            t.label("defect", one["code"]),
            badge(t.label("finding_verdict", one["verdict"]), f"verdict-{one['verdict']}"),
            view.link(t.integer(one["findings_n"]), "quality", "rows", code=one["code"]),
            t.integer(one["societies_n"] or None),
        )
        for one in found.iter_rows(named=True)
    ]
    return table(heads, rows, caption)


def _warnings(view: View) -> None:
    t = view.texts
    section(t("overview.warnings.title"), t("overview.warnings.lead"))
    if is_for_nation_only(t):
        return
    found = quality.failures(view.con)
    if found.is_empty():
        # No record of a check is not a check that holds.
        st.text(
            t("overview.warnings.none") if quality.checks_n(view.con) else t("overview.warnings.unrecorded")
        )
        return
    heads = [Head(t("column.family")), Head(t("column.check")), Head(t("column.observed"), True)]
    rows = [
        (
            t.label("family", one["family"]),
            view.link(t.half(one["description"]), "quality", "checks"),
            one["observed"],
        )
        for one in found.iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("overview.warnings.title")))


def _changes(view: View, now: dict[str, Any]) -> None:
    t = view.texts
    if view.previous is None:
        section(t("overview.changes.title"), t("overview.changes.none"))
        return
    before = overview.headline(view.previous, view.filters)
    year = view.run["year"]
    heads = [
        Head(t("column.figure")),
        Head(str(year - 1), True),
        Head(str(year), True),
        Head(t("column.change"), True),
    ]
    filed = [one["filed_n"] / one["societies_n"] if one["societies_n"] else None for one in (before, now)]
    figures: list[tuple[str, float | None, float | None, bool]] = [
        (view.link(t("change.filed"), "regions"), filed[0], filed[1], True),
        (view.link(t("change.score"), "changes"), before["mean_score"], now["mean_score"], False),
        (view.link(t("change.best"), "changes"), before["best_share"], now["best_share"], True),
        (
            view.link(t("change.verified"), "assessment", sort="verified"),
            before["verified_share"],
            now["verified_share"],
            True,
        ),
    ]
    rows = [
        (
            name,
            t.percent(old) if is_share else t.decimal(old),
            t.percent(new) if is_share else t.decimal(new),
            t.signed(None if old is None or new is None else new - old, is_share),
        )
        for name, old, new, is_share in figures
    ]
    body = table(heads, rows, t("overview.changes.title"))
    section(t("overview.changes.title"), t("overview.changes.lead"), body=body)
