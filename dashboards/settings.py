"""What the server tells the pages: the home, and the run if one is fixed. Read at each rerun."""

from __future__ import annotations

import os
from dataclasses import dataclass

from models.home import ENVIRONMENT_VARIABLE, Home

RUN_VARIABLE = "FENGQING_RUN"


@dataclass(frozen=True)
class Settings:
    """Where the runs lie, and which one is shown (None: the current ones)."""

    home: Home
    run_id: str | None


def store(home: Home, run_id: str | None) -> None:
    """Set what `load` gives in this process."""
    os.environ[ENVIRONMENT_VARIABLE] = str(home.root)
    os.environ[RUN_VARIABLE] = run_id or ""


def load() -> Settings:
    """The settings of this process."""
    return Settings(Home.resolve(), os.environ.get(RUN_VARIABLE) or None)
