"""The shapes that pass between the steps of intake, and the small frozen settings they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.contract import CONTRACTS_DIR
from models.intake.limits import Limits

__all__ = [
    "CSV_SHEET",
    "FINDING_SCHEMA",
    "ITEM_MARK",
    "TEXT_MARK",
    "Grid",
    "Limits",
    "SourceFile",
    "as_findings",
    "no_findings",
    "workbook_layout",
]

# Sheet name given to delimited files, which have none.
CSV_SHEET = "csv"
# Marks a figure that the workbook stored as text (defect D33) on its way to cleaning.
TEXT_MARK = "\x02"
# Joins the items of a list inside one text; cannot occur in a cell.
ITEM_MARK = "\x1f"

# `also`: further fields the finding is about, joined by ITEM_MARK; `cells`: as in the ledger, where the check
# itself knows them.
FINDING_SCHEMA = pl.Schema(
    {
        "sheet_no": pl.UInt32,
        "sheet": pl.String,
        "row": pl.Int64,
        "col": pl.Int64,
        "family": pl.String,
        "field": pl.String,
        "header": pl.String,
        "code": pl.String,
        "verdict": pl.String,
        "variant": pl.String,
        "value": pl.String,
        "repaired": pl.String,
        "a": pl.String,
        "b": pl.String,
        "c": pl.String,
        "d": pl.String,
        "also": pl.String,
        "cells": pl.String,
    }
)


@dataclass(frozen=True)
class SourceFile:
    """A file as received: sha256, where it lies, and the name it came under."""

    file_id: str
    path: Path
    name: str


@dataclass(frozen=True)
class Grid:
    """What was read from a batch of files.

    `sheets`: sheet_no, file_id, sheet, is_hidden, is_csv. `cells`: sheet_no, row, col, value_no of
    every cell that is not blank, in order (of delimited files only the first lines). `values`:
    value_no, text, ctype, one row a distinct value. `tables`: delimited files whole, frames of
    sheet_no, row and text columns c1, c2 …; files with the same first line share one. `findings`:
    about whole files. `hidden`: sheet_no, row of hidden rows. `refused`: ids of files that could not
    be read.
    """

    sheets: pl.DataFrame
    cells: pl.DataFrame
    values: pl.DataFrame
    tables: tuple[pl.DataFrame, ...]
    findings: pl.DataFrame
    hidden: pl.DataFrame
    refused: frozenset[str] = field(default_factory=frozenset)


@cache
def no_findings() -> pl.DataFrame:
    """An empty frame of findings."""
    return pl.DataFrame(schema=FINDING_SCHEMA)


def as_findings(frame: pl.DataFrame, **constants: Any) -> pl.DataFrame:
    """A frame completed to FINDING_SCHEMA: constants added, absent columns null (variant empty)."""
    if frame.is_empty():
        return no_findings()
    given = {**constants}
    if "variant" not in frame.columns:
        given.setdefault("variant", "")
    present = set(frame.columns) | set(given)
    return frame.with_columns(
        *(pl.lit(v).alias(k) for k, v in given.items()),
        *(pl.lit(None).alias(n) for n in FINDING_SCHEMA if n not in present),
    ).select(pl.col(n).cast(t) for n, t in FINDING_SCHEMA.items())


@cache
def workbook_layout() -> dict[str, Any]:
    """data_contracts/workbook.yaml, every scalar as text.

    Read without YAML's own reading of words: YES, No and TRUE are spellings here, not truth values.
    """
    import yaml

    text = (CONTRACTS_DIR / "workbook.yaml").read_text(encoding="utf-8")
    layout: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return layout
