"""What the server tells the pages: the home, a fixed run, the size of uploads. Read at each rerun."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from models.errors import FengqingError
from models.home import ENVIRONMENT_VARIABLE, Home

RUN_VARIABLE = "FENGQING_RUN"
UPLOAD_VARIABLE, UPLOAD_MB, LARGEST_UPLOAD_MB = "FENGQING_UPLOAD_MB", 20, 100
MEGABYTE = 1 << 20  # as Streamlit counts


@dataclass(frozen=True)
class Settings:
    """Where the runs lie, which one is shown (None: the current ones), and how large an upload may be."""

    home: Home
    run_id: str | None
    upload_mb: int


def store(home: Home, run_id: str | None) -> None:
    """Set what `load` gives in this process; the size of uploads comes from the environment as it is."""
    os.environ[ENVIRONMENT_VARIABLE] = str(home.root)
    os.environ[RUN_VARIABLE] = run_id or ""


def load() -> Settings:
    """The settings of this process. Raises FengqingError for a size that is none."""
    home = _home(os.environ.get(ENVIRONMENT_VARIABLE), str(Path.cwd()))
    return Settings(home, os.environ.get(RUN_VARIABLE) or None, upload_mb())


@lru_cache(maxsize=8)
def _home(named: str | None, folder: str) -> Home:
    """The home; asked a dozen times a rerun, while resolving a path looks at every folder on the way.

    `folder`: where the process stands, to which a path may be relative.
    """
    return Home.resolve(named)


def upload_mb() -> int:
    """The largest upload in megabytes: `FENGQING_UPLOAD_MB`, else 20."""
    given = os.environ.get(UPLOAD_VARIABLE) or str(UPLOAD_MB)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= LARGEST_UPLOAD_MB):
        raise FengqingError(
            "UPLOAD_SIZE_INVALID",
            f"{UPLOAD_VARIABLE}={given} 不是 1 至 {LARGEST_UPLOAD_MB} 的整数（单位 MB），请改正后重新启动。",
            f"{UPLOAD_VARIABLE}={given} is not a whole number of MB from 1 to {LARGEST_UPLOAD_MB}; "
            "correct it and start again.",
        )
    return int(given)
