"""A snapshot's file: where it lies, and open for reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from models.errors import FengqingError

if TYPE_CHECKING:
    from pathlib import Path

    from models.home import Home


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
