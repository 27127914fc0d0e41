"""Where things stand in the society's workbook: sheets, header cells, first data row. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, Field, load_contracts

WORKBOOK_FILE = Path(__file__).with_name("workbook.yaml")
COVER_FAMILY = "annual_reports"
HEADER_DEPTH = 2


@dataclass(frozen=True)
class HeaderCell:
    """One cell of the two-row header, rows and columns from 0 on the sheet; merged if it spans several.

    `field` is the column it names; a group's upper cell names none.
    """

    first_row: int
    first_col: int
    last_row: int
    last_col: int
    text: str
    field: Field | None

    @property
    def is_merged(self) -> bool:
        """Whether it spans more than one cell."""
        return (self.first_row, self.first_col) != (self.last_row, self.last_col)


@cache
def workbook() -> dict[str, Any]:
    """workbook.yaml."""
    import yaml

    read: dict[str, Any] = yaml.safe_load(WORKBOOK_FILE.read_text(encoding="utf-8"))
    return read


def unit_row() -> int:
    """Row of the unit line, from 0: right under the merged title."""
    return int(workbook()["title_rows"])


def header_row() -> int:
    """First of the two header rows, from 0."""
    return unit_row() + 1


def first_data_row() -> int:
    """First row of data, from 0."""
    return header_row() + HEADER_DEPTH


def sheet_families() -> dict[str, Contract]:
    """The contract of each table sheet, in the order of the sheets."""
    by_sheet = {sheet: c for c in load_contracts().values() if "society" in c.origins for sheet in c.sheets}
    return {sheet: by_sheet[sheet] for sheet in workbook()["sheets"] if sheet in by_sheet}


def cover_fields() -> tuple[Field, ...]:
    """Fields of the cover, one a row."""
    return tuple(f for f in load_contracts()[COVER_FAMILY].fields if f.from_cover)


def table_fields(contract: Contract) -> tuple[Field, ...]:
    """Columns of the family's sheet: what the cover does not say already, nor goes without saying."""
    return tuple(f for f in contract.fields if not f.from_cover and f.default is None)


def header_text(f: Field) -> str:
    """The header with its unit in brackets."""
    return f"{f.zh}（{f.unit}）" if f.unit else f.zh


def header_cells(fields: Sequence[Field]) -> list[HeaderCell]:
    """Header of a table: neighbours of one group share an upper cell; the others span both rows."""
    top, leaf = header_row(), header_row() + HEADER_DEPTH - 1
    cells: list[HeaderCell] = []
    for group, run in groupby(enumerate(fields), key=lambda item: item[1].header_group):
        columns = list(run)
        if group:
            cells.append(HeaderCell(top, columns[0][0], top, columns[-1][0], group, None))
        cells += [HeaderCell(leaf if group else top, col, leaf, col, header_text(f), f) for col, f in columns]
    return cells
