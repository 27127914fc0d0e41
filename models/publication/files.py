"""A snapshot's file: where it lies, and open for reading only."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import duckdb

from models.errors import FengqingError

if TYPE_CHECKING:
    from pathlib import Path

    from models.home import Home

# What DuckDB says where a table or a column is not there.
LACKING = (duckdb.CatalogException, duckdb.BinderException)


def snapshot_path(home: Home, run_id: str) -> Path:
    """Where a run's snapshot lies."""
    return home.snapshots / f"{run_id}.duckdb"


def open_file(path: Path) -> duckdb.DuckDBPyConnection:
    """A snapshot file, open for reading only; FengqingError when it is damaged."""
    try:
        con = duckdb.connect(str(path), read_only=True)
        con.sql("select run_id from run").fetchall()
    except duckdb.Error as error:
        raise FengqingError(
            "SNAPSHOT_UNREADABLE",
            f"快照 {path.name} 无法读取，请删除后重新运行 fengqing run。",
            f"The snapshot {path.name} cannot be read; delete it and run `fengqing run` again.",
        ) from error
    return con


def beside(path: Path) -> duckdb.DuckDBPyConnection:
    """An empty database in memory, to look at a snapshot from.

    What does not fit into its memory goes to a folder of its own beside the snapshot, made when needed and
    removed with the connection. By default all such databases of a process write to files of the same names
    in the working folder: they read each other's, or the process ends.
    """
    con = duckdb.connect(":memory:")
    con.execute(f"set temp_directory = {quoted(f'{path}.{secrets.token_hex(8)}.tmp')}")
    return con


def quoted(text: str) -> str:
    """A text in SQL, where no parameter is taken."""
    return "'" + text.replace("'", "''") + "'"


def older(run_id: str) -> FengqingError:
    """What is said of a run whose snapshot lacks a table or column that this version shows."""
    command = f"fengqing run --year {run_id[:4]}"
    return FengqingError(
        "SNAPSHOT_OLDER",
        f"运行 {run_id} 的快照由较早版本发布，本版本不能显示。请重新运行 {command}，再选择新的运行；"
        "原快照保持不变，其他运行仍可选择。",
        f"The snapshot of run {run_id} was published by an earlier version and cannot be shown by this one. "
        f"Run `{command}` again and choose the new run; the old snapshot stays as it is, and other runs "
        "can still be chosen.",
    )
