"""What a run is told from outside: where state lives, which inbox, methodology and seed."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from models.assessment.methodology import Methodology
from models.assessment.methodology import load as load_methodology
from models.home import Home

DEFAULT_SEED = 20230090  # the notice's number; any other may be given with --seed


class Settings(dg.ConfigurableResource):
    """Settings of one annual run; all of them enter the run's manifest except the paths."""

    home_dir: str
    inbox_dir: str | None = None
    methodology_file: str | None = None
    seed: int = DEFAULT_SEED

    @property
    def home(self) -> Home:
        """The state directory."""
        return Home.resolve(Path(self.home_dir))

    @property
    def inbox(self) -> Path:
        """Where received files lie; `inbox` below the home unless told otherwise."""
        return Path(self.inbox_dir) if self.inbox_dir else self.home.root / "inbox"

    def methodology(self, year: int) -> Methodology:
        """The methodology of the file given, or else the one in force for that report year."""
        return load_methodology(Path(self.methodology_file) if self.methodology_file else year)


def from_environment() -> Settings:
    """Settings of a Dagster process started without the command line (`make dagster`)."""
    return Settings(
        home_dir=str(Home.resolve(None).root),
        inbox_dir=os.environ.get("FENGQING_INBOX"),
        methodology_file=os.environ.get("FENGQING_METHODOLOGY"),
    )
