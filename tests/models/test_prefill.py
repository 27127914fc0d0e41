import polars as pl
import pytest

from data_contracts.contract import load_contract
from models.errors import FengqingError
from models.home import Home
from models.prefill import carried_over
from models.warehouse import open_writer

A = "51990000900000014W"
LINEAGE = {"row_id": "f/s/7", "source_file": "f", "source_sheet": "s", "source_row": 7}


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    society = {
        "society_id": A, "report_year": 2024, "name": "旧名", "level": "city", "reporting_line": "110000",
        "reg_status": "registered", "cast_class": "A", "in_scope": True, **LINEAGE,
    }  # fmt: skip
    document = {
        "society_id": A, "report_year": 2025, "doc_id": "D01", "doc_type": "charter", "title": "章程",
        "stage": "approved", **LINEAGE,
    }  # fmt: skip
    rows = {
        "societies": [society, society | {"report_year": 2025, "name": "新名", "row_id": "f/s/8"}],
        "documents": [document, document | {"report_year": 2023, "row_id": "f/s/8"}],
    }
    with open_writer(home) as con:
        for family, given in rows.items():
            frame = pl.DataFrame(given, schema=load_contract(family).polars_schema())
            con.register("given", frame)
            con.execute(f"insert into {family} by name select * from given")
    return home


def test_latest_name_and_last_years_documents(home):
    name, rows = carried_over(home, A, 2026)
    assert name == "新名"
    assert rows["documents"].select("report_year", "title").rows() == [(2025, "章程")]


def test_nothing_filed_last_year(home):
    assert carried_over(home, A, 2025)[1]["documents"].height == 0


def test_a_society_not_on_the_register(home):
    with pytest.raises(FengqingError) as caught:
        carried_over(home, "51990000900000022P", 2026)
    assert caught.value.code == "society_unknown"
