"""Writing of the authorities' files: one table each, headers in the first row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.contract import load_contract
from models.sample.render import rendered
from models.sample.words import words
from models.sample.workbook import CREATED


def write_authority(frames: dict[str, pl.DataFrame], year: int, inbox: Path) -> int:
    """Write each family to inbox/{year}/; returns the number of files."""
    for family, frame in frames.items():
        contract = load_contract(family)
        table = rendered(contract, frame, keep=()).rename({f.name: f.zh for f in contract.fields})
        path = inbox / str(year) / words()["files"][family].format(year=year)
        if path.suffix == ".csv":
            path.write_bytes(table.write_csv(line_terminator="\r\n").encode("utf-8-sig"))
        else:
            _write_xlsx(table, path, contract.sheets[0])
    return len(frames)


def _write_xlsx(table: pl.DataFrame, path: Path, sheet: str) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as target:
        target.set_properties({"created": CREATED})
        head = target.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1})
        day = target.add_format({"num_format": "yyyy-mm-dd"})
        page = target.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for k, column in enumerate(table):
            page.set_column(k, k, max(12, 2 * len(column.name) + 2))
            page.write_string(0, k, column.name, head)
            for row, value in enumerate(column.to_list(), start=1):
                if isinstance(value, date):
                    page.write_datetime(row, k, value, day)
                elif isinstance(value, str):
                    page.write_string(row, k, value)
                elif value is not None:
                    page.write_number(row, k, value)
