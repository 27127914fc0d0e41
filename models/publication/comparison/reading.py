"""A published run, read back from its snapshot for comparison."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from models.assessment.methodology import Methodology
from models.errors import FengqingError

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

NEEDED = ("inputs", "facts", "not_assessed", "measures", "signals")


@dataclass(frozen=True)
class Run:
    """A run's name, manifest and methodology, with the connection to its snapshot for everything else."""

    con: DuckDBPyConnection
    run_id: str
    year: int
    created_at: datetime
    manifest: dict[str, Any]
    plain_methodology: dict[str, Any]

    @cached_property
    def methodology(self) -> Methodology:
        """The run's methodology; FengqingError where this version no longer understands it."""
        try:
            return Methodology.model_validate(self.plain_methodology, by_name=True, by_alias=True)
        except ValueError as error:
            raise FengqingError(
                "METHODOLOGY_TOO_OLD",
                f"运行 {self.run_id} 的评价方法由旧版程序写成，现版无法据以重算，分数变动不能分解。",
                f"The methodology of run {self.run_id} was written by an older version; this one cannot "
                "work scores out by it, so the change cannot be split.",
            ) from error

    @property
    def code(self) -> tuple[str, str]:
        """Code version and libraries, as text."""
        return self.manifest["code_version"], json.dumps(self.manifest["libraries"], sort_keys=True)

    def table(self, name: str, columns: str = "*") -> pl.DataFrame:
        """A table of the snapshot."""
        return self.con.sql(f"select {columns} from {name}").pl()


def read_run(con: DuckDBPyConnection) -> Run:
    """The run behind a snapshot's connection (or one with views of the same names).

    Raises:
        FengqingError: the snapshot was made before runs could be compared.
    """
    columns = ("run_id", "year", "created_at", "manifest", "methodology")
    ((run_id, year, created_at, manifest, methodology),) = con.sql(
        f"select {', '.join(columns)} from run"
    ).fetchall()
    found = {name for (name,) in con.sql("select table_name from information_schema.tables").fetchall()}
    if missing := [name for name in NEEDED if name not in found]:
        raise FengqingError(
            "RUN_NOT_COMPARABLE",
            f"运行 {run_id} 由旧版程序发布，快照中没有比较所需的 {'、'.join(missing)}。"
            "请用现版重新运行该年度后再比较。",
            f"Run {run_id} was published by an older version: its snapshot lacks {', '.join(missing)}, "
            "which a comparison needs. Run that year again, then compare.",
        )
    return Run(con, run_id, year, created_at, json.loads(manifest), json.loads(methodology))
