"""Files to cells: every cell as text, with its file, sheet, row, column and the type that was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from models.intake import delimited
from models.intake.archives import expand
from models.intake.frames import CSV_SHEET, Grid, Limits, SourceFile, as_findings, no_findings
from models.intake.kinds import Kind, is_misnamed, kind_of, suffix_of
from models.intake.limits import Refusal
from models.intake.opening import GB_ENCODING, decode, read_workbook
from models.intake.parsing import SheetCells
from models.intake.privacy import hide_numbers
from models.intake.sheetxml import Oddities

CTYPES = {str: "str", float: "float", int: "int", bool: "bool", dt.datetime: "datetime", dt.date: "date",
          dt.time: "time", dt.timedelta: "time"}  # fmt: skip
SHEET_SCHEMA = {
    "sheet_no": pl.UInt32, "file_id": pl.String, "sheet": pl.String,
    "is_hidden": pl.Boolean, "is_csv": pl.Boolean,
}  # fmt: skip


class _Numbers(dict[Any, int]):
    """Numbers values in the order they are first met.

    Cells repeat: numbering them once makes every later step work on distinct values.
    """

    def __missing__(self, value: Any) -> int:
        number = len(self)
        self[value] = number
        return number


class _Reader:
    """Gathers the cells of many files in flat lists, so that a batch becomes one frame."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.numbers = _Numbers({"": 0})
        self.cells: list[int] = []
        self.shapes: list[tuple[int, int, int]] = []
        self.heads: list[tuple[int, int, int, int]] = []
        self.sheets: list[tuple[int, str, str, bool, bool]] = []
        self.texts: list[tuple[int, str]] = []
        self.findings: list[tuple[int, str, str, str, str, str]] = []
        self.refused: set[str] = set()
        self.hidden: list[tuple[int, int]] = []

    def add(self, file: SourceFile) -> None:
        try:
            size = file.path.stat().st_size
            if size > self.limits.file_bytes:
                raise Refusal("S13", "", f"{size / 1e6:.0f} MB")
            data = file.path.read_bytes()
            kind = kind_of(data, file.name, self.limits)
            if kind == "zip":
                # Archives are unpacked before they come here, unless there is something against it.
                with TemporaryDirectory() as folder:
                    expand(file.path, Path(folder), self.limits)
                raise Refusal("D30", "archive")
            if kind == "text":
                self._add_text(file, data)
            else:
                self._add_sheets(file, read_workbook(data, kind, self.limits))
        except Refusal as refusal:
            self.refused.add(file.file_id)
            self._note(file, "R", refusal.code, refusal.variant, refusal.a, refusal.b)
            return
        self._note_kind(file, kind)

    def _note_kind(self, file: SourceFile, kind: Kind) -> None:
        """What was read though it is not what was asked for."""
        if is_misnamed(kind, file.name):
            self._note(file, "A", "D30", "misnamed", suffix_of(file.name) or "-", kind)
        elif kind == "xlsm":
            self._note(file, "A", "D30", "macros")
        elif kind not in ("xlsx", "text"):
            self._note(file, "A", "D30", "", suffix_of(file.name)[1:])

    def _note(self, file: SourceFile, verdict: str, code: str, variant: str = "", *ab: str) -> None:
        a, b = (*ab, "", "")[:2]
        self.findings.append((self._new_sheet(file, "", False, False), verdict, code, variant, a, b))

    def _new_sheet(self, file: SourceFile, name: str, is_hidden: bool, is_csv: bool) -> int:
        self.sheets.append((len(self.sheets), file.file_id, name, is_hidden, is_csv))
        return len(self.sheets) - 1

    def _add_sheets(self, file: SourceFile, sheets: list[SheetCells]) -> None:
        for name, is_hidden, rows, odd in sheets:
            number = self._new_sheet(file, name, is_hidden, False)
            flat: Iterable[Any] = chain.from_iterable(rows)
            if bool in set(map(type, chain.from_iterable(rows))):
                # True equals 1.0 as a dictionary key; as a word it cannot be mistaken for a figure.
                flat = ("TRUE" if v is True else "FALSE" if v is False else v for v in flat)
            if odd:
                self._add_odd(number, odd, rows)
            before = len(self.cells)
            self.cells.extend(map(self.numbers.__getitem__, flat))
            if rows:
                self.shapes.append((number, len(self.cells) - before, len(rows[0])))

    def _add_odd(self, number: int, odd: Oddities, rows: list[list[Any]]) -> None:
        """Put errors back into their cells (calamine leaves them empty), keep hidden rows."""
        for row, col, text in odd.errors:
            if row <= len(rows) and col <= len(rows[0]):
                rows[row - 1][col - 1] = text
        self.hidden.extend((number, row) for row in odd.hidden)

    def _add_text(self, file: SourceFile, data: bytes) -> None:
        text, encoding = decode(data)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if (lines := text.count("\n")) > self.limits.rows_a_text:
            raise Refusal("S13", "rows", lines, self.limits.rows_a_text)
        number = self._new_sheet(file, CSV_SHEET, False, True)
        self.texts.append((number, text))
        for row, record in delimited.head(text):
            for col, cell in enumerate(record, start=1):
                if cell.strip():
                    self.heads.append((number, row, col, self.numbers[cell]))
        if encoding == GB_ENCODING:
            self._note(file, "A", "D28", "", encoding)

    def grid(self) -> Grid:
        values = _values(list(self.numbers))
        sheets = _told(pl.DataFrame(self.sheets, schema=SHEET_SCHEMA, orient="row"))
        said = ("verdict", "code", "variant", "a", "b")
        about = pl.DataFrame(
            self.findings,
            schema={"sheet_no": pl.UInt32, **dict.fromkeys(said, pl.String)},
            orient="row",
        )
        return Grid(
            sheets=sheets,
            cells=_cells(self.cells, self.shapes, self.heads).join(
                values.filter("is_blank").select("value_no"), on="value_no", how="anti", maintain_order="left"
            ),
            values=values.drop("is_blank"),
            tables=tuple(delimited.tables(self.texts)),
            findings=as_findings(about) if about.height else no_findings(),
            hidden=pl.DataFrame(self.hidden, schema={"sheet_no": pl.UInt32, "row": pl.Int64}, orient="row"),
            refused=frozenset(self.refused),
        )


def _told(sheets: pl.DataFrame) -> pl.DataFrame:
    """Personal numbers in names of sheets masked, as in those of files; a file's names stay apart."""
    names = sheets["sheet"].to_list()
    hidden = pl.Series("sheet", hide_numbers(names), dtype=pl.String)
    if (hidden == sheets["sheet"]).all():
        return sheets
    told = sheets.with_columns(hidden, is_masked=hidden != sheets["sheet"])
    again = pl.when("is_masked").then(pl.int_range(pl.len()).over("file_id", "sheet", "is_masked"))
    return told.with_columns(
        sheet=pl.when(again > 0).then(pl.format("{}~{}", "sheet", again + 1)).otherwise("sheet")
    ).drop("is_masked")


def read(files: Sequence[SourceFile], limits: Limits | None = None) -> Grid:
    """Read many files. What cannot be read is refused with a finding, never an exception.

    A file that has gone from the disk is another matter: OSError.
    """
    reader = _Reader(limits or Limits())
    for file in files:
        reader.add(file)
    return reader.grid()


def read_cells(files: Sequence[SourceFile], limits: Limits | None = None) -> pl.DataFrame:
    """All cells of workbooks, long: file_id, sheet, row, col, text, ctype (blank cells left out).

    For a look at what was read; judging works on the `Grid` itself.
    """
    grid = read(files, limits)
    return (
        grid.cells.join(grid.sheets, on="sheet_no", maintain_order="left")
        .join(grid.values, on="value_no", maintain_order="left")
        .select("file_id", "sheet", "row", "col", "text", "ctype")
    )


def _cells(
    numbers: list[int], shapes: list[tuple[int, int, int]], heads: list[tuple[int, int, int, int]]
) -> pl.DataFrame:
    value_no = np.fromiter(numbers, dtype=np.uint32, count=len(numbers))
    sheet, size, width = np.array(shapes, dtype=np.int64).reshape(-1, 3).T
    # Position of each cell within its sheet, hence row and column: rows of a sheet are equally wide.
    place = np.arange(len(value_no)) - np.repeat(np.cumsum(size) - size, size)
    wide = np.repeat(width, size)
    filled = value_no > 0
    cells = pl.DataFrame(
        {
            "sheet_no": np.repeat(sheet, size)[filled].astype(np.uint32),
            "row": (place // np.maximum(wide, 1) + 1)[filled],
            "col": (place % np.maximum(wide, 1) + 1)[filled],
            "value_no": value_no[filled],
        }
    )
    schema = cells.schema
    return pl.concat([cells, pl.DataFrame(heads, schema=schema, orient="row")]) if heads else cells


def _values(values: list[Any]) -> pl.DataFrame:
    texts = [v if v.__class__ is str else _text(v) for v in values]
    ctypes = [CTYPES.get(v.__class__, "str") for v in values]
    frame = pl.DataFrame({"text": texts, "ctype": ctypes}, schema={"text": pl.String, "ctype": pl.String})
    return frame.with_row_index("value_no").with_columns(
        is_blank=~pl.col("text").str.contains(r"[^\s\u{200b}\u{feff}]")
    )


def _text(value: Any) -> str:
    """A cell that is not text, as the clerk would have written it."""
    if isinstance(value, float):
        # Beyond 15 digits Excel has already rounded: leave the exponent to be seen (defect D09).
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value).upper()
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
