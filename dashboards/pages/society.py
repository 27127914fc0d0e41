"""学会画像: one society's band, score and rank ranges, dimensions, indicators, and the rows behind each."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, gate, ranges, state
from dashboards.gate import recorded
from dashboards.grid import Col, grid
from dashboards.i18n import Texts
from dashboards.plots import chart
from dashboards.queries import society as queries
from dashboards.tables import SIGNS, Head, Html, badge, bar, cards, cell, interval, mark, table, two_lines
from dashboards.view import View, heading, run_line, section
from models.errors import FengqingError
from models.publication import spread
from models.publication.disclosure import SMALLEST_COUNT, SUPPRESSED_STATE
from models.publication.explain import Explanation, is_about_cases
from models.publication.feedback import feedback
from models.visible import visible

MATCHES, FINDINGS = 100, 20
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def render(view: View) -> None:
    """The whole page."""
    chosen = _choose(view)
    t = view.texts
    if chosen is None:
        heading(t("society.title"), run_line(view))
        # The bar has said it where the filters leave nobody whatever is sought.
        if queries.find_societies(view.con, "", 1, view.filters) or not view.filters.chosen:
            st.text(t("society.no_match"))
        return
    one = queries.society(view.con, chosen)
    if one is None:
        heading(t("society.title"), run_line(view))
        st.text(t("society.unknown", code=visible(chosen)))
        return
    if not gate.view_recorded(t, "society", view.run["run_id"], society=chosen):
        return
    _header(view, one)
    st.html(f'<p class="fq-legend">{cell(_note(view))}</p>')
    if one["is_coarse"]:
        ranges.note(view)
    _actions(view, one)
    left, right = st.columns([3, 2], gap="large")
    with left:
        section(
            t("society.dimensions.title"),
            t("society.dimensions.lead", group=t.label("peer_group", one["peer_group"])),
        )
        dimensions = queries.dimensions(view.con, chosen)
        chart(charts.profile(dimensions, t), "profile", t("society.dimensions.title"))
        _spread(view, dimensions, one["peer_group"] is not None)
    with right:
        _exemplar(view, one)
        _findings(view, chosen)
    _indicators(view, chosen)
    _sources(view, chosen)


def _spread(view: View, dimensions: pl.DataFrame, has_peers: bool) -> None:
    """What the grey ranges are, or why there are none."""
    t = view.texts
    if not has_peers:
        said = t("society.spread.none")
    elif not queries.has_spread(view.con):
        said = t("society.spread.older")
    elif dimensions["p25"].null_count() == dimensions.height:
        said = t("society.spread.small", n=spread.SMALLEST_GROUP)
    else:
        said = t("society.spread", n=spread.SMALLEST_GROUP, nearest=spread.NEAREST)
    st.html(f'<p class="fq-legend">{cell(said)}</p>')


def _choose(view: View) -> str | None:
    """Search and selection; the URL names the society by its code."""
    t = view.texts
    named = state.get("society")
    with st.container(key="search", horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            t("society.search"), key=state.key("society_text"), placeholder=t("society.search.hint")
        ).strip()
        found = dict(queries.find_societies(view.con, text, MATCHES, view.filters))
        current = None if named is None else queries.society(view.con, named)
        if named is not None and current and not text and named not in found:
            found = {named: current["name"], **found}
        if not found:
            return None
        codes = list(found)
        is_unknown = named is not None and not current and not text
        # Where the one asked for is not there, none is chosen in its place; the reader's choice replaces it.
        start = None if is_unknown else codes.index(named) if named in found else 0
        chosen = st.selectbox(
            t("society.select"), codes, index=start, placeholder=t("compare.hint"),
            format_func=lambda code: f"{visible(found[code])}　{code}",
            # Not with the society in its key: the box would be another after each choice, and lose the next.
            key=state.key(f"society_choice_{text}"),
        )  # fmt: skip
    if chosen is None:
        return named
    state.put("society", chosen)
    return chosen


def _interval(t: Texts, one: dict[str, Any]) -> str:
    """The score's interval, and its bounds where something is missing or pending."""
    if one["is_coarse"]:
        return t("ranges.card")
    said = t("society.interval", low=t.decimal(one["low"]), high=t.decimal(one["high"]))
    if one["worst"] is None or one["worst"] == one["best"]:
        return said
    bounds = t("society.bounds", worst=t.decimal(one["worst"]), best=t.decimal(one["best"]))
    return t("list.semicolon").join([said, bounds])


def _note(view: View) -> str:
    """How sure intervals and ranges are."""
    rules = view.run["methodology"]["uncertainty"]
    level, rank_level = (f"{share * 100:g}" for share in (rules["interval"], rules["rank_sets"]["level"]))
    return view.texts("society.note", level=level, rank_level=rank_level)


def _header(view: View, one: dict[str, Any]) -> None:
    t = view.texts
    facts = [
        one["society_id"],
        t.label("level", one["level"]),
        t.label("reporting_line", one["reporting_line"]),
        t.label("cast_class", one["cast_class"]),
        t.label("size_class", one["size_class"]),
        one["supervisor_name"] or t("overview.no_supervisor"),
    ]
    # A national body's level and reporting line bear the same name.
    heading(one["name"], " · ".join(dict.fromkeys(facts)))
    st.html(f'<p class="fq-run">{cell(run_line(view))}</p>')
    former = queries.former_names(view.con, one["society_id"])
    if former:
        st.html(f'<p class="fq-former">{cell(t("society.former", names=t("list.comma").join(former)))}</p>')
    rated = one["band"] != "unrated"
    rank = t("society.rank.value", span=t.span(one["rank_low"], one["rank_high"])) if one["rank_low"] else "—"
    remarks = [
        t.label("unrated_reason", one["unrated_reason"]) if one["unrated_reason"] else "",
        t("society.veto", name=t.label("veto", one["veto_code"])) if one["veto_code"] else "",
        t("society.hold", name=t.label("hold", one["hold_code"])) if one["hold_code"] else "",
    ]
    st.html(
        cards(
            [
                (
                    t("column.band"),
                    t.label("band", one["band"]),
                    "；".join(r for r in remarks if r) or t("proposed.note"),
                ),
                (
                    t("column.score"),
                    ranges.told(t, one) if rated else t.score(one["score"]),
                    _interval(t, one) if rated else "",
                ),
                (
                    t("society.rank"),
                    rank,
                    t(
                        "society.rank.note",
                        group=t.label("peer_group", one["peer_group"]),
                        n=t.integer(one["peer_n"]),
                    )
                    if rated
                    else "",
                ),
                (t("column.verified"), t.percent(one["verified_share"]), t("card.verified.note")),
                (
                    t("column.not_reported"),
                    t.integer(one["not_reported_n"]),
                    t(
                        "society.pending",
                        n=t.integer(one["pending_n"]),
                        weight=t.trimmed(one["applicable_weight"]),
                    ),
                ),
            ]
        )
    )


def _actions(view: View, one: dict[str, Any]) -> None:
    """What can be taken away: the feedback sheet; and the way to set societies side by side."""
    t = view.texts
    con, code = view.con.cursor(), one["society_id"]
    with st.container(key="actions", horizontal=True, vertical_alignment="center"):
        st.download_button(
            t("download.feedback"),
            recorded(lambda: feedback(con, code, view.lang), f"feedback {code}", view.run["run_id"]),
            file_name=f"{t('download.feedback')}_{code}.docx", mime=DOCX, key="feedback", on_click="ignore",
        )  # fmt: skip
        st.html(f"<p>{view.link(t('society.compare'), 'compare', s1=code)}</p>")


def _exemplar(view: View, one: dict[str, Any]) -> None:
    t = view.texts
    section(t("society.exemplar.title"), proposed=True)
    if one["decision"] is None:
        st.text(t("society.exemplar.none"))
        return
    mark = badge(t.label("decision", one["decision"]), one["decision"])
    tag = "" if one["practice_tag"] is None else f" {cell(t.label('practice_tag', one['practice_tag']))}"
    reason = t.pick(one["reason_zh"], one["reason_en"])
    st.html(f'<p class="fq-decision">{mark}{tag}<br>{cell(reason)}</p>')


def _findings(view: View, society_id: str) -> None:
    t = view.texts
    section(t("society.findings.title"), t("society.findings.lead"))
    found = queries.society_findings(view.con, society_id, FINDINGS)
    if found.is_empty():
        st.text(t("society.findings.none"))
        return
    heads = [Head(t("column.treatment")), Head(t("column.place")), Head(t("column.message"))]
    rows = [
        (
            badge(t.label("finding_verdict", one["verdict"]), f"verdict-{one['verdict']}"),
            place(t, one["file"], one["sheet"], one["row"]),
            t.pick(one["message_zh"], one["message_en"]),
        )
        for one in found.iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("society.findings.title")))


def place(t: Texts, file: str | None, sheet: str | None, row: int | None) -> str:
    """Sheet and line, or the file where there is no sheet."""
    if sheet is None:
        return file or "—"
    return sheet if row is None else t("place", sheet=sheet, row=row)


def _indicators(view: View, society_id: str) -> None:
    t = view.texts
    section(t("society.indicators.title"), t("society.indicators.lead"), proposed=True)
    st.html(
        '<p class="fq-legend">' + "　".join(mark(c, t.label("state", c)) for c in t.options("state")) + "</p>"
    )
    heads = [
        Head(t("column.indicator"), css="name"),
        Head(t("column.state")),
        Head(t("column.numerator"), True),
        Head(t("column.denominator"), True),
        Head(t("column.value"), True),
        Head(t("column.target"), True),
        Head(t("column.peer_mean"), True),
        Head(t("column.evidence")),
        Head(t("column.weight"), True),
        Head(t("column.score"), True),
        Head(t("column.among_peers"), css="bar"),
    ]
    rows: list[tuple[str | None, ...]] = []
    dimension = None
    for one in queries.indicators(view.con, society_id):
        if one["dimension"] != dimension:
            dimension = one["dimension"]
            rows.append((f"{dimension} {t.label('dimension', dimension)}",))
        rows.append(_indicator_row(view, one, society_id))
    st.html(table(heads, rows, t("society.indicators.title")))


def _indicator_row(view: View, one: dict[str, Any], society_id: str) -> tuple[str | None, ...]:
    t = view.texts
    score = None if one["score"] is None else one["score"] * 100
    hidden = SIGNS[SUPPRESSED_STATE] if one["is_suppressed"] else None
    value = t.value(one["value"], one["unit"])
    if one["shrunk"] and one["value"] is not None:
        span = f"{t.value(one['low'], one['unit'])}–{t.value(one['high'], one['unit'])}"
        value = two_lines(value, span)
    return (
        view.why(
            f"{one['indicator']} {t.label('indicator', one['indicator'])}", society_id, one["indicator"]
        ),
        mark(one["state"], t.label("state", one["state"])),
        hidden or t.trimmed(one["numerator"]),
        hidden or t.trimmed(one["denominator"]),
        value,
        t.value(one["target"], one["unit"]),
        t.value(one["peer_mean"], one["unit"]),
        t.label("grade", one["grade"]),
        t.trimmed(one["weight"]),
        view.why(t.score(score), society_id, one["indicator"]) if score is not None else t.score(score),
        _among_peers(t, one, score),
    )


def _among_peers(t: Texts, one: dict[str, Any], score: float | None) -> Html:
    """The score as a mark on the middle half of its peers; as a bar where their spread is not shown."""
    if score is None or one["p25"] is None or one["is_suppressed"]:
        return bar(score, t.score(score))
    low, high = t.score(one["p25"]), t.score(one["p75"])
    said = t("society.spread.bar", score=t.score(score), low=low, high=high)
    return interval(score, one["p25"], one["p75"], said)


def _sources(view: View, society_id: str) -> None:
    t = view.texts
    section(t("society.sources.title"), t("society.sources.lead"), anchor="sources")
    codes = [code for code in t.options("indicator")]
    chosen = state.pick(
        "indicator", t("society.sources.select"), codes,
        lambda code: f"{code} {t.label('indicator', code)}", default=codes[0],
    ) or codes[0]  # fmt: skip
    try:
        one = queries.explained(view.con, society_id, chosen)
    except FengqingError as error:
        st.text(error.text(view.lang))
        return
    # On paper there is no list of indicators to show which is meant.
    st.html(f'<p class="fq-paper">{cell(chosen)} {cell(t.label("indicator", chosen))}</p>')
    suppressed = one.state == SUPPRESSED_STATE
    st.html(_sentence(t, one, suppressed))
    if suppressed:
        st.text(t("society.sources.suppressed", n=SMALLEST_COUNT))
        return
    if not one.sources:
        closed = is_about_cases(view.con, chosen) and not gate.permission().scope.cases
        st.text(t("society.sources.closed") if closed else t("society.sources.none"))
        return
    about = {"society": society_id, "indicator": chosen}
    if not gate.view_recorded(t, "society", view.run["run_id"], **about):
        return
    title = t("society.sources.title")
    columns = [
        Col("file", t("column.file"), "file"),
        Col("sheet", t("column.sheet")),
        Col("row", t("column.line"), "line"),
        Col("label", t("column.row_label")),
        Col("numerator", t("column.numerator"), "number"),
        Col("denominator", t("column.denominator"), "number"),
        Col("grade", t("column.evidence"), "label", "grade", draw=lambda r: _standing(t, r)),
        Col("evidence_weight", t("column.evidence_weight"), "number"),
    ]  # fmt: skip
    grid(view, "sources", title, columns, queries.sources(one))


def _standing(t: Texts, row: dict[str, Any]) -> str:
    """Why a row adds nothing, or else how well it is evidenced."""
    if row["left_out"]:
        return t.label("left_out", row["left_out"])
    return t.label("state", "under_verification") if row["is_pending"] else t.label("grade", row["grade"])


def _sentence(t: Texts, one: Explanation, suppressed: bool) -> str:
    """Score ← value ← numerator ÷ denominator, with what each of them counts."""
    hidden = SIGNS[SUPPRESSED_STATE] if suppressed else None
    score = None if one.score is None else one.score * 100
    target = t("sources.target", target=t.value(one.target, one.unit))
    numerator, denominator = (hidden or t.trimmed(n) for n in (one.numerator, one.denominator))
    steps = [
        (t("column.score"), t.score(score), t("sources.weight", weight=t.trimmed(one.weight))),
        (t("column.value"), t.value(one.value, one.unit), t("society.shrunk") if one.shrunk else target),
        (t("column.numerator"), numerator, t.pick(one.numerator_zh, one.numerator_en)),
        (t("column.denominator"), denominator, t.pick(one.denominator_zh, one.denominator_en)),
    ]
    formula = t(
        "sources.formula",
        formula=t.pick(one.formula_zh, one.formula_en),
        clause=t.label("clause", one.clause),
    )
    return f'{cards(steps)}<p class="fq-formula">{cell(formula)}</p>'
