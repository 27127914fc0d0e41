import duckdb
import pytest

from data_contracts import ddl
from data_contracts.contract import LINEAGE, load_contract, load_contracts


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute(f"create schema {ddl.HISTORY_SCHEMA}")
        for contract in load_contracts().values():
            con.execute(ddl.create_table(contract))
            con.execute(ddl.create_history(contract))
            for statement in ddl.comments(contract):
                con.execute(statement)
        yield con


@pytest.mark.parametrize("family", load_contracts())
def test_an_accepted_frame_fits_the_table(con, family):
    contract = load_contract(family)
    con.register("accepted", contract.polars_schema().to_frame())
    con.execute(f"insert into {family} by name select * from accepted")
    assert con.sql(f"from {family}").pl().schema == contract.polars_schema()


@pytest.mark.parametrize("family", load_contracts())
def test_history_holds_the_same_and_who_superseded_it(con, family):
    current, history = con.sql(f"from {family}").columns, con.sql(f"from history.{family}").columns
    assert history == [*current, "superseded_by", "superseded_at"]


@pytest.mark.parametrize("family", load_contracts())
def test_every_column_is_commented_in_two_languages(con, family):
    contract = load_contract(family)
    found = dict(
        con.execute(
            "select column_name, comment from duckdb_columns() where table_name = ? and schema_name = 'main'",
            [family],
        ).fetchall()
    )
    for f in (*contract.fields, *LINEAGE):
        assert found[f.name].startswith(f.zh)
        assert f" | {f.en}" in found[f.name]
    [(about,)] = con.execute(
        "select comment from duckdb_tables() where table_name = ? and schema_name = 'main'", [family]
    ).fetchall()
    assert about.startswith(f"{contract.zh} | {contract.en}")


def society(con, **given):
    row = {
        "society_id": "51990000900000014W", "report_year": 2025, "name": "甲", "level": "city",
        "reporting_line": "110000", "reg_status": "registered", "cast_class": "A", "in_scope": True,
        "row_id": "f/s/2", "source_file": "f", "source_sheet": "s", "source_row": 2,
    } | given  # fmt: skip
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    con.execute(f"insert into societies ({names}) values ({marks})", list(row.values()))


def test_the_key_is_enforced(con):
    society(con)
    with pytest.raises(duckdb.ConstraintException, match="uplicate key"):
        society(con, name="乙")
    society(con, report_year=2026)


@pytest.mark.parametrize("column", ["name", "society_id", "row_id", "source_file"])
def test_required_columns_and_lineage_are_not_null(con, column):
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        society(con, **{"report_year": 2030, column: None})


def test_optional_columns_may_be_null(con):
    society(con, report_year=2031, supervisor_id=None, former_names=None)


def test_fingerprint_follows_the_shape_and_not_the_words():
    from dataclasses import replace

    contract = load_contract("units")
    reworded = replace(contract, description="x", fields=tuple(replace(f, zh="x") for f in contract.fields))
    shorter = replace(contract, fields=contract.fields[:-1])
    assert ddl.fingerprint(reworded) == ddl.fingerprint(contract)
    assert ddl.fingerprint(shorter) != ddl.fingerprint(contract)


def test_a_quote_in_a_description_stays_text(con):
    from dataclasses import replace

    contract = load_contract("units")
    odd = replace(contract, description="it's; drop table units; --")
    for statement in ddl.comments(odd):
        con.execute(statement)
    assert con.sql("select count(*) from units").fetchall() == [(0,)]
