"""Rows in the snapshot: the year's only, whole, with file and line; cases apart from the rest."""

from pathlib import Path

import duckdb
import pytest

from data_contracts.contract import LINEAGE, load_contract
from data_contracts.ddl import create_table
from models.publication.details import CLOSED, FAMILIES, OPEN, table_name, write_details
from models.publication.specs import family_frames, load_specs


@pytest.fixture(scope="module")
def written():
    specs = load_specs(Path(__file__).parents[2] / "spec")
    warehouse, snapshot = duckdb.connect(), duckdb.connect()
    for family, frame in family_frames(specs).items():
        warehouse.execute(create_table(load_contract(family)))
        warehouse.register("rows_frame", frame)
        warehouse.execute(f"insert into {family} by name select * from rows_frame")
        # The same rows once more as another year's: none of them may come along.
        warehouse.execute(
            f"insert into {family} by name "
            "select * replace (2023 as report_year, 'other/' || row_id as row_id) "
            "from rows_frame where report_year = 2025"
        )
    write_details(snapshot, warehouse, 2025)
    return warehouse, snapshot


@pytest.mark.parametrize("family", FAMILIES)
def test_the_years_rows_are_there_with_their_places(written, family):
    warehouse, snapshot = written
    names = [f.name for f in (*load_contract(family).fields, *LINEAGE) if f.name != "report_year"]
    columns = ", ".join(names)
    order = "order by society_id, row_id"
    expected = warehouse.sql(f"select {columns} from {family} where report_year = 2025 {order}").fetchall()
    found = snapshot.sql(f"select {columns} from {table_name(family)} {order}").fetchall()
    assert found == expected


def test_cases_stand_apart():
    assert CLOSED == ("detail_investigations",)
    assert set(OPEN).isdisjoint(CLOSED)
    assert "detail_education_attendance" not in OPEN + CLOSED
