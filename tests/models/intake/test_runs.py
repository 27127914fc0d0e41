"""What became of every row is kept as runs and read as rows."""

import duckdb
import polars as pl

from models import ledger
from models.intake.loading import runs

FILES = {"a": "a" * 64, "b": "b" * 64}
# file, sheet, row, verdict, family, kind; the last ones stand in no order and leave gaps.
TOLD = [
    ("a", "csv", 1, "non_data", None, "header"),
    ("a", "csv", 2, "accepted", "education_attendance", None),
    ("a", "csv", 3, "accepted", "education_attendance", None),
    ("a", "csv", 4, "returned", "education_attendance", None),
    ("a", "csv", 5, "accepted", "education_attendance", None),
    ("b", "csv", 6, "accepted", "education_attendance", None),
    ("b", "表3", 7, "accepted", "education_sessions", None),
    ("b", "表3", 9, "accepted", "education_sessions", None),
    ("b", "表3", 8, "accepted", "education_sessions", None),
    ("b", "表3", 10, "non_data", None, "note"),
    ("b", "表3", 11, "non_data", None, "total"),
]


def rows_of(told):
    schema = {name: sql_type for name, sql_type, _ in ledger.ROWS if name != "row_id"}
    types = {n: pl.Int64 if t.startswith("BIGINT") else pl.String for n, t in schema.items()}
    frame = pl.DataFrame(told, schema=types, orient="row").with_columns(pl.col("file_id").replace(FILES))
    row_id = pl.format("{}/{}/{}", pl.col("file_id").str.slice(0, 16), "sheet", "row")
    return frame.with_columns(row_id=pl.when(pl.col("verdict") != "non_data").then(row_id))


def read_back(kept):
    with duckdb.connect() as con:
        for name in ("row_runs", "rows"):
            con.execute(ledger.sql_for_table(name)[0])
        con.execute("insert into row_runs by name select * from kept")
        return con.sql("select * from rows order by all").pl()


def test_runs_give_every_row_back():
    rows = rows_of(TOLD)
    assert read_back(runs(rows)).equals(rows.sort(rows.columns))


def test_what_differs_or_does_not_follow_begins_a_run():
    found = runs(rows_of(TOLD)).select("first_row", "last_row").rows()
    assert found == [(1, 1), (2, 3), (4, 4), (5, 5), (6, 6), (7, 7), (9, 9), (8, 8), (10, 10), (11, 11)]


def test_no_rows_make_no_runs():
    assert runs(rows_of([])).is_empty()
