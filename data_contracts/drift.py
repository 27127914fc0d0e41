"""Drift and anomaly rules: volume, missing answers, round numbers, quarter ends. Rules are data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, Field, load_contracts

DRIFT_FILE = Path(__file__).with_name("drift.yaml")


@dataclass(frozen=True)
class DriftRule:
    """One rule on one family, or on one of its columns.

    `figure` and `rows` are SQL expressions over `now` and `before`; the rule warns when the figure is
    outside low..high, provided that there are `at_least` rows.
    """

    name: str
    family: str
    column: str | None
    zh: str
    en: str
    figure: str
    rows: str
    at_least: int
    low: float
    high: float

    def sql(self, rows_sql: str, year: int) -> str:
        """A query of one row: `figure`, null where there are too few rows to say anything.

        `rows_sql` is what to select the family's rows of all years from.
        """
        return (
            f"with source as (select * from {rows_sql}), "
            f"now as (select * from source where report_year = {year:d}), "
            f"before as (select * from {self.family} where report_year = {year - 1:d}) "
            f"select case when {self.rows} >= {self.at_least} then {self.figure} end as figure"
        )

    def violations_sql(self, rows_sql: str, year: int) -> str:
        """A query of one row if the rule warns, of none if it does not."""
        return (
            f"select * from ({self.sql(rows_sql, year)}) as measured "
            f"where figure < {self.low} or figure > {self.high}"
        )


@cache
def load_drift_rules() -> tuple[DriftRule, ...]:
    """Every rule on every family and column it applies to.

    Raises:
        KeyError: a rule names a family or column that no contract has.
    """
    import yaml

    entries = yaml.safe_load(DRIFT_FILE.read_text(encoding="utf-8"))
    return tuple(rule for entry in entries for rule in _spread(entry))


def _spread(entry: dict[str, Any]) -> Iterator[DriftRule]:
    common = {k: entry[k] for k in ("name", "zh", "en", "at_least", "low", "high")}
    for contract, column in _places(entry):
        about = f"：{contract.zh}" + (f"“{column.zh}”" if column else "")
        about_en = f": {contract.en}" + (f", “{column.en}”" if column else "")
        name = column.name if column else None
        yield DriftRule(
            **common | {"zh": entry["zh"] + about, "en": entry["en"] + about_en},
            family=contract.name,
            column=name,
            figure=entry["figure"].format(column=name),
            rows=entry["rows"].format(column=name),
        )


def _places(entry: dict[str, Any]) -> Iterator[tuple[Contract, Field | None]]:
    contracts = load_contracts()
    match entry.get("columns"):
        case None:
            yield from ((contracts[family], None) for family in entry["families"])
        case "must_answer":
            yield from ((c, f) for c in contracts.values() for f in c.fields if f.must_answer)
        case "optional":
            yield from (
                (c, f) for c in contracts.values() for f in c.fields if not (f.required or f.must_answer)
            )
        case names:
            for name in names:
                family, column = name.split(".")
                yield contracts[family], contracts[family].field(column)
