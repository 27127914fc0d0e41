"""Databases of filed rows, written as the specifications write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from data_contracts.contract import load_contract
from data_contracts.ddl import create_table
from models.assessment.methodology import Methodology, load
from models.publication.specs import SPEC_YEAR, Case, Spec, Table, family_frames, load_specs

SPECS = Path(__file__).parents[2] / "spec"


@pytest.fixture(scope="session")
def methodology() -> Methodology:
    return load(SPEC_YEAR)


@pytest.fixture
def fill() -> Callable[[duckdb.DuckDBPyConnection, dict[str, str]], None]:
    """Fill a database with tables of text; the society A becomes `x/1/A`."""

    def filled(con: duckdb.DuckDBPyConnection, given: dict[str, str]) -> None:
        tables = {family: Table.read(text) for family, text in given.items()}
        insert(con, [Spec("x", {}, (Case({}, tables, Table(("society",), ())),))])

    return filled


@pytest.fixture(scope="session")
def spec_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with everything that the specifications file."""
    path = tmp_path_factory.mktemp("measures") / "specs.duckdb"
    with duckdb.connect(str(path)) as con:
        insert(con, load_specs(SPECS))
    return path


def insert(con: duckdb.DuckDBPyConnection, specs: list[Spec]) -> None:
    for family, frame in family_frames(specs).items():
        con.execute(create_table(load_contract(family)))
        con.register("rows_frame", frame)
        con.execute(f"insert into {family} by name select * from rows_frame")
        con.unregister("rows_frame")
