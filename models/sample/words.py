"""The words of the fictitious nation, and the layout of its workbooks, read from YAML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from data_contracts.contract import CONTRACTS_DIR


@cache
def words() -> dict[str, Any]:
    """Names, titles and file names of the sample (words.yaml)."""
    return _read(Path(__file__).with_name("words.yaml"))


@cache
def mess_words() -> dict[str, Any]:
    """Spellings that the mess writes into cells (mess/words.yaml)."""
    return _read(Path(__file__).parent / "mess" / "words.yaml")


@cache
def layout() -> dict[str, Any]:
    """The layout of the society's workbook (data_contracts/workbook.yaml)."""
    return _read(CONTRACTS_DIR / "workbook.yaml")


def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found
