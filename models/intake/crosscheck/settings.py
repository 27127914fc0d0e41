"""Thresholds and words of the cross-record checks: data_contracts/crosschecks.yaml."""

from __future__ import annotations

from functools import cache
from typing import Any

from data_contracts.contract import CONTRACTS_DIR


@cache
def settings() -> dict[str, Any]:
    """The file as it is, by section."""
    import yaml

    read: dict[str, Any] = yaml.safe_load((CONTRACTS_DIR / "crosschecks.yaml").read_text(encoding="utf-8"))
    return read
