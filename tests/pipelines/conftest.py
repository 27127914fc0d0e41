"""One messy nation, taken in and assessed once through the command line, for every test that looks at it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from models.home import Home
from pipelines.cli import app

SOCIETIES, SEED, MESS = 60, 20230090, 0.1
YEARS = (2024, 2025)


def fengqing(*arguments: object) -> Result:
    """Run the command line as a user does; a traceback is a failure of the test, not an answer."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@dataclass(frozen=True)
class Nation:
    folder: Path
    home: Home
    runs: dict[int, dict]

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def mess(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "mess.parquet")

    @property
    def truth(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "truth.parquet")


@pytest.fixture(scope="session")
def cli():
    return fengqing


@pytest.fixture(scope="session")
def nation(tmp_path_factory) -> Nation:
    import json

    folder = tmp_path_factory.mktemp("nation")
    years = [argument for year in YEARS for argument in ("--year", year)]
    sampled = fengqing(
        "sample", "--societies", SOCIETIES, *years, "--seed", SEED, "--mess", MESS, "--out", folder, "--json"
    )
    assert sampled.exit_code == 0, sampled.output
    home = Home.resolve(folder / "home")
    runs = {}
    for year in YEARS:
        ran = fengqing("run", "--year", year, "--inbox", folder / "inbox", "--home", home.root, "--json")
        assert ran.exit_code == 0, ran.output
        runs[year] = json.loads(ran.stdout)
    return Nation(folder, home, runs)
