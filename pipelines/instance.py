"""The Dagster instance of a home: its storage lies below the home, its settings in dagster.yaml."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import FengqingError
from models.home import Home

if TYPE_CHECKING:
    import dagster as dg

SETTINGS = Path(__file__).parent.parent / "dagster.yaml"


def prepare(home: Home) -> Path:
    """Make `<home>/dagster` the DAGSTER_HOME of this process and copy the settings there."""
    if not SETTINGS.is_file():
        raise FengqingError(
            "NO_DAGSTER_YAML",
            "找不到 dagster.yaml：请在项目目录中运行，或重新安装。",
            "dagster.yaml is missing: run from the project's checkout, or install it again.",
        )
    folder = (home.root / "dagster").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SETTINGS, folder / SETTINGS.name)
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def open_instance(home: Home) -> dg.DagsterInstance:
    """The instance of that home; import of Dagster (2 s) happens here."""
    prepare(home)
    import dagster as dg

    return dg.DagsterInstance.get()
