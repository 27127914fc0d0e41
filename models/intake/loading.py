"""One judged batch into the warehouse, in one transaction: the newest revision current, older in history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import duckdb
import polars as pl

from data_contracts.contract import load_contracts
from data_contracts.ddl import HISTORY_SCHEMA
from data_contracts.defects import PLACEHOLDERS, fill
from models import ledger
from models.clock import utc_now
from models.errors import FengqingError
from models.intake.superseding import load_family, retire_outdone, supersede_reports

# A file that brought nothing in must not take the place of one that did.
IS_REFUSED = (pl.col("status") == "refused") | (pl.col("accepted") == 0)
VERDICTS = ("accepted", "returned", "quarantined", "non_data")
REPEATED = "D40"
ORPHANED = "S03"


class Judged(Protocol):
    """What judging gives: accepted rows by family, and the three ledgers."""

    @property
    def accepted(self) -> dict[str, pl.DataFrame]:
        """Frames in `Contract.polars_schema()`."""

    @property
    def rows(self) -> pl.DataFrame:
        """One row a row read."""

    @property
    def findings(self) -> pl.DataFrame:
        """One row a finding."""

    @property
    def files(self) -> pl.DataFrame:
        """One row a file."""


@dataclass(frozen=True)
class Batch:
    """The files of one transaction.

    `received`: file_id, name, bytes, landed_at, container (the archive it came in, or null) and is_repeated
    (whether the inbox holds the same content under another name). `settled`: files already judged a second
    time in this ingest, not to be judged a third.
    """

    batch_id: str
    started_at: datetime
    received: pl.DataFrame
    settled: frozenset[str] = frozenset()


def check_row_equation(judged: Judged) -> None:
    """Rows read = accepted + returned + quarantined + non-data, per file, and as counted row by row.

    Raises:
        FengqingError: it does not hold, which is a fault of the program; nothing is loaded.
    """
    counted = judged.rows.group_by("file_id").agg(
        *((pl.col("verdict") == v).sum().cast(pl.Int64).alias(f"{v}_counted") for v in VERDICTS)
    )
    nothing = pl.DataFrame(schema={"file_id": pl.String})
    stored = pl.concat([nothing, *(f.select(file_id="source_file") for f in judged.accepted.values())])
    loaded = stored.group_by("file_id").len("loaded")
    figures = (
        judged.files.join(counted, on="file_id", how="left")
        .join(loaded, on="file_id", how="left")
        .with_columns(pl.col("^.*_counted$", "loaded").fill_null(0))
    )
    wrong = figures.filter(
        (pl.col("rows_read") != pl.sum_horizontal(VERDICTS))
        | (pl.col("loaded") != pl.col("accepted"))
        | pl.any_horizontal(pl.col(v) != pl.col(f"{v}_counted") for v in VERDICTS)
    )
    unknown = judged.rows.join(judged.files, on="file_id", how="anti").height
    if wrong.height or unknown:
        name = wrong["name"][0] if wrong.height else "?"
        raise FengqingError(
            "row_equation",
            f"{wrong.height or unknown}个文件的行数不平（如“{name}”），本批未入库；这是程序缺陷，请报告。",
            f"The rows of {wrong.height or unknown} file(s) do not add up (such as “{name}”); the batch was "
            "not loaded. This is a fault of the program: please report it.",
        )


def load(con: duckdb.DuckDBPyConnection, batch: Batch, judged: Judged) -> list[str]:
    """Load one batch, all or nothing.

    Returns:
        Ids of files loaded earlier whose rows depend on what this batch brought or replaced. The
        warehouse has forgotten them in the same transaction; they must be judged again.

    Raises:
        FengqingError: the row equation does not hold.
    """
    check_row_equation(judged)
    # One thread compresses what is inserted, whatever is set; with more, the caller's waits for it in a loop
    # that takes a whole processor from the batch being prepared meanwhile.
    con.execute("set threads = 1")
    con.execute("begin")
    try:
        _load_books(con, batch, judged)
        repeats = supersede_reports(con, batch.batch_id)
        _note_repeats(
            con,
            repeats.with_columns(
                variant=pl.when(pl.col("a") == pl.col("b")).then(pl.lit("again")).otherwise(pl.lit(""))
            ),
        )
        for family, frame in judged.accepted.items():
            if frame.height:
                load_family(con, load_contracts()[family], frame)
        retire_outdone(con)
        again = _forget_dependents(con, batch, judged)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return again


def _load_books(con: duckdb.DuckDBPyConnection, batch: Batch, judged: Judged) -> None:
    files = (
        judged.files.drop("name", "bytes", "landed_at", "container", strict=False)
        .join(batch.received, on="file_id", how="left")
        .with_columns(
            status=pl.when(IS_REFUSED).then(pl.lit("refused")).otherwise(pl.lit("current")),
            batch_id=pl.lit(batch.batch_id),
        )
    )
    _insert(con, "files", files.select(_names(ledger.FILES)))
    _insert(con, "row_runs", runs(judged.rows).select(_names(ledger.ROW_RUNS)))
    _insert(con, "findings", judged.findings.select(_names(ledger.FINDINGS)))
    _note_repeats(con, files.filter("is_repeated").with_columns(variant=pl.lit("same")))
    con.execute(
        "insert into batches values (?, ?, ?, ?, ?)",
        [batch.batch_id, batch.started_at, utc_now(), files.height, judged.rows.height],
    )


def runs(rows: pl.DataFrame) -> pl.DataFrame:
    """Consecutive rows of a sheet that share all but their number as one: first_row, last_row instead of row.

    Rows out of their order are kept as well, each in a run of its own.
    """
    shared = [name for name in _names(ledger.ROW_RUNS) if name not in ("first_row", "last_row")]
    begins = pl.col("row").diff().fill_null(0) != 1
    for name in shared:
        begins |= pl.col(name).ne_missing(pl.col(name).shift())
    marked = rows.select(*shared, "row", begins=begins)
    last = marked["row"].filter(marked["begins"].shift(-1, fill_value=True))
    return marked.filter("begins").select(*shared, first_row="row", last_row=last)


def load_containers(con: duckdb.DuckDBPyConnection, containers: pl.DataFrame) -> None:
    """Rows in the books for archives whose files were landed, each once: they hold no rows of their own.

    Args:
        con: the warehouse, open for writing.
        containers: file_id, name, bytes, landed_at, container (of an archive within another, or null).
    """
    con.execute(
        "insert into files by name select c.*, 'container' as status, 'landing' as batch_id, "
        f"{', '.join(f'0 as {n}' for n in ('rows_read', *VERDICTS))} from containers c "
        "anti join files using (file_id)"
    )


def date_containers(con: duckdb.DuckDBPyConnection) -> None:
    """An archive whose files are all of one year, or of one society, is of that year and society."""
    con.execute(
        """
        update files set report_year = m.report_year, society_id = m.society_id
        from (
            select container,
                   case when count(distinct report_year) = 1 then min(report_year) end as report_year,
                   case when count(distinct society_id) = 1 then min(society_id) end as society_id
            from files where container is not null group by container
        ) m
        where m.container = files.file_id and files.status = 'container'
          and (files.report_year, files.society_id) is distinct from (m.report_year, m.society_id)
        """
    )


def _names(columns: ledger.Columns) -> list[str]:
    return [name for name, _, _ in columns]


def _insert(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    con.execute(f"insert into {table} by name select * from frame")


def _note_repeats(con: duckdb.DuckDBPyConnection, files: pl.DataFrame) -> None:
    """Finding D40 on whole files: file_id, society_id, report_year, variant, and revisions a and b."""
    absent = [n for n in (*PLACEHOLDERS, "sheet", "field", "col", "cells") if n not in files.columns]
    noted = files.with_columns(
        pl.lit(REPEATED).alias("code"),
        pl.lit("W").alias("verdict"),
        *(pl.lit(None, pl.String).alias(n) for n in absent),
    )
    _insert(con, "findings", fill(noted).select(_names(ledger.FINDINGS)))


def _forget_dependents(con: duckdb.DuckDBPyConnection, batch: Batch, judged: Judged) -> list[str]:
    """Forget files loaded earlier whose rows depend on what this batch brought or replaced.

    Check-ins hang on the sessions of a report; rows returned for want of a parent (S03) may find it
    now. Superseded files stay as they are.
    """
    empty = pl.DataFrame(schema={"society_id": pl.String, "report_year": pl.Int64})
    con.register("registered", judged.accepted.get("societies", empty).select(empty.columns).unique())
    con.register("years", judged.accepted.get("units", empty).select("report_year").unique())
    attended = " union all ".join(
        f"select society_id, report_year, source_file from main.{c.name}"
        for c in load_contracts().values()
        if "checkin" in c.origins
    )
    again = con.sql(
        f"""
        with reported as (
            select society_id, report_year from files
            where batch_id = $1 and origin = 'society' and status = 'current'
        ), dependents as (
            select source_file as file_id from ({attended}) semi join reported
                using (society_id, report_year)
            union select file_id from findings semi join reported using (society_id, report_year)
                where code = $3 and file_id in (select file_id from files where origin <> 'society')
            union select file_id from findings semi join registered using (society_id, report_year)
                where code = $3
            union select file_id from findings semi join years using (report_year) where code = $3
        )
        select file_id from files semi join dependents using (file_id)
        where batch_id <> $1 and status <> 'superseded' and not list_contains($2, file_id)
        order by landed_at
        """,
        params=[batch.batch_id, sorted(batch.settled), ORPHANED],
    ).pl()
    con.unregister("registered")
    con.unregister("years")
    if again.height:
        for family in load_contracts():
            for schema in ("main", HISTORY_SCHEMA):
                con.execute(f"delete from {schema}.{family} where source_file in (select file_id from again)")
        for table in ("row_runs", "findings", "files"):
            con.execute(f"delete from {table} where file_id in (select file_id from again)")
    return again["file_id"].to_list()
