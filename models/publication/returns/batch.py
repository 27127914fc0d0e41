"""The return workbooks of a run: one for every file of the year that was returned in part or whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from models.home import Home
from models.intake.receipts import receipts
from models.publication.returns.findings import GRAVE
from models.publication.returns.writing import write_return

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = "退回补正"
STAGE = "return"
# Superseded files have gone back before; so have those refused in whose place another came later. Files
# whose year could not be read go back with every run, for nobody else would tell the sender.
RETURNED = """
with returned as (
    select file_id, name, society_id, report_year, landed_at from files as f
    where status <> 'superseded' and (report_year = $1 or report_year is null)
        and not (status = 'refused' and exists (
            select 1 from files as later
            where later.status = 'current' and later.origin = f.origin and later.landed_at > f.landed_at
                and later.society_id = f.society_id and later.report_year = f.report_year
        ))
)
select returned.name, findings.* from findings join returned using (file_id)
where verdict in $2 order by returned.name, file_id, sheet nulls first, row, col, code, message_zh
"""


def write_returns(  # noqa: PLR0913, PLR0917 - one parameter a choice
    con: DuckDBPyConnection,
    home: Home,
    year: int,
    out_dir: Path,
    due: date | None = None,
    lang: str = "zh",
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write what goes back of one year's files, from the ledger and the copies in landing; the paths.

    Args:
        con: a reader of the warehouse.
        home: whose landing holds the files as received.
        year: report year.
        out_dir: one file each; files of one name from several folders get part of their sha256.
        due: the day by which they must be back.
        lang: language of the lists.
        progress: called with `return`, the files done and the files in all.
    """
    import polars as pl

    found = con.sql(RETURNED, params=[year, list(GRAVE)]).pl()
    paths = {receipt.file_id: receipt.path for receipt in receipts(home)}
    called = (
        found.select("file_id", "name")
        .unique(maintain_order=True)
        .with_columns(base=pl.col("name").str.split("/").list.last())
    )
    repeated = set(called.filter(pl.col("base").is_duplicated())["file_id"])
    files = found.partition_by("file_id", as_dict=True, maintain_order=True)
    written: list[Path] = []
    for done, ((file_id, *_), findings) in enumerate(files.items(), start=1):
        base = Path(findings["name"][0]).name
        name = f"{file_id[:8]}_{base}" if file_id in repeated else base
        target = write_return(paths[file_id], findings, out_dir, lang, due, name)
        written += [target] if target else []
        if progress:
            progress(STAGE, done, len(files))
    return written
