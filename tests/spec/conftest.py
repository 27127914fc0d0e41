"""One small database for every specification, and what the measures and indicators make of it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.contract import load_contract
from data_contracts.ddl import create_table
from models.assessment.indicators import evaluate
from models.assessment.methodology import Methodology, load
from models.assessment.peers import size_classes
from models.measures.engine import Measures, compute
from models.publication.specs import SPEC_YEAR, Spec, family_frames, load_specs

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def specs() -> list[Spec]:
    return load_specs(FOLDER)


@pytest.fixture(scope="session")
def methodology() -> Methodology:
    return load(SPEC_YEAR)


@pytest.fixture(scope="session")
def spec_database(specs: list[Spec]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set threads = 2")
    for family, frame in family_frames(specs).items():
        con.execute(create_table(load_contract(family)))
        con.register("rows_frame", frame)
        con.execute(f"insert into {family} by name select * from rows_frame")
        con.unregister("rows_frame")
    return con


@pytest.fixture(scope="session")
def spec_measures(spec_database: duckdb.DuckDBPyConnection, methodology: Methodology) -> Measures:
    return compute(spec_database, SPEC_YEAR, methodology)


@pytest.fixture(scope="session")
def spec_indicators(
    spec_database: duckdb.DuckDBPyConnection, spec_measures: Measures, methodology: Methodology
) -> pl.DataFrame:
    """Every society of every case, the societies of one case being each other's peers."""
    societies = spec_database.sql(
        "select s.society_id, regexp_replace(s.society_id, '/[^/]*$', '') as peer_group, "
        "a.individual_members from societies s left join annual_reports a using (society_id, report_year)"
    ).pl()
    sized = societies.with_columns(
        size_class=size_classes(pl.col("individual_members"), methodology.peer_groups).fill_null("micro")
    )
    return evaluate(spec_measures.measures, spec_measures.signals, sized, methodology)
