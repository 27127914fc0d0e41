"""权重试算: other weights within the allowed range; nothing is stored, and it is not the assessment."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
from duckdb import DuckDBPyConnection

from dashboards import charts, gate, settings, state
from dashboards.plots import chart
from dashboards.queries import what_if as queries
from dashboards.ranges import SIGN
from dashboards.reading import ANSWERS
from dashboards.tables import Head, Html, badge, cards, cell, interval, table
from dashboards.turns import RERUNS
from dashboards.view import View, heading, run_line, section
from models.assessment.methodology.schema import Methodology
from models.assessment.what_if import Prepared, prepare, reweigh, what_if
from models.errors import FengqingError

STEP, SHOWN = 5, 50
KEPT_SECONDS = 900


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("what_if.title"), run_line(view), proposed=True)
    st.html(f'<div class="fq-banner mend" role="note"><strong><span aria-hidden="true">△</span> '
            f"{cell(t('what_if.not'))}</strong><span>{cell(t('what_if.not.text'))}</span></div>")  # fmt: skip
    # Ranks and places worked out from part of the societies would be wrong, not partial.
    if gate.permission().scope.role != "national":
        st.html(f'<p class="fq-none" role="alert">{cell(t("what_if.national"))}</p>')
        return
    try:
        methodology = queries.methodology(view.con)
        factors = _factors(view, methodology)
        now = queries.published(view.con)
        is_tried = any(factor != 1 for factor in factors.values())
        about = {code: f"{factor:.0%}" for code, factor in factors.items() if factor != 1}
        if is_tried and not gate.view_recorded(t, "what_if", view.run["run_id"], **about):
            return
        tried = _tried(view, methodology, factors) if is_tried else now
        # Withheld figures take no part in a trial: only the same without them compares.
        if is_tried and now["is_coarse"].any():
            now = _tried(view, methodology, dict.fromkeys(factors, 1.0))
    except FengqingError as error:
        st.html(f'<p class="fq-none">{cell(error.text(view.lang))}</p>')
        return
    both = now.join(tried, on="society_id", suffix="_then")
    _cards(view, both)
    _bands(view, now, tried)
    _selected(view, both)
    _moved(view, both)


def _tried(view: View, methodology: Methodology, factors: dict[str, float]) -> pl.DataFrame:
    """The run under the factors; a trial that somebody has made is kept for a while."""
    working, place = view.texts("what_if.working"), st.empty()
    shown = [0.0]

    def told(share: float) -> None:
        # A message a hundredth, not a message a block of societies.
        if share - shown[0] >= 0.01:
            shown[0] = share
            place.progress(min(share, 1.0), working)

    def make() -> tuple[pl.DataFrame, int]:
        place.progress(0.0, working)
        run = _prepared(
            view.con, view.previous, methodology, view.run["year"], view.run["run_id"],
            str(settings.load().home.root), gate.permission().scope.cases,
        )  # fmt: skip
        seed = int(view.run["manifest"]["seed"])
        tried = what_if(run, view.run["year"], reweigh(methodology, factors), seed, told)
        return tried, int(tried.estimated_size())

    key = ("what_if", view.con, view.previous, tuple(sorted(factors.items())))
    with RERUNS.give_up():
        found = ANSWERS.get(key, make)
    place.empty()
    return found


# One run at a time: with a nation it takes 300 MB, and a quarter of an hour after the last trial it goes.
@st.cache_resource(max_entries=1, ttl=KEPT_SECONDS, show_spinner=False)
def _prepared(
    _con: DuckDBPyConnection, _previous: DuckDBPyConnection | None, _methodology: Methodology, year: int,
    run_id: str, root: str, cases: bool,
) -> Prepared:  # fmt: skip
    """The run laid out for trials. Only the national scope comes here (`render`): run and cases tell all."""
    return prepare(queries.facts(_con, _previous, year), _methodology)


def _factors(view: View, methodology: Methodology) -> dict[str, float]:
    """A slider a dimension, in per cent of its weight; the URL holds what is not 100.

    They count when the button is pressed: with a nation a trial takes seconds, too long after each of seven.
    """
    t = view.texts
    spread = round(methodology.uncertainty.weight_spread * 100)
    section(t("what_if.weights"), t("what_if.weights.lead", spread=spread), proposed=True)
    found = {}
    with st.form("weights", border=False):
        places = st.columns(4) + st.columns(4)
        for place, dimension in zip(places, methodology.dimensions, strict=False):
            name = f"w{dimension.code[1:]}"
            given = state.get(name) or "100"
            start = int(given) if given.isascii() and given.isdigit() else 100
            if not (given == str(start) and 100 - spread <= start <= 100 + spread):
                state.leave_aside(t.label("dimension", dimension.code), given)
                start = 100
            with place:
                chosen = st.slider(
                    f"{dimension.code} {t.label('dimension', dimension.code)}", 100 - spread, 100 + spread,
                    start, STEP, format="%d%%", key=state.key(name),
                )  # fmt: skip
            state.put(name, None if chosen == 100 else str(chosen))
            found[dimension.code] = chosen / 100
        with places[7]:
            st.form_submit_button(t("what_if.try"), key="try_weights", type="primary")
    if st.button(t("what_if.reset"), key="reset_weights"):
        state.clear([f"w{dimension.code[1:]}" for dimension in methodology.dimensions])
        state.write()
        st.rerun()
    return found


def _cards(view: View, both: pl.DataFrame) -> None:
    t = view.texts
    rated = both.filter(pl.col("score").is_not_null())
    shift = (pl.col("rank_low_then") - pl.col("rank_low")).abs()
    gone = both.filter(pl.col("decision") == "selected", pl.col("decision_then") != "selected").height
    new = both.filter(pl.col("decision") != "selected", pl.col("decision_then") == "selected").height
    moved = rated.select((pl.col("score_then") - pl.col("score")).abs().max()).item()
    items = [
        (t("what_if.bands"), t.integer(both.filter(pl.col("band") != pl.col("band_then")).height),
         t("what_if.bands.note", n=t.integer(rated.height))),
        (t("what_if.new"), t.integer(new), t("what_if.new.note")),
        (t("what_if.gone"), t.integer(gone), t("what_if.gone.note")),
        (t("what_if.most"), t.decimal(moved), t("what_if.most.note")),
        (t("what_if.ranks"), t.integer(rated.filter(shift > 0).height), t("what_if.ranks.note")),
    ]  # fmt: skip
    st.html(cards(items))


def _bands(view: View, now: pl.DataFrame, tried: pl.DataFrame) -> None:
    t = view.texts
    section(t("what_if.distribution"), t("what_if.distribution.lead"))
    codes = pl.DataFrame({"band": t.options("band")})

    def counted(frame: pl.DataFrame) -> pl.DataFrame:
        counts = frame.group_by("band").agg(societies_n=pl.len())
        return codes.join(counts, on="band", how="left", maintain_order="left").fill_null(0)

    names = (t("what_if.tried"), t("what_if.published"))
    chart(charts.bands(counted(tried), counted(now), names, t), "what_if", t("what_if.distribution"))


def _row(view: View, one: dict[str, Any], names: dict[str, str]) -> list[str | None]:
    t = view.texts

    def span(end: str) -> Html:
        if one[f"score{end}"] is None:
            return Html("—")
        low, high = t.decimal(one[f"low{end}"]), t.decimal(one[f"high{end}"])
        said = t("society.interval", low=low, high=high)
        scale = interval(one[f"score{end}"], one[f"low{end}"], one[f"high{end}"], said)
        score = SIGN if one.get(f"is_coarse{end}") else t.score(one[f"score{end}"])
        return Html(f"{scale}<small>{score} ({low}–{high})</small>")

    def ranks(end: str) -> str:
        return "—" if one[f"rank_low{end}"] is None else t.span(one[f"rank_low{end}"], one[f"rank_high{end}"])

    def pair(kind: str, css: str) -> Html:
        marks = [badge(t.label(kind, one[f"{kind}{end}"]), f"{css}{one[f'{kind}{end}']}")
                 for end in ("", "_then")]  # fmt: skip
        return marks[0] if one[kind] == one[f"{kind}_then"] else Html(f"{marks[0]} → {marks[1]}")

    code = one["society_id"]
    return [
        view.link(names[code], "society", society=code), span(""), span("_then"),
        f"{ranks('')} → {ranks('_then')}", pair("band", "band-"), pair("decision", ""),
    ]  # fmt: skip


def _table(view: View, found: pl.DataFrame, title: str) -> None:
    t = view.texts
    if found.is_empty():
        st.html(f'<p class="fq-none">{cell(t("what_if.nobody"))}</p>')
        return
    names = queries.names(view.con, found["society_id"].to_list())
    heads = [Head(t("column.society"), css="name"), Head(t("what_if.published"), css="bar"),
             Head(t("what_if.tried"), css="bar"), Head(t("column.peer_rank")), Head(t("column.band")),
             Head(t("column.decision"))]  # fmt: skip
    st.html(table(heads, [_row(view, one, names) for one in found.iter_rows(named=True)], title))


def _selected(view: View, both: pl.DataFrame) -> None:
    t = view.texts
    section(t("what_if.selected"), t("what_if.selected.lead"))
    either = both.filter((pl.col("decision") == "selected") | (pl.col("decision_then") == "selected"))
    is_same = pl.col("decision") == pl.col("decision_then")
    _table(view, either.sort(is_same, "society_id").head(SHOWN), t("what_if.selected"))


def _moved(view: View, both: pl.DataFrame) -> None:
    t = view.texts
    section(t("what_if.moved"), t("what_if.moved.lead", n=SHOWN))
    changed = both.filter(pl.col("band") != pl.col("band_then"))
    order = (pl.col("score_then") - pl.col("score")).abs()
    _table(view, changed.sort(order, "society_id", descending=[True, False]).head(SHOWN), t("what_if.moved"))
