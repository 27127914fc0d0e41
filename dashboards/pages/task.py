"""One page a task: how its indicators stand, and the questions that the year asks of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, state
from dashboards.filters import Filters
from dashboards.grid import Col, grid
from dashboards.i18n import Texts
from dashboards.plots import chart
from dashboards.queries import activities, documents, tasks
from dashboards.queries.base import Listed
from dashboards.tables import SIGNS, Head, cards, mark, share_bar, table, two_lines
from dashboards.view import View, heading, is_for_nation_only, section
from models.publication.disclosure import SMALLEST_COUNT, SUPPRESSED_STATE

GREY, ROWS = 20, 15
Shares = Callable[[Any, Filters], pl.DataFrame]


@dataclass(frozen=True)
class Question:
    """A question of the year: its key in the catalogue, the rows that answer it, their columns.

    A column is `key:kind` or `key:label:kind of label`; titles are `column.<key>` in the catalogue.
    """

    key: str
    rows: Callable[[Filters], Listed]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A dimension's page: what is drawn on the first screen, and its questions."""

    shares: tuple[tuple[str, str, Shares], ...] = ()
    questions: tuple[Question, ...] = ()
    extra: Callable[[View], None] | None = None


def _cases(view: View) -> None:
    """Commissioned cases in sums; small counts are kept back."""
    t = view.texts
    section(t("cases.title"), t("cases.lead", n=SMALLEST_COUNT))
    if is_for_nation_only(t):
        return
    found = documents.cases(view.con).filter(pl.col("cases_n").is_not_null())
    if found.is_empty():
        st.html(f'<p class="fq-none">{t("grid.none")}</p>')
        return

    def said(n: float | None) -> str:
        # Withheld is not “under 5”: a large part is kept back too where it would give a small one away.
        return mark("suppressed", t("cases.withheld")) if n is None else t.integer(int(n))

    heads = [Head(t("column.indicator"), css="name"), Head(t("column.cases_n"), True),
             Head(t("column.met_n"), True), Head(t("column.missed_n"), True)]  # fmt: skip
    rows: list[tuple[str | None, ...]] = []
    for part in found.partition_by("grouping", "code", maintain_order=True):
        first = part.row(0, named=True)
        rows.append((_group(t, first["grouping"], first["code"]),))
        rows += [
            (f"{one['indicator']} {t.label('indicator', one['indicator'])}",
             said(one["cases_n"]), said(one["met_n"]), said(one["missed_n"]))
            for one in part.iter_rows(named=True)
        ]  # fmt: skip
    st.html(table(heads, rows, t("cases.title")))


def _group(t: Texts, grouping: str, code: str) -> str:
    """Whose cases are summed: everybody's, or those of one class or level."""
    if grouping == "all":
        return t("gates.all")
    return t("filter.word", name=t(f"filter.{grouping}"), value=t.label(grouping, code))


def _settings(view: View) -> None:
    """The five settings: how many activities go by a norm."""
    t = view.texts
    section(t("settings.title"), t("settings.lead"))
    heads = [Head(t("column.setting")), Head(t("column.societies"), True),
             Head(t("column.activities_n"), True), Head(t("column.unused_n"), True),
             Head(t("column.norm_share"), css="wide"),
             Head(t("column.limited_n"), True), Head(t("column.threshold_n"), True)]  # fmt: skip
    rows = [
        (
            t.label("setting", one["setting"]), t.integer(one["societies_n"]), t.integer(one["activities_n"]),
            t.integer(one["unused_n"]),
            share_bar(one["with_norm_n"] / one["activities_n"],
                      t.percent(one["with_norm_n"] / one["activities_n"])),
            t.integer(one["limited_n"]), t.integer(one["threshold_n"]),
        )
        for one in activities.settings(view.con, view.filters).iter_rows(named=True)
    ]  # fmt: skip
    st.html(table(heads, rows, t("settings.title")))


def _youth(view: View) -> None:
    """The share of young people by class and size; small denominators are greyed."""
    t = view.texts
    for indicator in ("6.1", "6.2", "6.3"):
        title = f"{indicator} {t.label('indicator', indicator)}"
        section(title, t("youth.lead", n=GREY))
        found = activities.youth(view.con, indicator, view.filters)
        cells = {(one["cast_class"], one["size_class"]): one for one in found.iter_rows(named=True)}
        sizes = [code for code in t.options("size_class") if any(size == code for _, size in cells)]
        heads = [Head(t("column.class")), *(Head(t.label("size_class", size), True) for size in sizes)]
        rows = [
            (t.label("cast_class", code), *(_share(view, cells.get((code, size))) for size in sizes))
            for code in t.options("cast_class")
            if any(one == code for one, _ in cells)
        ]
        st.html(table(heads, rows, title))


def _share(view: View, one: dict[str, Any] | None) -> str:
    t = view.texts
    if one is None:
        return "—"
    said = two_lines(
        t.percent(one["share"]), f"{t.trimmed(one['numerator'])}/{t.trimmed(one['denominator'])}"
    )
    return type(said)(f'<span class="fq-few">{said}</span>') if one["denominator"] < GREY else said


def _elements(doc_types: list[str], items: list[str]) -> Shares:
    return lambda con, filters: documents.elements(con, doc_types, items, filters)


def _stages(con: Any, filters: Filters) -> pl.DataFrame:
    found = documents.stages(con, filters)
    return found.with_columns(total=pl.col("n").sum())


RULES = ["convention", "ethics_code"]
PLACE = ("file:file", "line:line")
TASKS: dict[str, Task] = {
    "D1": Task(
        (("stages", "doc_stage", _stages),
         ("elements", "element", _elements(["charter"], ["duty", "body", "member_obligation", "sanction",
                                                          "supervision"]))),
        (Question("stalled", documents.stalled_charters,
                  ("name", "supervisor_name", "waits_for:label:waits_for", "congress_on:date",
                   "supervisor_agreed_on:date", "filed_on:date", "days_n:integer", *PLACE)),),
    ),
    "D2": Task(
        (("elements", "element", _elements(RULES, ["professional_norms", "self_discipline", "sanction"])),
         ("steps", "element", _elements(RULES, ["case_filing", "defence", "decision", "review"]))),
        (Question("no_sanction", partial(documents.without_element, RULES, "sanction", "2.3"),
                  ("name", "level:label:level", "supervisor_name", "doc_types:labels:doc_type",
                   "elements:labels:element")),),
    ),
    "D3": Task(
        (("elements", "element", _elements(["investigation_procedure"], ["expert_pool", "recusal",
                                           "confidentiality", "conflict_of_interest", "archive"])),),
        (Question("no_recusal",
                  partial(documents.without_element, ["investigation_procedure"], "recusal", "3.1"),
                  ("name", "level:label:level", "supervisor_name", "elements:labels:element")),),
        _cases,
    ),
    "D4": Task(
        (("elements", "element", _elements(["evaluation_norm"], ["classified_evaluation", "peer_review",
                                                                  "representative_works"])),),
        (Question("no_norm", activities.activities_without_norm,
                  ("name", "setting:label:setting", "activity", "held_on:date", "rep_limit:integer",
                   *PLACE)),),
        _settings,
    ),
    "D5": Task(
        (("quarters", "quarter", activities.quarters), ("audiences", "audiences", activities.audiences)),
        (Question("education_gaps", activities.education_gaps,
                  ("name", "level:label:level", "supervisor_name", "sessions_n:integer",
                   "quarters_missed:labels:quarter", "audiences_missed:labels:audiences")),),
    ),
    "D6": Task(extra=_youth),
}  # fmt: skip


def render(view: View, dimension: str) -> None:
    """The whole page of a dimension."""
    t, task = view.texts, TASKS[dimension]
    heading(f"{dimension} {t.label('dimension', dimension)}", t(f"task.{dimension}"), proposed=True)
    found = tasks.indicators(view.con, dimension, view.filters)
    if found.is_empty():
        st.html(f'<p class="fq-none">{t("grid.none")}</p>')
        return
    answers = {question.key: question.rows(view.filters) for question in task.questions}
    st.html(cards(_headline(view, found, answers)))
    if task.extra:
        task.extra(view)
    for question in task.questions:
        section(t(f"question.{question.key}"), t(f"question.{question.key}.lead"))
        columns = [column(view, text) for text in question.columns]
        title = t(f"question.{question.key}")
        grid(view, question.key, title, columns, answers[question.key], none=t("question.nobody"), rows=ROWS)
    if task.shares:
        for place, (key, kind, shares) in zip(
            st.columns(len(task.shares), gap="large"), task.shares, strict=True
        ):
            with place:
                _shares(view, key, kind, shares(view.con, view.filters))
    indicator_table(view, dimension, found)
    lowest(view, found)


def _headline(view: View, found: pl.DataFrame, answers: dict[str, Listed]) -> list[tuple[str, str, str]]:
    t = view.texts
    counted = [  # as the table below will ask, which then has its answer
        (t(f"question.{key}.card"), t.integer(listing.first(view.con, ROWS)[1]), t(f"question.{key}.remark"))
        for key, listing in answers.items()
    ]
    scored = found.filter(pl.col("mean").is_not_null()).sort("mean")
    ends = []
    if scored.height:
        weak, strong = scored.row(0, named=True), scored.row(-1, named=True)
        ends = [
            (t("task.weakest"), t.decimal(weak["mean"]),
             f"{weak['indicator']} {t.label('indicator', weak['indicator'])}"),
            (t("task.strongest"), t.decimal(strong["mean"]),
             f"{strong['indicator']} {t.label('indicator', strong['indicator'])}"),
        ]  # fmt: skip
    missing = int(found["not_reported_n"].sum())
    return [*counted, *ends, (t("column.not_reported"), t.integer(missing), t("task.not_reported"))]


def column(view: View, text: str) -> Col:
    """A column from its short form; a society's name leads to the indicator that the row is about."""
    key, _, kind = text.partition(":")
    kind, _, labels = kind.partition(":")
    title = view.texts(f"column.{'society' if key == 'name' else key}")
    if key == "name":
        return Col(key, title, css="name", width=26,
                   draw=lambda one: view.why(one["name"], one["society_id"], one["indicator"]))  # fmt: skip
    return Col(key, title, kind or "text", labels)


def _shares(view: View, key: str, kind: str, found: pl.DataFrame) -> None:
    """Of the societies that filed, how many have each; drawn as bars."""
    t = view.texts
    section(t(f"shares.{key}"), t("shares.lead"))
    chart(charts.shares(found, kind, t), f"shares_{key}", t(f"shares.{key}"))


def indicator_table(view: View, dimension: str, found: pl.DataFrame) -> None:
    """The indicators of a dimension: states counted apart, mean and middle half of the scores."""
    t = view.texts
    section(t("task.indicators", dimension=t.label("dimension", dimension)), t("task.indicators.lead"))
    states = [code for code in charts.STATES if code != SUPPRESSED_STATE or found[f"{code}_n"].sum()]
    heads = [Head(t("column.indicator"), css="name"), Head(t("column.weight"), True),
             *(Head(mark(code, t.label("state", code)), True) for code in states),
             Head(t("column.mean"), True), Head(t("column.middle"), css="bar")]  # fmt: skip
    rows = [
        (
            view.link(
                f"{one['indicator']} {t.label('indicator', one['indicator'])}",
                "methods",
                "indicator",
                indicator=one["indicator"],
            ),
            t.trimmed(one["weight"]),
            *(t.integer(one[f"{code}_n"]) for code in states),
            t.decimal(one["mean"]),
            _middle(view, one),
        )
        for one in found.iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("task.indicators", dimension=t.label("dimension", dimension))))


def _middle(view: View, one: dict[str, Any]) -> str:
    from dashboards.tables import interval

    t = view.texts
    if one["mean"] is None:
        return "—"
    span = f"{t.decimal(one['p25'])}–{t.decimal(one['p75'])}"
    return interval(one["mean"], one["p25"], one["p75"], span)


def lowest(view: View, found: pl.DataFrame) -> None:
    """Who stands lowest in one indicator, with numerator and denominator; each figure leads to its rows."""
    t = view.texts
    section(t("task.lowest"), t("task.lowest.lead"), anchor="lowest")
    codes = found["indicator"].to_list()
    chosen = state.pick(
        "of", t("column.indicator"), codes, lambda code: f"{code} {t.label('indicator', code)}",
        default=codes[0],
    ) or codes[0]  # fmt: skip

    def why(one: dict[str, Any], text: str) -> str:
        return view.why(text, one["society_id"], one["indicator"])

    def part(key: str, one: dict[str, Any]) -> str:
        return SIGNS[SUPPRESSED_STATE] if one["is_suppressed"] else t.trimmed(one[key])

    columns = [
        Col("name", t("column.society"), css="name", draw=lambda one: why(one, one["name"])),
        Col("supervisor_name", t("column.supervisor")),
        Col("state", t("column.state"), "label", "state",
            draw=lambda one: mark(one["state"], t.label("state", one["state"]))),
        Col("numerator", t("column.numerator"), "number", draw=lambda one: part("numerator", one)),
        Col("denominator", t("column.denominator"), "number", draw=lambda one: part("denominator", one)),
        Col("value", t("column.value"), "number", draw=lambda one: t.value(one["value"], one["unit"])),
        Col("grade", t("column.evidence"), "label", "grade"),
        Col("score", t("column.score"), "score",
            draw=lambda one: "—" if one["score"] is None else why(one, t.score(one["score"]))),
    ]  # fmt: skip
    title = f"{chosen} {t.label('indicator', chosen)}"
    grid(view, "lowest", title, columns, tasks.lowest(chosen, view.filters), rows=ROWS)
