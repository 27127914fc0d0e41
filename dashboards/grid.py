"""One table for screen and download: a listing and its columns, paged on the server; xlsx and csv."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from dashboards import filterbar, state
from dashboards.gate import recorded
from dashboards.queries.base import Listed
from dashboards.tables import Head, breakable, table
from dashboards.view import PROPOSED, View
from models.publication.sheets import Column, Sheet, csv_bytes, lay_out, workbook_bytes

if TYPE_CHECKING:
    from dashboards.i18n import Texts

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = 200
NUMBERS = ("integer", "line", "number", "score", "share", "points")
# Kinds that differ on the screen only → what they are in a file.
IN_FILE = {"label": "text", "labels": "text", "file": "text", "line": "integer"}
WIDTHS = {
    "integer": 9, "line": 9, "number": 10, "score": 9, "share": 9, "points": 9, "date": 12, "code": 21,
    "label": 14, "labels": 24, "text": 24, "file": 24,
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Col:
    """A column: its key in the listing, title, kind, and how a cell is drawn where plain text will not do.

    `kind`: text, code, file (its name), label (named by `labels`), labels (a list of them), integer, line (a
    number that is not counted with), number, score (0–100), share (0–1), points (a signed difference), date.
    `draw` gets the row; the download takes the value itself, typed. `is_part`: drawn within another column, a
    column of its own in the file.
    """

    key: str
    title: str
    kind: str = "text"
    labels: str = ""
    draw: Callable[[Row], str | None] | None = None
    css: str = ""
    is_part: bool = False
    width: float | None = None

    @property
    def head(self) -> Head:
        """The heading on the screen."""
        css = f"{self.css} {self.kind}".strip() if self.kind in {"date", "file"} else self.css
        return Head(self.title, self.kind in NUMBERS, css)


def show(t: Texts, column: Col, value: Any) -> str | None:
    """A value as the screen says it."""
    if value is None:
        return "—"
    if column.kind == "label":
        return t.label(column.labels, value)
    if column.kind == "labels":
        return t("list.comma").join(t.label(column.labels, one) for one in value) or "—"
    written: dict[str, Callable[[Any], str]] = {
        "file": breakable,
        "integer": t.integer, "number": t.trimmed, "score": t.score, "share": t.percent,
    }  # fmt: skip
    return written.get(column.kind, str)(value)


def grid(  # noqa: PLR0913 - what a table is
    view: View,
    name: str,
    title: str,
    columns: Sequence[Col],
    listing: Listed,
    *,
    rows: int = ROWS,
    none: str | None = None,
) -> None:
    """Draw a listing as a table, page by page, with its downloads; `none` is said when it is empty."""
    t = view.texts
    found, total = listing.first(view.con, rows)
    if total == 0:
        st.html(f'<p class="fq-none">{none or t("grid.none")}</p>')
        return
    pages = ceil(total / rows)
    with st.container(key=f"grid_{name}", horizontal=True, vertical_alignment="bottom"):
        at = state.number(f"p_{name}", t("page.label", pages=t.integer(pages)), pages) if pages > 1 else 1
        start = (at - 1) * rows
        if start:
            found = listing.page(view.con, start, rows)
        last = t.integer(start + found.height)
        st.html(
            f'<p class="fq-rows">'
            f"{t('page.rows', first=t.integer(start + 1), last=last, total=t.integer(total))}</p>"
        )
        downloads(view, name, title, columns, listing)
    drawn = [column for column in columns if not column.is_part]
    st.html(table([c.head for c in drawn], _cells(t, drawn, found.iter_rows(named=True)), title))


def _cells(t: Texts, columns: Sequence[Col], rows: Iterable[Row]) -> Iterable[list[str | None]]:
    for one in rows:
        yield [c.draw(one) if c.draw else show(t, c, one[c.key]) for c in columns]


def downloads(view: View, name: str, title: str, columns: Sequence[Col], listing: Listed) -> None:
    """The two buttons; a file is made when it is asked for."""
    t = view.texts
    made = partial(_sheets, view, title, columns, listing)
    file_name = f"{title}_{view.run['run_id']}"
    about = listing.about
    st.download_button(
        t("download.xlsx"),
        recorded(
            lambda: workbook_bytes(made(), title, view.run["created_at"], view.lang),
            f"{name}.xlsx",
            view.run["run_id"],
            **about,
        ),
        file_name=f"{file_name}.xlsx",
        mime=XLSX,
        key=f"xlsx_{name}",
        on_click="ignore",
        type="tertiary",
        help=t("download.screen"),
    )
    st.download_button(
        t("download.csv"),
        recorded(lambda: csv_bytes(made()[0], view.lang), f"{name}.csv", view.run["run_id"], **about),
        file_name=f"{file_name}.csv",
        mime="text/csv",
        key=f"csv_{name}",
        on_click="ignore",
        type="tertiary",
        help=t("download.screen"),
    )


def _sheets(view: View, title: str, columns: Sequence[Col], listing: Listed) -> list[Sheet]:
    # By the reader: a connection of its own would read the tables in memory anew for every file.
    frame = listing.all(view.con)
    laid = tuple(Column(c.key, c.title, c.title, _kind(c), c.width or WIDTHS[c.kind]) for c in columns)
    named = frame.select(_named(view.texts, c, frame[c.key]) for c in columns)
    return [lay_out(_sheet_name(title), laid, named), notes(view, title, frame.height)]


def _kind(column: Col) -> str:
    return IN_FILE.get(column.kind, column.kind)


def _named(t: Texts, column: Col, values: pl.Series) -> pl.Series:
    """Codes become names; lists become text."""
    if column.kind not in {"label", "labels"}:
        return values.alias(column.key)
    texts = [None if value is None else show(t, column, value) for value in values]
    return pl.Series(column.key, texts, dtype=pl.String)


def _sheet_name(title: str) -> str:
    return "".join("_" if sign in "[]:*?/\\" else sign for sign in title)[:31]


def notes(view: View, title: str, rows: int) -> Sheet:
    """What was downloaded: table, run, method, filters, and that the parameters are proposals."""
    t, manifest = view.texts, view.run["manifest"]["methodology"]
    lines = [
        (t("notes.table"), title),
        (t("notes.rows"), t.integer(rows)),
        (t("notes.filters"), "；".join(filterbar.describe(view, view.filters)) or t("filter.none")),
        (t("notes.run"), view.run["run_id"]),
        (t("notes.year"), str(view.run["year"])),
        (t("notes.method"), f"{manifest['id']} {manifest['version']}"),
        (t("notes.published"), t.moment(view.run["created_at"])),
        (PROPOSED, t("notes.proposed")),
    ]
    frame = pl.DataFrame(lines, schema=["item", "content"], orient="row")
    laid = (Column("item", t("notes.item"), t("notes.item"), "text", 18),
            Column("content", t("notes.content"), t("notes.content"), "text", 80))  # fmt: skip
    return lay_out(t("notes.sheet"), laid, frame)
