"""Injectors that change a sheet: its header, rows that slip in, its total, rows that are hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.sample.mess.record import Scope, Verdict
from models.sample.words import mess_words
from models.sample.workbook import Grid, Line

# A lost header loses every row of the sheet; sessions are spared, since rosters hang on them.
KEEP_HEADER = frozenset({"education_sessions", "annual_reports"})


@dataclass(frozen=True)
class SheetChange:
    """What was done: at which 1-based row, and the texts before and after."""

    row: int | None
    original: str | None
    injected: str | None


@dataclass(frozen=True)
class SheetInjector:
    """A defect of a sheet; `make` changes the grid and says how."""

    defect: str
    verdict: Verdict
    scope: Scope
    weight: float
    fits: Callable[[Grid], bool]
    make: Callable[[np.random.Generator, Grid], SheetChange]


def _three(rng: np.random.Generator, grid: Grid) -> SheetChange:
    grid.style = "three"
    return SheetChange(None, "normal", "three")


def _unmerged(rng: np.random.Generator, grid: Grid) -> SheetChange:
    grid.style = "unmerged"
    return SheetChange(None, "normal", "unmerged")


def _aliases(rng: np.random.Generator, grid: Grid) -> SheetChange:
    grid.style = "alias"
    for k, f in enumerate(grid.fields):
        if f.header_aliases and rng.random() < 0.5:
            grid.headers[k] = str(f.header_aliases[0])
        elif f.unit:
            grid.headers[k] = str(mess_words()["unit_header"]).format(zh=f.zh, unit=f.unit)
    return SheetChange(None, "normal", "alias")


def _destroyed(rng: np.random.Generator, grid: Grid) -> SheetChange:
    grid.style = "destroyed"
    grid.headers = [str(mess_words()["lost_header"]).format(n=k + 1) for k in range(len(grid.fields))]
    return SheetChange(None, "normal", "destroyed")


def _inserted(rng: np.random.Generator, grid: Grid) -> SheetChange:
    rows = mess_words()["note_rows"]
    text = rows[int(rng.integers(0, len(rows)))]
    at = int(rng.integers(0, len(grid.lines)))
    grid.lines.insert(at, Line("inserted", [text]))
    return SheetChange(grid.row_of(at), None, text)


def _wrong_total(rng: np.random.Generator, grid: Grid) -> SheetChange:
    assert grid.total is not None
    numeric = [k for k, v in enumerate(grid.total) if isinstance(v, int | float) and not isinstance(v, bool)]
    k = numeric[int(rng.integers(0, len(numeric)))]
    before = grid.total[k]
    grid.total[k] = before + int(rng.integers(1, 20))
    return SheetChange(grid.row_of(len(grid.lines)), str(before), str(grid.total[k]))


def _hidden(rng: np.random.Generator, grid: Grid) -> SheetChange:
    at = grid.data()[int(rng.integers(0, len(grid.data())))]
    grid.lines[at].hidden = True
    return SheetChange(grid.row_of(at), None, None)


def _always(grid: Grid) -> bool:
    return bool(grid.data())


SHEETS: tuple[SheetInjector, ...] = (
    SheetInjector("D01", "A", "sheet", 1, _always, _three),
    SheetInjector("D01", "A", "sheet", 1, _always, _unmerged),
    SheetInjector("D01", "A", "sheet", 1.5, _always, _aliases),
    SheetInjector("D01", "R", "sheet", 0.7, lambda g: _always(g) and g.family not in KEEP_HEADER, _destroyed),
    SheetInjector("D02", "A", "sheet", 2, _always, _inserted),
    SheetInjector("D03", "W", "row", 2, lambda g: g.total is not None, _wrong_total),
    SheetInjector("D31", "W", "row", 1, _always, _hidden),
)
