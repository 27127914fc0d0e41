"""方法与口径: how an indicator is counted, what it weighs, and every parameter with its standing."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dashboards import charts, state
from dashboards.i18n import DASH, Texts
from dashboards.plots import chart
from dashboards.queries import methods as queries
from dashboards.tables import Head, Html, badge, cell, share_bar, table
from dashboards.view import PROPOSED, View, heading, proposed_mark, run_line, section
from data_contracts.contract import load_contract, load_contracts
from models.assessment.parameter_names import Parameter, parameters

# Kinds of codes that a parameter may hold.
NAMED = (
    "state", "grade", "band", "size_class", "level", "dimension", "veto", "hold", "missing_state", "fact",
    "doc_stage", "verification_outcome", "verification_method", "record_status",
)  # fmt: skip
# Options of the simulation, in this block alone: its `published` grouping is no published document.
DRAWN, DRAW_OPTION = "uncertainty", "draw_option"


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    method = view.run["methodology"]
    heading(t("methods.title"), run_line(view), proposed=True)
    st.html(f'<p class="fq-formula">{cell(t("methods.note"))}</p>')
    indicators = {one["code"]: one for one in method["indicators"]}
    section(t("methods.indicator.title"), t("methods.indicator.lead"), proposed=True, anchor="indicator")
    codes = list(indicators)
    chosen = state.pick(
        "indicator", t("column.indicator"), codes, lambda code: f"{code} {t.label('indicator', code)}",
        default=codes[0],
    ) or codes[0]  # fmt: skip
    _indicator(t, indicators[chosen])
    st.html(f'<p class="fq-legend">{view.figures(t("methods.figures"), chosen)}</p>')
    section(t("methods.weights.title"), t("methods.weights.lead"), proposed=True)
    _weights(view, method)
    _effective(view)
    _coherence(view)
    _sensitivity(view)
    section(t("methods.parameters.title"), t("methods.parameters.lead"), proposed=True)
    _parameters(t, method)


def _indicator(t: Texts, one: dict[str, Any]) -> None:
    """The handbook's facts of one indicator."""
    absent = [t(f"methods.missing.{mark}") for mark in one["missing"]]
    facts = [
        (t("methods.why"), t.pick(**one["why_it_matters"])),
        (t("methods.formula"), t.pick(**one["formula"])),
        (t("column.numerator"), t.pick(**one["numerator"])),
        (t("column.denominator"), t.pick(**one["denominator_text"])),
        (t("column.target"), _target(t, one)),
        (t("column.weight"), t.trimmed(float(one["weight"]))),
        (t("methods.missing"), t("list.semicolon").join(absent)),
        (t("methods.clause"), t.label("clause", one["clause"])),
        (t("methods.families"), t("list.comma").join(t.label("family", name) for name in one["families"])),
    ]
    heads = [Head(t("methods.fact"), css="name"), Head(t("methods.content"))]
    st.html(table(heads, facts, f"{one['code']} {t.label('indicator', one['code'])}"))


def _target(t: Texts, one: dict[str, Any]) -> str:
    target = one["target"]
    if isinstance(target, dict):
        named = [
            f"{t.label('size_class', size)} {t.value(target[size], one['unit'])}"
            for size in sorted(target, key=t.options("size_class").index)
        ]
        return t("list.semicolon").join(named)
    return t.value(float(target), one["unit"])


def _about(view: View, code: str) -> Html:
    """An indicator's code and name, leading to how it is counted."""
    name = f"{code} {view.texts.label('indicator', code)}"
    return view.link(name, "methods", "indicator", indicator=code)


def _weights(view: View, method: dict[str, Any]) -> None:
    t = view.texts
    heads = [
        Head(t("column.indicator"), css="name"),
        Head(t("column.weight"), True),
        Head("", css="part"),
        Head(t("column.target"), True),
        Head(t("methods.direction"), css="tight"),
        Head(t("methods.clause"), css="tight"),
    ]
    heaviest = max(float(one["weight"]) for one in method["indicators"])
    rows: list[tuple[str | None, ...]] = []
    for dimension in method["dimensions"]:
        rows.append(
            (
                f"{dimension['code']} {t.pick(dimension['zh'], dimension['en'])} · "
                f"{t('sources.weight', weight=t.trimmed(float(dimension['weight'])))}",
            )
        )
        rows += [
            (
                _about(view, one["code"]),
                t.trimmed(float(one["weight"])),
                share_bar(float(one["weight"]) / heaviest, ""),
                _target(t, one),
                t(f"methods.direction.{one.get('direction') or 'higher'}"),
                t.label("clause", one["clause"]),
            )
            for one in method["indicators"]
            if one["dimension"] == dimension["code"]
        ]
    st.html(table(heads, rows, t("methods.weights.title")))


def _effective(view: View) -> None:
    """What each indicator really weighs, beside what it is said to weigh."""
    t = view.texts
    section(t("methods.effective.title"), t("methods.effective.lead"), proposed=True)
    found = queries.effective_weights(view.con)
    if found.is_empty():
        st.text(t("methods.effective.none"))
        return
    chart(charts.effective_weights(found, t), "effective", t("methods.effective.title"))


def _coherence(view: View) -> None:
    t = view.texts
    section(t("methods.coherence.title"), t("methods.coherence.lead"), proposed=True)
    heads = [
        Head(t("column.check"), css="name"),
        Head(t("methods.coherence.items"), True),
        Head(t("methods.coherence.breached"), True),
        Head(t("methods.coherence.unsigned"), True),
        Head(t("methods.coherence.which")),
    ]
    codes = {one["code"] for one in view.run["methodology"]["indicators"]}

    def which(items: list[list[str]]) -> Html:
        named = [
            " × ".join(_about(view, code) if code in codes else cell(code) for code in pair) for pair in items
        ]
        return Html(cell(t("list.comma")).join(named))

    rows = [
        (
            t.label("coherence_check", one["check"]),
            t.integer(one["items_n"]),
            t.integer(one["breached_n"]),
            t.integer(one["unsigned_n"]),
            which(one["items"]) if one["items"] else DASH,
        )
        for one in queries.coherence(view.con).iter_rows(named=True)
    ]
    st.html(table(heads, rows, t("methods.coherence.title")))


def _sensitivity(view: View) -> None:
    """How much of the doubt about ranks, and about the selected set, each source brings."""
    t = view.texts
    section(t("methods.sensitivity.title"), t("methods.sensitivity.lead"), proposed=True)
    found = queries.sensitivity(view.con)
    if found.is_empty():
        st.text(t("methods.sensitivity.none"))
        return
    outputs = found["output"].unique(maintain_order=True).to_list()
    for place, output in zip(st.columns(len(outputs), gap="large"), outputs, strict=True):
        with place:
            st.html(f'<p class="fq-legend">{cell(t.label("output", output))}</p>')
            name = t("methods.sensitivity.alt", output=t.label("output", output))
            chart(charts.sobol(found.filter(found["output"] == output), t), f"sobol_{output}", name)


def _parameters(t: Texts, method: dict[str, Any]) -> None:
    heads = [Head(t("methods.parameter"), css="name"), Head(t("methods.value")), Head(t("methods.status"))]
    rows: list[tuple[str | None, ...]] = []
    block = ""
    for one in parameters(method):
        if one.block != block:
            block = one.block
            rows.append((one.block_name(t.lang),))
        mark = proposed_mark(t.lang) if one.status == PROPOSED else badge(one.status, "verdict-W")
        name = one.name(t.lang)
        if one.of:
            name = t("methods.of", name=name, of=one.of_name(t.lang) or _named(t, one.of, one.block))
        rows.append((name, _value(t, one), mark))
    st.html(table(heads, rows, t("methods.parameters.title")))


def _value(t: Texts, one: Parameter) -> str:
    if isinstance(one.value, bool):
        return t("methods.on") if one.value else t("methods.off")
    # Values of a column of the register bear that column's names: `none` is not the same of each.
    column = one.own.get("field")
    known = _codes(column, t.lang) if column and one.own.get("values") is one.value else {}
    if isinstance(one.value, list):
        return t("list.comma").join(known.get(str(v)) or _named(t, str(v)) for v in one.value) or DASH
    return t.trimmed(one.value) if isinstance(one.value, float) else _named(t, str(one.value))


@cache
def _codes(column: str, lang: str) -> dict[str, str]:
    """Code → name of a column of the register of societies."""
    return {v.code: v.en if lang == "en" else v.zh for v in load_contract("societies").field(column).enum}


def _named(t: Texts, code: str, block: str = "") -> str:
    """The name of a code of the methodology, whatever kind it is of; the code itself if it has none."""
    kinds = (DRAW_OPTION, *NAMED) if block == DRAWN else NAMED
    named = next((t.labels[kind, code] for kind in kinds if (kind, code) in t.labels), None)
    return named or _field_names(t.lang).get(code, code)


@cache
def _field_names(lang: str) -> dict[str, str]:
    """The names of the contracts' fields; of one name in several contracts the first."""
    fields = [field for contract in load_contracts().values() for field in contract.fields]
    return {field.name: field.en if lang == "en" else field.zh for field in reversed(fields)}
