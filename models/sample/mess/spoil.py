"""Spoil a society's workbook at a given rate: what is to be written, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from models.sample.mess.cells import CELLS, CellInjector, Unfit
from models.sample.mess.files import KINDS, LATE, CoverInjector
from models.sample.mess.record import Defect, Scope, Verdict, shown
from models.sample.mess.rows import ROWS, RowInjector
from models.sample.mess.sheets import SHEETS, SheetInjector
from models.sample.words import words
from models.sample.workbook import Book, Grid, cover_fields

# Shares as parts of the rate: rows with something harmless, rows refused, spoilt sheets a file, spoilt files.
HARMLESS, REFUSED, SHEET, FILE = 1.0, 0.25, 0.35, 1 / 3
OFTENER = {"investigations": 4.0}  # refused rows of families too small to show their defects otherwise
CORRECTED = 0.5  # refused workbooks that come back right
ATTEMPTS = 12  # tries to find a defect that a row can carry


@dataclass
class Spoilt:
    """The workbooks to write, the defects, and whether and for which sessions the rosters are orphaned."""

    books: list[Book]
    defects: list[Defect] = field(default_factory=list)
    orphans_all: bool = False
    orphan_sessions: set[str] = field(default_factory=set)


def spoil(book: Book, rate: float, former: str, kind: int | None, rng: np.random.Generator) -> Spoilt:
    """Inject defects into the workbook.

    `former` is the society's old name or ""; `kind` says how the whole file is spoilt (KINDS), if it is.

    The workbook given is left as it is where a clean copy is sent later.
    """
    if rate <= 0:
        return Spoilt([book])
    if kind is not None:
        how = KINDS[kind]
        return _twice(book, how) if isinstance(how, str) else _cover(book, how, rng)
    clean = book.copy()
    defects: list[Defect] = []
    if former and rng.random() < min(1.0, 5 * rate):
        book.cover["name"] = former
        defects.append(_defect(book, None, None, "name", "D11", "W", "cell", clean.name, former))
    for grid in book.grids:
        if rng.random() < rate * SHEET:
            defects += _sheet(book, grid, rng)
        if grid.style != "destroyed":
            defects += _rows(book, grid, rate, rng)
    refused = [d for d in defects if d.verdict in "RQ"]
    lost = {d.row for d in refused if d.scope == "cell" and d.sheet == _sheet_of(book, "education_sessions")}
    sessions = _session_ids(clean, book, lost)
    in_sheet = any(g.family == "education_attendance" and g.lines for g in book.grids)
    if refused and not (sessions and in_sheet) and rng.random() < CORRECTED:
        return Spoilt([book, _corrected(clean)], defects)
    for grid in book.grids:
        if grid.family == "education_attendance" and sessions:
            defects += _orphans(book, grid, sessions, {d.row for d in refused if d.sheet == grid.sheet})
    return Spoilt([book], defects, orphan_sessions=sessions)


def _cover(book: Book, injector: CoverInjector, rng: np.random.Generator) -> Spoilt:
    clean = book.copy()
    book.cover[injector.field] = injector.make(rng, book)
    defect = _defect(
        book, None, None, injector.field, injector.defect, injector.verdict, "file",
        shown(clean.cover[injector.field]), shown(book.cover[injector.field]),
    )  # fmt: skip
    if rng.random() < CORRECTED:
        return Spoilt([book, _corrected(clean)], [defect])
    return Spoilt([book], [defect], orphans_all=True)


def _twice(book: Book, how: str) -> Spoilt:
    """The same revision again with one figure changed, or an older revision that arrives late."""
    again = book.copy()
    grid = next(g for g in again.grids if g.family == "annual_reports")
    at = next(k for k, f in enumerate(grid.fields) if f.name == "branches")
    values = grid.lines[0].values
    original = values[at]
    values[at] = (original or 0) + 1
    again.file = _file(how, again)
    if how == LATE:
        book.cover["revision"] += 1
        book.file = _file("workbook", book)
    defect = _defect(
        again, grid.sheet, grid.row_of(0), "branches", "D40", "W", "file", shown(original), shown(values[at])
    )
    return Spoilt([book, again], [defect])


def _corrected(clean: Book) -> Book:
    clean.cover["revision"] += 1
    clean.cover["filled_on"] += timedelta(days=15)
    clean.file = _file("workbook", clean)
    return clean


def _file(kind: str, book: Book) -> str:
    revision = book.cover["revision"]
    name = words()["files"][kind].format(society_id=book.society_id, year=book.year, revision=revision)
    folder = "" if kind == "workbook" else words()["late_folder"] + "/"
    return f"{book.year}/{folder}{name}"


def _sheet(book: Book, grid: Grid, rng: np.random.Generator) -> list[Defect]:
    fitting = [i for i in SHEETS if i.fits(grid)]
    if not fitting:
        return []
    injector: SheetInjector = fitting[_choose(rng, fitting)]
    change = injector.make(rng, grid)
    return [
        _defect(book, grid.sheet, change.row, None, injector.defect, injector.verdict, injector.scope,
                change.original, change.injected)
    ]  # fmt: skip


def _rows(book: Book, grid: Grid, rate: float, rng: np.random.Generator) -> list[Defect]:
    positions = grid.data()
    draws = rng.random(len(positions))
    found: list[Defect] = []
    for k, draw in zip(positions, draws, strict=True):
        if draw < rate * HARMLESS:
            wanted = "AW"
        elif draw < rate * (HARMLESS + REFUSED * OFTENER.get(grid.family, 1.0)):
            wanted = "RQ"
        else:
            continue
        found += _row(book, grid, k, wanted, rng)
    return found


def _row(book: Book, grid: Grid, k: int, wanted: str, rng: np.random.Generator) -> list[Defect]:
    """One defect of the wanted verdicts in line k, of a kind drawn by weight among those it can carry."""
    everything: tuple[CellInjector | RowInjector, ...] = (*CELLS, *ROWS)
    pool = [i for i in everything if i.verdict in wanted and _suits(i, grid.family)]
    values = grid.lines[k].values
    names = [f.name for f in grid.fields]
    for _ in range(ATTEMPTS):
        injector = pool[_choose(rng, pool)]
        try:
            name, written = _change(rng, injector, grid, values)
        except Unfit:
            continue
        at = names.index(name)
        original, values[at] = values[at], written
        return [
            _defect(book, grid.sheet, grid.row_of(k), name, injector.defect, injector.verdict, "cell",
                    shown(original), shown(written))
        ]  # fmt: skip
    return []


def _suits(injector: CellInjector | RowInjector, family: str) -> bool:
    return not isinstance(injector, RowInjector) or injector.families is None or family in injector.families


def _change(
    rng: np.random.Generator, injector: CellInjector | RowInjector, grid: Grid, values: list[Any]
) -> tuple[str, Any]:
    if isinstance(injector, RowInjector):
        return injector.make(rng, grid.family, dict(zip([f.name for f in grid.fields], values, strict=True)))
    places = [k for k, f in enumerate(grid.fields) if injector.fits(f, values[k])]
    if not places:
        raise Unfit
    k = places[int(rng.integers(0, len(places)))]
    return grid.fields[k].name, injector.make(rng, grid.fields[k], values[k])


def _choose(rng: np.random.Generator, injectors: Any) -> int:
    ends = np.cumsum([i.weight for i in injectors])
    return int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))


def _sheet_of(book: Book, family: str) -> str:
    return next(g.sheet for g in book.grids if g.family == family)


def _session_ids(clean: Book, book: Book, lost: set[int | None]) -> set[str]:
    """Numbers of the sessions in the lost rows, as the society meant them."""
    grid = next(g for g in book.grids if g.family == "education_sessions")
    original = next(g for g in clean.grids if g.family == "education_sessions")
    at = next(k for k, f in enumerate(grid.fields) if f.name == "session_id")
    return {original.lines[order].values[at] for order, k in enumerate(grid.data()) if grid.row_of(k) in lost}


def _orphans(book: Book, grid: Grid, sessions: set[str], marked: set[int | None]) -> list[Defect]:
    """Roster rows whose session is refused are returned with it."""
    at = next(k for k, f in enumerate(grid.fields) if f.name == "session_id")
    name = grid.fields[at].name
    found = {grid.row_of(k): grid.lines[k].values[at] for k in grid.data()}
    return [
        _defect(book, grid.sheet, row, name, "S03", "R", "row", session, None)
        for row, session in found.items()
        if session in sessions and row not in marked
    ]


def _defect(  # noqa: PLR0913, PLR0917 - the columns of mess.parquet
    book: Book, sheet: str | None, row: int | None, name: str | None, code: str, verdict: Verdict,
    scope: Scope, original: str | None, injected: str | None,
) -> Defect:  # fmt: skip
    fields = cover_fields() if sheet is None else next(g.fields for g in book.grids if g.sheet == sheet)
    header = next((f.zh for f in fields if f.name == name), None)
    return Defect(book.file, sheet, row, name, header, code, verdict, scope, original, injected,
                  book.society_id, book.year)  # fmt: skip
