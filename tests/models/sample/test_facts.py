"""The short road from records to facts gives what files without mess give through intake."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data_contracts.contract import load_contracts
from models.home import Home
from models.intake.batch import ingest
from models.sample.facts import accepted, connected
from models.sample.generate import generate
from models.sample.population import population
from models.sample.records.year import year_records
from models.sample.season import Season
from models.warehouse import open_reader

SOCIETIES, YEAR, SEED = 12, 2025, 11
# Lineage says by which road a row came, and intake alone digests a person's number.
OWN = {"row_id", "source_file", "source_sheet", "source_row", "person_key"}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Home:
    out: Path = tmp_path_factory.mktemp("roads")
    generate(SOCIETIES, [YEAR], SEED, 0.0, out)
    home = Home(out / "home")
    ingest(out / "inbox", home, today=date(YEAR + 1, 12, 31))
    return home


def test_both_roads_give_the_same_facts(ingested: Home) -> None:
    season = Season(population(SOCIETIES, [YEAR], SEED), YEAR, YEAR, SEED)
    facts = accepted(season, year_records(season))
    with open_reader(ingested) as long, connected(facts) as short:
        for family, contract in load_contracts().items():
            columns = [name for name in contract.polars_schema().names() if name not in OWN]
            query = f"select {', '.join(columns)} from {family} order by all"
            by_files, straight = long.sql(query).pl(), short.sql(query).pl()
            assert by_files.equals(straight), family
            assert straight.height or family == "supervision_issues", family


def test_persons_stay_apart_as_they_were(ingested: Home) -> None:
    season = Season(population(SOCIETIES, [YEAR], SEED), YEAR, YEAR, SEED)
    query = """select society_id, session_id, count(distinct person_key) from education_attendance
               group by all order by all"""
    with open_reader(ingested) as long, connected(accepted(season, year_records(season))) as short:
        assert long.sql(query).fetchall() == short.sql(query).fetchall()
