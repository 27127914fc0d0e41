"""Read the indicator specifications: tables in, figures out, in plain text that tests and handbook share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from data_contracts.contract import LINEAGE, Field, load_contract

if TYPE_CHECKING:
    import polars as pl

SPEC_YEAR = 2025
NOT_APPLICABLE, NOT_COUNTED = "不适用", "未统计"
YES, NO = "是", "否"

# What a specification need not say: required columns that no case depends on.
DEFAULTS: dict[str, dict[str, Any]] = {
    "societies": {"level": "county", "reporting_line": "110000", "reg_status": "registered",
                  "cast_class": "A", "in_scope": True},
    "annual_reports": {"template_version": "v1.2", "revision": 1},
    "documents": {"stage": "effective"},
    "education_sessions": {"held_on": date(SPEC_YEAR, 3, 1), "mode": "onsite", "role": "host",
                           "verify": "sign_in"},
    "education_attendance": {"is_member": True, "attended": "onsite", "minutes": 60},
    "investigations": {"recorded_by": "society", "source": "commissioned",
                       "received_on": date(SPEC_YEAR, 1, 2)},
    "evaluation_activities": {"setting": "awards", "held_on": date(SPEC_YEAR, 5, 1)},
    "supervision_issues": {"channel": "website", "received_on": date(SPEC_YEAR, 1, 2), "status": "open"},
    "verifications": {"method": "sampled", "verified_by": "核验单位甲", "status": "done"},
    "credit_records": {"status": "in_force"},
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One table as it stands in the specification: column names and cells, all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, text: str) -> Table:
        """A table from text: a line a row, cells parted by `|`, names first; ValueError if one is uneven."""
        lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
        head, *body = lines
        for line in body:
            if len(line) != len(head):
                raise ValueError(f"row {line} has {len(line)} cells, the header {head} has {len(head)}")
        return cls(tuple(head), tuple(tuple(line) for line in body))

    def records(self) -> list[dict[str, str]]:
        """The rows as dictionaries by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Case:
    """One worked example: tables of filed rows, and the figures that must come out."""

    title: dict[str, str]
    given: dict[str, Table]
    expect: Table

    @property
    def societies(self) -> tuple[str, ...]:
        """Letters of the societies the case speaks of."""
        tables = (self.expect, *self.given.values())
        return tuple(sorted({r["society"] for t in tables for r in t.records()}))


@dataclass(frozen=True)
class Spec:
    """The specification of one indicator: how it is counted, in both languages, and worked examples.

    What it is, why it matters, its weight and target stand in the methodology.
    """

    indicator: str
    how: dict[str, str]
    cases: tuple[Case, ...]


def load_specs(folder: Path) -> list[Spec]:
    """All specifications of a folder (`*.yaml`), in the indicators' order; ValueError names a bad file."""
    specs = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            specs.append(_spec(yaml.safe_load(path.read_text(encoding="utf-8"))))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path.name}: {error}") from error
    return specs


def society_id(spec: Spec, number: int, letter: str) -> str:
    """The identity of a society of one case: every case has its own."""
    return f"{spec.indicator}/{number}/{letter}"


def family_frames(specs: list[Spec]) -> dict[str, pl.DataFrame]:
    """Every row that the specifications file, by family, in the contract's types."""
    import polars as pl

    from data_contracts.contract import load_contracts

    records: dict[str, list[dict[str, Any]]] = {family: [] for family in load_contracts()}
    for spec in specs:
        for number, case in enumerate(spec.cases, start=1):
            registered = (
                {r["society"] for r in case.given["societies"].records()} if "societies" in case.given else ()
            )
            unnamed = [letter for letter in case.societies if letter not in registered]
            bare = Table(("society",), tuple((letter,) for letter in unnamed))
            for family, table in (*case.given.items(), ("societies", bare)):
                rows = records[family]
                rows += [
                    _row(family, r, spec, number, len(rows) + i) for i, r in enumerate(table.records(), 1)
                ]
    return {
        family: pl.DataFrame(rows, schema=load_contract(family).polars_schema(), orient="row")
        for family, rows in records.items()
    }


def _spec(raw: dict[str, Any]) -> Spec:
    return Spec(str(raw["indicator"]), raw["how"], tuple(_case(c) for c in raw["cases"]))


def _case(raw: dict[str, Any]) -> Case:
    given = {family: Table.read(text) for family, text in (raw.get("given") or {}).items()}
    return Case(raw["title"], given, Table.read(raw["expect"]))


def _row(family: str, cells: dict[str, str], spec: Spec, number: int, serial: int) -> dict[str, Any]:
    contract = load_contract(family)
    known = {f.name for f in contract.fields}
    unknown = set(cells) - known - {"society"}
    if unknown:
        raise ValueError(f"{family} has no column {', '.join(sorted(unknown))}")
    row: dict[str, Any] = {f.name: None for f in (*contract.fields, *LINEAGE)}
    row |= {"report_year": SPEC_YEAR, "row_id": f"{family}/{serial}", "source_file": "spec",
            "source_sheet": contract.zh, "source_row": serial}  # fmt: skip
    row |= {f.name: f"{contract.zh}{serial}" for f in contract.fields if f.required and f.kind == "string"}
    row |= DEFAULTS.get(family, {})
    row |= {name: _value(contract.field(name), text) for name, text in cells.items() if name != "society"}
    row["society_id"] = society_id(spec, number, cells["society"])
    row["not_applicable_fields"] = [name for name, text in cells.items() if text == NOT_APPLICABLE]
    row["not_counted_fields"] = [name for name, text in cells.items() if text == NOT_COUNTED]
    return row


def _value(field: Field, text: str) -> Any:
    if text in ("", NOT_APPLICABLE, NOT_COUNTED):
        return None
    readers: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": float,
        "date": date.fromisoformat,
        "boolean": {YES: True, NO: False}.__getitem__,
        "array": lambda items: items.split("、"),
    }
    codes = {value.code for value in field.enum}
    value = readers[field.kind](text)
    wrong = codes and set(value if isinstance(value, list) else [value]) - codes
    if wrong:
        raise ValueError(f"{field.name} has no code {', '.join(sorted(wrong))}")
    return value
