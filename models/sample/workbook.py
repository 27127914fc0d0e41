"""The society's workbook as a grid of cells that the mess can touch, and its writing with XlsxWriter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from data_contracts.contract import Contract, Field, load_contracts
from models.sample.words import layout

CREATED = datetime(2020, 1, 1)  # fixed, so that the same content gives the same bytes
A4 = 9  # the spreadsheet format's number for the paper
COVER_FAMILY = "annual_reports"
HEADER_ROW = 5  # 1-based row where the header begins: after the title (1–3) and the unit line (4)
HeaderStyle = Literal["normal", "three", "unmerged", "alias", "destroyed"]
LineKind = Literal["data", "inserted"]


@dataclass(frozen=True)
class ErrorCell:
    """A formula that ended in an error such as #REF!."""

    text: str


@dataclass
class Line:
    """One row under the header: data, or something that slipped in between."""

    kind: LineKind
    values: list[Any]
    hidden: bool = False


@dataclass
class Grid:
    """One table sheet."""

    family: str
    sheet: str
    fields: tuple[Field, ...]
    lines: list[Line]
    total: list[Any] | None
    style: HeaderStyle = "normal"
    headers: list[str] = field(default_factory=list)

    @property
    def first_row(self) -> int:
        """1-based row of the first line under the header."""
        return HEADER_ROW + (3 if self.style == "three" else 2)

    def copy(self) -> Grid:
        """A grid whose cells can be changed without changing this one's."""
        lines = [Line(line.kind, list(line.values), line.hidden) for line in self.lines]
        total = None if self.total is None else list(self.total)
        return replace(self, lines=lines, total=total, headers=list(self.headers))

    def row_of(self, k: int) -> int:
        """1-based row number of line k."""
        return self.first_row + k

    def data(self) -> list[int]:
        """Positions of the lines that are data."""
        return [k for k, line in enumerate(self.lines) if line.kind == "data"]


@dataclass
class Book:
    """One workbook: the cover's values by field name, and the grids in the order of the sheets."""

    soc: int
    society_id: str
    name: str
    year: int
    file: str
    cover: dict[str, Any]
    grids: list[Grid]

    def copy(self) -> Book:
        """A book that can be changed without changing this one."""
        return replace(self, cover=dict(self.cover), grids=[grid.copy() for grid in self.grids])


@cache
def families() -> dict[str, Contract]:
    """Families that stand in the workbook, by sheet name, in sheet order."""
    by_sheet = {sheet: c for c in load_contracts().values() if "society" in c.origins for sheet in c.sheets}
    return {sheet: by_sheet[sheet] for sheet in layout()["sheets"] if sheet in by_sheet}


@cache
def sheet_fields(family: str) -> tuple[Field, ...]:
    """Columns of the family's sheet: all fields but the cover's."""
    return tuple(f for f in load_contracts()[family].fields if not f.from_cover)


@cache
def cover_fields() -> tuple[Field, ...]:
    """Fields of the cover, in order."""
    return tuple(f for f in load_contracts()[COVER_FAMILY].fields if f.from_cover)


def make_grid(family: str, sheet: str, rows: list[list[Any]]) -> Grid:
    """A grid with a total under its numeric columns."""
    fields = sheet_fields(family)
    return Grid(family, sheet, fields, [Line("data", row) for row in rows], _total(fields, rows), "normal",
                [f.zh for f in fields])  # fmt: skip


def _total(fields: tuple[Field, ...], rows: list[list[Any]]) -> list[Any] | None:
    numeric = [f.kind in ("integer", "number") for f in fields]
    if not rows or not any(numeric):
        return None
    sums = [
        sum(v for row in rows if isinstance(v := row[k], int | float)) if is_number else None
        for k, is_number in enumerate(numeric)
    ]
    return [layout()["total_label"], *sums[1:]]  # the label takes the first cell, whatever it holds


def write_book(book: Book, inbox: Path) -> None:
    """Write the workbook to inbox/book.file; the same book gives the same bytes."""
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(inbox / book.file), options) as target:
        target.set_properties({"created": CREATED})
        formats = _formats(target)
        grids = {grid.sheet: grid for grid in book.grids}
        for sheet in layout()["sheets"]:
            page = target.add_worksheet(sheet)
            page.set_paper(A4)
            page.fit_to_pages(1, 0)
            if sheet == layout()["cover_sheet"]:
                _write_cover(page, book, formats)
            else:
                _write_grid(page, grids[sheet], book, formats)


def _formats(target: Any) -> dict[str, Any]:
    box = {"border": 1, "valign": "vcenter"}
    return {
        "title": target.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "unit": target.add_format({"align": "left", "valign": "vcenter"}),
        "head": target.add_format(
            {**box, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#DDE7F0"}
        ),
        "cell": target.add_format({**box, "align": "left"}),
        "number": target.add_format(box),
        "date": target.add_format({**box, "num_format": "yyyy-mm-dd"}),
        "total": target.add_format({**box, "bold": True}),
        "note": target.add_format({"italic": True}),
    }


def _write_cover(page: Any, book: Book, formats: dict[str, Any]) -> None:
    rows = layout()["title_rows"]
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 46)
    page.merge_range(0, 0, rows - 1, 1, _title(book), formats["title"])
    for k, f in enumerate(cover_fields()):
        page.write_string(rows + k, 0, f.zh, formats["head"])
        _write(page, rows + k, 1, book.cover[f.name], formats)


def _title(book: Book) -> str:
    return str(layout()["title"]).format(year=book.year)


def _write_grid(page: Any, grid: Grid, book: Book, formats: dict[str, Any]) -> None:
    width = len(grid.fields)
    page.set_landscape()
    for k, f in enumerate(grid.fields):
        page.set_column(k, k, _width(f))
    page.merge_range(0, 0, layout()["title_rows"] - 1, width - 1, _title(book), formats["title"])
    unit = str(layout()["unit_line"]).format(name=book.name)
    page.merge_range(HEADER_ROW - 2, 0, HEADER_ROW - 2, width - 1, unit, formats["unit"])
    _write_header(page, grid, formats)
    page.freeze_panes(grid.first_row - 1, 1)
    for k, line in enumerate(grid.lines):
        row = grid.row_of(k) - 1
        for column, value in enumerate(line.values):
            _write(page, row, column, value, formats)
        if line.hidden:
            page.set_row(row, None, None, {"hidden": True})
    row = grid.first_row - 1 + len(grid.lines)
    if grid.total is not None:
        for column, value in enumerate(grid.total):
            if value is None or isinstance(value, str):
                page.write_string(row, column, value or "", formats["total"])
            else:
                page.write_number(row, column, value, formats["total"])
        row += 1
    for note in layout()["notes"]:
        page.write_string(row, 0, note, formats["note"])
        row += 1


def _write_header(page: Any, grid: Grid, formats: dict[str, Any]) -> None:
    top, leaf = grid.first_row - 3, grid.first_row - 2
    head = formats["head"]
    if grid.style == "three":
        page.merge_range(HEADER_ROW - 1, 0, HEADER_ROW - 1, len(grid.fields) - 1, grid.sheet, head)
    start = 0
    for stop in range(1, len(grid.fields) + 1):
        group = grid.fields[start].header_group
        if stop < len(grid.fields) and group is not None and grid.fields[stop].header_group == group:
            continue
        if group is None or grid.style == "destroyed":
            for k in range(start, stop):
                if grid.style == "unmerged":
                    page.write_string(leaf, k, grid.headers[k], head)
                else:
                    page.merge_range(top, k, leaf, k, grid.headers[k], head)
        else:
            if grid.style == "unmerged" or stop - start == 1:
                page.write_string(top, start, group, head)
            else:
                page.merge_range(top, start, top, stop - 1, group, head)
            for k in range(start, stop):
                page.write_string(leaf, k, grid.headers[k], head)
        start = stop


@cache
def _width(f: Field) -> int:
    if f.kind == "string" and not f.enum and (f.max_length or 0) >= 200:
        return 34
    return 30 if f.kind == "array" else max(12, 2 * len(f.zh) + 2)


def _write(page: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> None:
    if value is None:
        page.write_blank(row, column, None, formats["cell"])
    elif isinstance(value, str):
        page.write_string(row, column, value, formats["cell"])
    elif isinstance(value, int | float):
        page.write_number(row, column, value, formats["number"])
    elif isinstance(value, date):
        page.write_datetime(row, column, value, formats["date"])
    else:
        page.write_formula(row, column, "=" + value.text, formats["cell"], value.text)
