"""What benchmarks find that documents tell: docs/validity.json, a section a benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STORE = Path(__file__).parents[1] / "docs" / "validity.json"
DIGITS = 6


def keep(section: str, found: dict[str, Any]) -> None:
    """Replace one section of the store; the others stay."""
    every = read() if STORE.exists() else {}
    every[section] = _rounded(found)
    STORE.write_text(json.dumps(every, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read() -> dict[str, Any]:
    """The store as last written."""
    stored: dict[str, Any] = json.loads(STORE.read_text(encoding="utf-8"))
    return stored


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return round(value, DIGITS) if isinstance(value, float) else value
