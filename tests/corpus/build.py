"""Write the files that the corpus specs (`Dnn.yaml`) describe, one folder a case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml
from stdnum.cn import uscc

from data_contracts.contract import load_contract

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One case: its class, number, what is expected, and how its files are made."""

    code: str
    number: int
    spec: dict[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        """Such as `D07-2`."""
        return f"{self.code}-{self.number}"

    @property
    def verdict(self) -> str:
        """The verdict letter expected of the class’s finding."""
        return str(self.spec["verdict"])

    @property
    def society(self) -> str:
        """A fictitious credit code of this case alone."""
        return society(f"{int(self.code[1:]):03d}{self.number:02d}0")


def society(digits: str) -> str:
    """A valid code of the fictitious region for six digits."""
    body = f"51990000{digits:0<9}"
    return body + uscc.calc_check_digit(body)


@cache
def base() -> dict[str, Any]:
    """A good cover and a good row of each table, as cells are filled in."""
    return _load(HERE / "base.yaml")


def cases() -> Iterator[Case]:
    """Every case of every class."""
    for path in sorted(HERE.glob("D*.yaml")):
        for number, spec in enumerate(_load(path)["cases"], start=1):
            yield Case(path.stem, number, spec)


def write(case: Case, folder: Path) -> list[Path]:
    """Write the files of one case below `folder`; their paths."""
    return [_write(spec, case, folder / case.name) for spec in case.spec.get("files", [case.spec])]


def _load(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def _write(spec: dict[str, Any], case: Case, folder: Path) -> Path:
    path = folder / spec.get("name", "report.xlsx")
    path.parent.mkdir(parents=True, exist_ok=True)
    if "hex" in spec:
        path.write_bytes(bytes.fromhex(spec["hex"]))
    elif "text" in spec:
        path.write_bytes(_filled(spec["text"], case).encode(spec.get("encoding", "utf-8")))
    elif "register" in spec:
        _register(path, spec["register"], case)
    else:
        _workbook(path, spec, case)
    return path


def _filled(value: Any, case: Case) -> Any:
    """Codes in place of `{code}` and, for further societies, `{code2}` …"""
    if not isinstance(value, str):
        return value
    others = {str(n): society(f"{int(case.code[1:]):03d}{case.number:02d}{n}") for n in range(2, 6)}
    return re.sub(r"\{code(\d?)\}", lambda m: others.get(m[1], case.society), value)


def _register(path: Path, rows: list[dict[str, Any]], case: Case) -> None:
    fields = load_contract("societies").fields
    grid = [[f.zh for f in fields]]
    for row in rows:
        given = {**base()["societies"], "society_id": "{code}", **row}
        grid.append([_filled(given.get(f.name), case) for f in fields])
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        _fill(
            book.add_worksheet("学会名册"),
            book,
            {(r, c): v for r, line in enumerate(grid) for c, v in enumerate(line)},
        )


def _workbook(path: Path, spec: dict[str, Any], case: Case) -> None:
    cells: dict[str, dict[tuple[int, int], Any]] = {}
    cover = {**base()["cover"], **spec.get("cover", {})}
    cells["封面"] = {(0, 0): "科技类社会团体学术自律自净年度报告"}
    for row, (label, value) in enumerate(cover.items(), start=3):
        cells["封面"] |= {(row, 0): label, (row, 1): _filled(value, case)}
    for family in spec.get("only", list(base()["rows"])):
        good = base()["rows"][family]
        changes = spec.get("rows", {}).get(family, [spec.get("set", {}).get(family, {})])
        contract = load_contract(family)
        _table(cells, family, [{**good, **change} for change in changes], spec, case)
        for title in spec.get("copies", {}).get(family, []):
            cells[title] = dict(cells[contract.sheets[0]])
    for family, row, column, value in spec.get("cells", []):
        sheet = "封面" if family == "cover" else load_contract(family).sheets[0]
        at = column - 1 if isinstance(column, int) else _place(family, column)
        cells[sheet][row - 1, at] = _filled(value, case)
    for family, moves in spec.get("shift", {}).items():
        sheet = load_contract(family).sheets[0]
        cells[sheet] = {
            (r + (moves["by"] if r >= moves["from"] - 1 else 0), c): v for (r, c), v in cells[sheet].items()
        }
        for at, value in moves.get("then", []):
            cells[sheet][at - 1, 0] = value
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for title, grid in cells.items():
            sheet = book.add_worksheet(title)
            _fill(sheet, book, grid)
            if title in spec.get("hidden_sheets", []):
                sheet.hide()
            for row in spec.get("hidden_rows", {}).get(title, []):
                sheet.set_row(row - 1, None, None, {"hidden": True})


def _columns(family: str) -> list[Any]:
    return [f for f in load_contract(family).fields if not f.from_cover and f.default is None]


def _place(family: str, name: str) -> int:
    return [f.name for f in _columns(family)].index(name)


def _table(
    cells: dict[str, dict[tuple[int, int], Any]], family: str, rows: list[dict[str, Any]],
    spec: dict[str, Any], case: Case,
) -> None:  # fmt: skip
    fields = _columns(family)
    renamed = spec.get("headers", {}).get(family, {})
    grid: dict[tuple[int, int], Any] = {
        (0, 0): "年度报告",
        (3, 0): "填报单位（盖章）：虚构学会  单位：人、元",
    }
    groups = set()
    for col, f in enumerate(fields):
        header = renamed.get(f.name, f.zh)
        if header is None:
            continue
        grid[5 if f.header_group else 4, col] = header
        if f.header_group and f.header_group not in groups:
            grid[4, col] = f.header_group
            groups.add(f.header_group)
    for at, row in enumerate(rows, start=6):
        grid |= {
            (at, c): _filled(row[f.name], case)
            for c, f in enumerate(fields) if row.get(f.name) is not None and renamed.get(f.name, f.zh)
        }  # fmt: skip
    cells[load_contract(family).sheets[0]] = grid


def _fill(sheet: Any, book: Any, grid: dict[tuple[int, int], Any]) -> None:
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for (row, col), value in grid.items():
        if isinstance(value, date):
            sheet.write_datetime(row, col, value, day)
        elif isinstance(value, dict):
            sheet.write_formula(row, col, value["formula"], None, value["shows"])
        elif value is not None:
            sheet.write(row, col, value)
