import subprocess
import sys
import textwrap

import duckdb
import polars as pl
import pytest

from data_contracts.contract import load_contracts
from models import ledger
from models.errors import FengqingError
from models.home import Home
from models.warehouse import WarehouseLockedError, open_reader, open_writer


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    with open_writer(home):
        pass
    return home


def tables(con):
    return set(con.sql("select table_schema, table_name from information_schema.tables").fetchall())


def test_first_use_makes_every_table(made):
    with open_reader(made) as con:
        expected = {(schema, name) for name in load_contracts() for schema in ("main", "history")}
        assert tables(con) == expected | {("main", name) for name in ledger.TABLES}


@pytest.mark.parametrize("name", ledger.TABLES)
def test_every_column_of_the_books_is_commented(made, name):
    with open_reader(made) as con:
        found = con.sql(
            "select column_name, comment from duckdb_columns() "
            "where table_name = $1 and schema_name = 'main'",
            params=[name],
        ).fetchall()
    assert [column for column, _ in found] == [column for column, _, _ in ledger.TABLES[name][1]]
    assert all(comment for _, comment in found)


def test_the_second_use_keeps_what_was_written(tmp_path):
    home = Home(tmp_path)
    with open_writer(home) as con:
        con.execute("insert into batches values ('b', now()::timestamp, now()::timestamp, 1, 2)")
    with open_writer(home) as con:
        assert con.sql("select rows_n from batches").fetchall() == [(2,)]


def test_a_reader_cannot_write(made):
    with open_reader(made) as con, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        con.execute("delete from files")


def test_several_read_at_once(made):
    with open_reader(made) as one, open_reader(made) as two:
        assert (
            one.sql("select count(*) from files").fetchall()
            == two.sql("select count(*) from files").fetchall()
        )


@pytest.fixture
def held(made):
    """Another process holds the warehouse."""
    script = """
        import sys
        from pathlib import Path
        from models.home import Home
        from models.warehouse import open_writer
        with open_writer(Home(Path(sys.argv[1]))):
            print("open", flush=True)
            sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(made.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        yield
        other.stdin.close()


@pytest.mark.parametrize("opener", [open_writer, open_reader])
def test_held_by_another_process_is_one_clear_line(made, held, opener):
    with pytest.raises(WarehouseLockedError) as caught, opener(made):
        pass
    for text, what_to_do in ((caught.value.zh, "重试"), (caught.value.en, "try again")):
        assert what_to_do in text
        assert "\n" not in text


def test_free_again_when_the_other_has_ended(made):
    with open_writer(made) as con:
        assert con.sql("select 1").fetchall() == [(1,)]


def test_open_for_writing_in_this_process_is_locked_too(made):
    with open_writer(made), pytest.raises(WarehouseLockedError), open_reader(made):
        pass


def test_reading_before_anything_was_ingested(tmp_path):
    with pytest.raises(FengqingError) as caught, open_reader(Home(tmp_path)):
        pass
    assert caught.value.code == "warehouse_missing"
    assert not (tmp_path / "warehouse.duckdb").exists()


@pytest.mark.parametrize("opener", [open_writer, open_reader])
def test_a_changed_contract_is_noticed(tmp_path, monkeypatch, opener):
    from dataclasses import replace

    home = Home(tmp_path)
    with open_writer(home):
        pass
    contracts = dict(load_contracts())
    units = contracts["units"]
    contracts["units"] = replace(units, version="9.9.9", fields=units.fields[:-1])
    monkeypatch.setattr("models.warehouse.load_contracts", lambda: contracts)
    with pytest.raises(FengqingError) as caught, opener(home):
        pass
    assert caught.value.code == "warehouse_contracts_changed"
    assert "units 1.2.0 → units 9.9.9" in caught.value.zh
    assert "ingest again" in caught.value.en


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("not a database" * 1000)
    with pytest.raises(FengqingError) as caught, open_writer(Home(tmp_path)):
        pass
    assert caught.value.code == "warehouse_unreadable"


def test_another_database_is_left_alone_by_readers(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("create table mine (a int)")
    with pytest.raises(FengqingError) as caught, open_reader(Home(tmp_path)):
        pass
    assert caught.value.code == "warehouse_foreign"


def test_results_of_a_run_replace_those_it_had(made):
    results = pl.DataFrame(
        {
            "family": ["units"], "expectation": ["unique:key"], "description_zh": ["不重复"],
            "description_en": ["unique"], "severity": ["hard"], "success": [False], "observed": ["2"],
            "unexpected_n": [2], "details": ["{}"],
        }
    )  # fmt: skip
    with open_writer(made) as con:
        ledger.replace_expectation_results(con, "2025-a", pl.concat([results, results]))
        ledger.replace_expectation_results(con, "2024-b", results)
        ledger.replace_expectation_results(con, "2025-a", results)
        found = con.sql(
            "select run_id, description, unexpected_n from expectation_results order by 1"
        ).fetchall()
    assert found == [("2024-b", "不重复 | unique", 2), ("2025-a", "不重复 | unique", 2)]
