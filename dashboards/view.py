"""What the pages share: the session's connection and run, headings, tables, charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import streamlit as st
from duckdb import DuckDBPyConnection

from dashboards import access, charts, settings, snapshot
from dashboards.i18n import LANGUAGES, Lang, Texts
from dashboards.tables import badge, cell
from models.publication.snapshot import current, resolve

PROPOSED = "本项目建议值"
NATIONAL = access.Scope()
LANGUAGE_NAMES: dict[str, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True)
class View:
    """One rerun of a page: its connection, the run it shows, its words."""

    con: DuckDBPyConnection
    run: dict[str, Any]
    texts: Texts
    previous: DuckDBPyConnection | None

    @property
    def lang(self) -> Lang:
        """The language of the page."""
        return self.texts.lang


def choose_language() -> Lang:
    """The language switch; `?lang=en` in the URL.

    Not bound to the URL by Streamlit, which would write the label (English) instead of the code.
    """
    if "lang" not in st.session_state:
        st.session_state["lang"] = "en" if st.query_params.get("lang") == "en" else "zh"
    with st.sidebar:
        chosen = st.segmented_control(
            "语言 Language", LANGUAGES, format_func=LANGUAGE_NAMES.__getitem__, key="lang",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
    lang = cast(Lang, chosen or "zh")
    # Streamlit drops what it does not know from the URL at every change of page.
    if lang == "en":
        st.query_params["lang"] = "en"
    elif "lang" in st.query_params:
        del st.query_params["lang"]
    return lang


def open_view(texts: Texts) -> View | None:
    """The view of the run chosen; None when nothing has been published."""
    known, fixed = settings.load(), settings.load().run_id
    years = current(known.home).get("years", {})
    if not years:
        return None
    run_id = resolve(known.home, fixed) if fixed else years[_choose_year(sorted(years, reverse=True), texts)]
    con = _connection(run_id)
    run = snapshot.run(con)
    previous = None if run["previous_run_id"] is None else _connection(run["previous_run_id"])
    named = Texts(texts.lang, snapshot.labels(con, texts.lang))
    return View(con, run, _with_merged(named, con, run), previous)


def _with_merged(t: Texts, con: DuckDBPyConnection, run: dict[str, Any]) -> Texts:
    """The names of merged peer groups say what was merged."""
    named = dict(t.labels)
    for group, kind, codes in snapshot.merged_groups(con, run["methodology"]["peer_groups"]["variables"]):
        members = [t.label(kind, code) for code in t.options(kind) if code in codes]
        if members:
            named["peer_group", group] = t(
                "peer_group.merged", name=t.label("peer_group", group), members=t("list.comma").join(members)
            )
    return Texts(t.lang, named)


def _choose_year(years: list[str], texts: Texts) -> str:
    with st.sidebar:
        chosen = st.selectbox(texts("sidebar.year"), years, key="year", bind="query-params")
    return chosen or years[0]


def _connection(run_id: str) -> DuckDBPyConnection:
    """A cursor on this session's connection to a run (reruns come on different threads)."""
    held = st.session_state.setdefault("connections", {})
    if run_id not in held:
        held[run_id] = access.connect(settings.load().home, run_id, NATIONAL)
    return cast(DuckDBPyConnection, held[run_id].cursor())


def heading(title: str, lead: str, proposed: bool = False) -> None:
    """A page's or section's title with a line below it; `proposed` adds the 本项目建议值 mark."""
    mark = f" {badge(PROPOSED, 'proposed')}" if proposed else ""
    st.html(f'<header class="fq-head"><h1>{cell(title)}{mark}</h1><p>{cell(lead)}</p></header>')


def section(title: str, lead: str = "", proposed: bool = False) -> None:
    """A section's title."""
    mark = f" {badge(PROPOSED, 'proposed')}" if proposed else ""
    note = f"<p>{cell(lead)}</p>" if lead else ""
    st.html(f'<header class="fq-section"><h2>{cell(title)}{mark}</h2>{note}</header>')


def chart(figure: Any, key: str, alt: str) -> None:
    """A Plotly figure with our fonts and without its maker's services."""
    st.plotly_chart(figure, width="stretch", theme=None, config=charts.CONFIG, key=key, alt=alt)


def run_line(view: View) -> str:
    """Which run this is, in a line."""
    manifest = view.run["manifest"]["methodology"]
    return view.texts(
        "run.line",
        year=view.run["year"],
        run_id=view.run["run_id"],
        version=f"{manifest['id']} {manifest['version']}",
        published=view.texts.moment(view.run["created_at"]),
    )
