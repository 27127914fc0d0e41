"""The words of the return list and its comments, from words.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from models.intake.frames import workbook_layout


@cache
def words() -> dict[str, Any]:
    """words.yaml."""
    import yaml

    return dict(yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")))


def sheet_names() -> dict[str, str]:
    """The name of the list's sheet by language; intake knows it by these names and reads nothing in it."""
    return dict(workbook_layout()["own_sheets"])
