"""What was injected where, and what the intake should make of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

Verdict = Literal["A", "W", "R", "Q"]
Scope = Literal["cell", "row", "sheet", "file"]

SCHEMA = pl.Schema(
    {
        "file": pl.String, "sheet": pl.String, "row": pl.Int64, "field": pl.String, "header": pl.String,
        "defect": pl.String, "verdict": pl.String, "scope": pl.String, "original": pl.String,
        "injected": pl.String, "society_id": pl.String, "report_year": pl.Int64,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """One injected defect; a row of mess.parquet. `file` is relative to the inbox, `row` 1-based."""

    file: str
    sheet: str | None
    row: int | None
    field: str | None
    header: str | None
    defect: str
    verdict: Verdict
    scope: Scope
    original: str | None
    injected: str | None
    society_id: str
    report_year: int


def defects_frame(defects: list[Defect]) -> pl.DataFrame:
    """The table mess.parquet, in a fixed order."""
    rows = [asdict(d) for d in defects]
    return pl.DataFrame(rows, schema=SCHEMA).sort("file", "sheet", "row", "field", "defect", nulls_last=False)


def shown(value: Any) -> str | None:
    """A cell value as text, null for a blank."""
    if value is None:
        return None
    return str(getattr(value, "text", value))
