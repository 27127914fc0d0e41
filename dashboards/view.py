"""What the pages share: the session's connection and run, headings, tables, charts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import streamlit as st
from duckdb import DuckDBPyConnection

from dashboards import gate, settings, state
from dashboards.filters import COLUMNS, Filters
from dashboards.i18n import LANGUAGES, Lang, Texts, lasting_labels
from dashboards.navigation import TASK_PAGES
from dashboards.queries import run as run_queries
from dashboards.reading import Reader, reader
from dashboards.tables import Html, badge, cell
from models.clock import in_beijing
from models.errors import FengqingError
from models.home import Home
from models.publication import figures
from models.publication.snapshot import current, list_runs, resolve

# The mark of whatever the notice does not set; its Chinese wording is the one that the methodology uses.
PROPOSED = "本项目建议值"
LANGUAGE_NAMES: dict[str, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True)
class View:
    """One rerun of a page: its connection, the run it shows, its words.

    `con` and `previous` are readers (`dashboards.reading`), which answer `sql` as a connection does.
    """

    con: DuckDBPyConnection
    run: dict[str, Any]
    texts: Texts
    previous: DuckDBPyConnection | None
    filters: Filters

    @cached_property
    def shared(self) -> dict[str, str]:
        """The parameters that go along to every page, as they stand when the first link is drawn."""
        return state.shared()

    @property
    def lang(self) -> Lang:
        """The language of the page."""
        return self.texts.lang

    def href(self, page: str, at: str = "", **parameters: str | None) -> str:
        """The address of a page with this view's run, filters and language; `at`: the section's anchor."""
        given = {name: value for name, value in parameters.items() if value}
        query = urlencode({**self.shared, **given})
        return (f"{page}?{query}" if query else page) + (f"#{at}" if at else "")

    def link(self, text: str, page: str, at: str = "", **parameters: str | None) -> Html:
        """A link to a page; `text` is data."""
        return Html(f'<a href="{cell(self.href(page, at, **parameters))}" target="_self">{cell(text)}</a>')

    def figures(self, text: str, indicator: str) -> Html:
        """A link to every society's figure of an indicator, on the page of its task."""
        dimensions = {one["code"]: one["dimension"] for one in self.run["methodology"]["indicators"]}
        return self.link(text, TASK_PAGES[dimensions[indicator]], "lowest", of=indicator)

    def why(self, text: str, society_id: str, indicator: str | None = None) -> Html:
        """A figure that leads to where it comes from: the society's profile, or one of its indicators."""
        page = self.href("society", "sources" if indicator else "", society=society_id, indicator=indicator)
        return Html(f'<a class="fq-why" href="{cell(page)}" target="_self">{cell(text)}</a>')


def language() -> Lang:
    """The language that the URL asks for."""
    return "en" if state.get("lang") == "en" else "zh"


def choose_language() -> Lang:
    """Take over the URL, then draw the language switch; `lang=en` in the URL."""
    state.begin()
    start = language()
    with st.sidebar:
        chosen = st.segmented_control(
            "语言 Language", LANGUAGES, default=start, format_func=LANGUAGE_NAMES.__getitem__,
            key=f"lang_{state.turn()}", label_visibility="collapsed", required=True,
        )  # fmt: skip
    lang = cast(Lang, chosen or "zh")
    state.put("lang", "en" if lang == "en" else None)
    return lang


def open_view(texts: Texts) -> View | None:
    """The view of the run chosen; None when nothing has been published."""
    known = settings.load()
    years = current(known.home).get("years", {})
    if not years:
        return None
    if known.run_id:
        run_id = resolve(known.home, known.run_id)
    else:
        year = _choose_year(sorted(years, reverse=True), texts)
        run_id = _choose_run(year, years[year], texts)
    found = _reader(run_id)
    con = cast(DuckDBPyConnection, found)
    run = found.fact("run", lambda: run_queries.run(con))
    previous = None if run["previous_run_id"] is None else _previous(run["previous_run_id"], texts)
    named = found.fact(("texts", texts.lang), lambda: _named(texts, con, run))
    filters = Filters.of({name: state.get(url) for name, (url, *_) in COLUMNS.items()})
    return View(con, run, named, cast("DuckDBPyConnection | None", previous), filters)


def _previous(run_id: str, texts: Texts) -> Reader | None:
    """Last year's run to compare with; None, and a line that says why, where it cannot be read."""
    try:
        return _reader(run_id)
    except FengqingError as error:
        with st.sidebar:
            st.html(f'<p class="fq-newer" role="status">{cell(error.text(texts.lang))}</p>')
        return None


def _named(texts: Texts, con: DuckDBPyConnection, run: dict[str, Any]) -> Texts:
    """The texts with the names of the run's codes; those of merged peer groups say what was merged."""
    limits = figures.limits(run["methodology"])
    said = run_queries.labels(con, texts.lang)
    # What no run can rename is named in runs of older versions, too.
    lasting = {key: name for key, name in lasting_labels(texts.lang).items() if key not in said}
    t = Texts(texts.lang, {**said, **lasting}, limits)
    named = dict(t.labels)
    for group, kind, codes in run_queries.merged_groups(con, run["methodology"]["peer_groups"]["variables"]):
        members = [t.label(kind, code) for code in t.options(kind) if code in codes]
        if members:
            named["peer_group", group] = t(
                "peer_group.merged", name=t.label("peer_group", group), members=t("list.comma").join(members)
            )
    return replace(t, labels=named)


def _choose_year(years: list[str], texts: Texts) -> str:
    asked = (state.get("run") or "").partition("-")[0]
    if asked in years and state.get("year") is None:
        # The latest year stands in no URL, and another may be the latest by the time a link is followed.
        state.put("year", asked)
    with st.sidebar:
        chosen = state.pick("year", texts("sidebar.year"), years, str, default=years[0])
    return chosen or years[0]


def _choose_run(year: str, now: str, texts: Texts) -> str:
    """The run looked at: the URL's, else the year's current one. A session stays on it until it is told.

    The URL always names it, so that a link opens the same view when another run has been published.
    """
    names = _names(year)
    pinned = st.session_state.setdefault("pinned_runs", {})
    asked = state.get("run")
    if asked and asked not in names:
        # Of another year: the year has just been changed. Of none: the address is wrong, and is told so.
        if asked not in _names("*"):
            state.leave_aside(texts("sidebar.run"), asked)
        state.put("run", None)
    begun: str = asked if asked in names else pinned.setdefault(year, now)
    chosen = begun
    with st.sidebar:
        note = st.container()
        if len(names) > 1:
            known = {one["run_id"]: one for one in runs_of_year(int(year))}
            chosen = state.pick(
                "run", texts("sidebar.run"), list(known),
                lambda run: _when(known[run], texts), default=begun,
            ) or begun  # fmt: skip
        if chosen != now:
            with note:
                st.html(f'<p class="fq-newer" role="status">{cell(texts("sidebar.newer"))}</p>')
                if st.button(texts("sidebar.change"), key="newer_run"):
                    state.clear(["run"])
                    state.put("run", now)
                    state.write()
                    st.rerun()
    state.put("run", chosen)
    pinned[year] = chosen
    return chosen


def _when(run: dict[str, Any], texts: Texts) -> str:
    """A run by the time it was published at, or as one that cannot be read; choosing that one says why."""
    if not run["is_readable"]:
        return texts("sidebar.damaged", run_id=run["run_id"])
    return f"{in_beijing(run['created_at']):%m-%d %H:%M} {run['run_id']}"


def runs_of_year(year: int) -> list[dict[str, Any]]:
    """The published runs of a year, newest first, as `list_runs` gives them."""
    return _listed(str(settings.load().home.root), year, _names(str(year)))


def _names(year: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in settings.load().home.snapshots.glob(f"{year}-*.duckdb")))


@st.cache_data(max_entries=32, show_spinner=False)
def _listed(root: str, year: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read anew when a run is added: `names` are part of the key."""
    return [one for one in list_runs(Home(Path(root)), year) if one["run_id"] in names]


def connection(run_id: str) -> DuckDBPyConnection:
    """Another run, as this session may see it. Raises FengqingError where it cannot be read."""
    return cast(DuckDBPyConnection, _reader(run_id))


def _reader(run_id: str) -> Reader:
    """The run as this session may see it: asked for at every rerun, so that nothing outlives a permission."""
    return reader(settings.load().home, run_id, gate.permission().scope)


def proposed_mark(lang: Lang) -> Html:
    """The mark 本项目建议值, in the reader's language."""
    t = Texts(lang)
    return badge(t("proposed.mark"), "proposed", PROPOSED)


def heading(title: str, lead: str, proposed: bool = False) -> None:
    """A page's or section's title with a line below it; `proposed` adds the 本项目建议值 mark."""
    mark = f" {proposed_mark(language())}" if proposed else ""
    st.html(f'<header class="fq-head"><h1>{cell(title)}{mark}</h1><p>{cell(lead)}</p></header>')


def section(title: str, lead: str = "", proposed: bool = False, anchor: str = "", body: str = "") -> None:
    """A section's title, and `body` (HTML) below it in the same element; links lead to its `anchor`."""
    mark = f" {proposed_mark(language())}" if proposed else ""
    note = f"<p>{cell(lead)}</p>" if lead else ""
    name = f' id="{anchor}"' if anchor else ""
    st.html(f'<header class="fq-section"{name}><h2>{cell(title)}{mark}</h2>{note}</header>{body}')


def is_for_nation_only(t: Texts) -> bool:
    """Whether a part of the page is not this reader's; then it says so: that is not the same as no record."""
    if gate.permission().scope.role == "national":
        return False
    st.html(f'<p class="fq-none" role="alert">{cell(t("scope.nation_only"))}</p>')
    return True


def tell_rows_left_out(t: Texts) -> None:
    """Say below sums of rows that they may be lower than a case officer's."""
    if not gate.permission().scope.cases:
        st.html(f'<p class="fq-legend">{cell(t("rows.without_cases"))}</p>')


def tell_left_aside(t: Texts, place: Any) -> None:
    """Say in `place` which parts of the address did not apply."""
    aside = [t("filter.word", name=title, value=value) for title, value in state.left_aside()]
    if aside:
        told = t("address.left_aside", parts=t("list.semicolon").join(aside))
        place.html(f'<p class="fq-none" role="alert">{cell(told)}</p>')


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
