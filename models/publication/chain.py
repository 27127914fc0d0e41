"""What a new run stands on and replaces: last year's run, the same year's, and the split of what changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import FengqingError
from models.publication.basis import put

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

PREVIOUS_YEAR, RESTATED = "previous_year", "restated"


@dataclass(frozen=True)
class Chain:
    """The runs that were current when a run was published; no part of its manifest.

    `previous`: of the year before. `restates`: of the same year. `past`: year → run of every earlier year,
    those whose selections rotation looked at. A run is the same wherever it is published; what it follows
    there is a fact of that home.
    """

    previous: str | None = None
    restates: str | None = None
    past: dict[str, str] = field(default_factory=dict)

    @property
    def bases(self) -> dict[str, str]:
        """Basis → run to compare with."""
        known = {PREVIOUS_YEAR: self.previous, RESTATED: self.restates}
        return {basis: run_id for basis, run_id in known.items() if run_id}


def chain_of(known: dict[str, Any], year: int, run_id: str) -> Chain:
    """The chain of run `run_id` of `year`, from the content of current.json."""
    years: dict[str, str] = known.get("years", {})
    same = years.get(str(year))
    return Chain(
        previous=years.get(str(year - 1)),
        restates=same if same != run_id else None,
        past={y: run for y, run in sorted(years.items()) if int(y) < year},
    )


def write_changes(
    con: DuckDBPyConnection,
    bases: dict[str, Path],
    warehouse: DuckDBPyConnection,
) -> None:
    """Write `comparisons`, `changes` and `restatements` into the snapshot behind `con`.

    `bases`: basis → the snapshot to compare with. `comparisons`: basis, base_run_id, note_code, note_zh,
    note_en, one row a note (one with nulls if there is none). `changes`: basis, base_run_id and the effects
    of `compare`. `restatements`: see restatements.py. A base of an older version cannot be compared: its note
    says so, and nothing else is written of it.
    """
    import polars as pl

    from models.publication.comparison import compare
    from models.publication.comparison.compare import CHANGE_SCHEMA
    from models.publication.files import open_file
    from models.publication.restatements import SCHEMA as LOG
    from models.publication.restatements import restatements

    notes: list[tuple[str | None, ...]] = []
    changes = [pl.DataFrame(schema=_based(CHANGE_SCHEMA))]
    log = pl.DataFrame(schema=LOG)
    for basis, path in bases.items():
        with closing(open_file(path)) as base:
            try:
                found = compare(base, con, warehouse)
            except FengqingError as error:
                if error.code != "RUN_NOT_COMPARABLE":
                    raise
                notes.append((basis, path.stem, error.code, error.zh, error.en))
                continue
            notes += [(basis, path.stem, n.code, n.zh, n.en) for n in found.notes]
            if not found.notes:
                notes.append((basis, path.stem, None, None, None))
            named = (pl.lit(basis).alias("basis"), pl.lit(path.stem).alias("base_run_id"))
            changes.append(found.effects.select(*named, pl.all()))
            if basis == RESTATED:
                log = restatements(found)
    columns = ("basis", "base_run_id", "note_code", "note_zh", "note_en")
    put(con, "comparisons", pl.DataFrame(notes, schema=dict.fromkeys(columns, pl.String), orient="row"),
        "与之比较的运行 | Runs compared with")  # fmt: skip
    put(con, "changes", pl.concat(changes), "得分变动的分解 | Changes of scores, split")
    put(con, "restatements", log, "更正记录 | Restatement log")


def _based(schema: dict[str, Any]) -> dict[str, Any]:
    import polars as pl

    return {"basis": pl.String, "base_run_id": pl.String, **schema}
