"""The words of the restatement log: causes, items, whether a society is assessed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def restatement_texts() -> dict[str, Any]:
    """restatements.yaml: causes, families, items, presence."""
    import yaml

    path = Path(__file__).with_name("restatements.yaml")
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
