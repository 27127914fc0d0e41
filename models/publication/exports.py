"""What a run hands out: the yearly table, the internal list, the public list — each as xlsx and csv."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.publication import listings, restated
from models.publication.coarse import rules
from models.publication.disclosure import SMALLEST_COUNT, approval_number
from models.publication.handout import open_handout
from models.publication.sheets import Sheet, csv_bytes, layout, sheet, workbook_bytes

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.home import Home

PROVISIONAL = {"zh": "（试评）", "en": " (provisional)"}
# table of columns.yaml → the sheets of its workbook, the notes sheet aside; each is a query of listings.py.
Query = Callable[..., "pl.DataFrame"]
WORKBOOKS: dict[str, dict[str, Query]] = {
    "annual": {"annual": listings.annual},
    "exemplars": {
        "exemplars": listings.exemplars,
        "reserve": listings.reserve,
        "onsite": listings.onsite,
        "lines": listings.lines,
        "not_selected": listings.not_selected,
    },
    "public": {"public": listings.public},
    "public_ranked": {"public_ranked": listings.exemplars},
    "restatements": {"restatements": restated.listing},
}


def export(  # noqa: PLR0913 - what may be chosen
    home: Home,
    run_id: str | None = None,
    year: int | None = None,
    out: Path | None = None,
    approval_no: str | None = None,
    *,
    restricted: bool = False,
) -> list[Path]:
    """Write every list of a run and its manifest; return the paths.

    The folder is `out`, or the home's exports under the run's name. The public list is ranked only with an
    approval number. Small counts of cases, and scores that give them back, are withheld unless `restricted`.
    Raises FengqingError when there is no such run.
    """
    with closing(open_handout(home, run_id, year, restricted=restricted)) as con:
        folder = out or home.exports / run_facts(con)["run_id"]
        folder.mkdir(parents=True, exist_ok=True)
        return [_put(folder / one.name, one.make()) for one in run_files(con, approval_no)]


@dataclass(frozen=True)
class RunFile:
    """One file that a run hands out: of which list (`manifest` is none), its name, how its bytes are made."""

    table: str
    name: str
    make: Callable[[], bytes]


def run_files(
    con: DuckDBPyConnection,
    approval_no: str | None = None,
    *,
    is_part: bool = False,
    about: dict[str, Any] | None = None,
) -> list[RunFile]:
    """Every file of the run behind `con`; none is made before it is asked for.

    `is_part`: `con` shows some societies only. Lists for the public are not made of a part, and the notes of
    the others say so. `about`: the run's facts, if they are known already.
    """
    approval, about = approval_number(approval_no), about or run_facts(con)
    tables = ["annual", "exemplars"]
    if not is_part:
        tables.append("public_ranked" if approval else "public")
    if about["restates_run_id"]:
        tables.append("restatements")
    files = []
    for table in tables:
        name = file_name(table, is_provisional=about["is_provisional"])
        book = partial(workbook, con, table, approval=approval, is_part=is_part)
        files += [
            RunFile(table, f"{name}.xlsx", book),
            RunFile(table, f"{name}.csv", partial(_first_csv, con, table)),
        ]
    return [*files, RunFile("manifest", "manifest.json", partial(_manifest, about, approval))]


def _first_csv(con: DuckDBPyConnection, table: str) -> bytes:
    name, query = next(iter(WORKBOOKS[table].items()))
    return csv_bytes(sheet(name, query(con)))


def _manifest(about: dict[str, Any], approval: str | None) -> bytes:
    facts = {"run_id": about["run_id"], "created_at": about["created_at"].isoformat(), **about["manifest"]}
    if approval:
        facts["approval_no"] = approval
    return (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def workbook(
    con: DuckDBPyConnection,
    table: str,
    lang: str = "zh",
    approval: str | None = None,
    *,
    is_part: bool = False,
) -> bytes:
    """The bytes of one workbook. `is_part`: of some societies only, which its notes then say."""
    about = run_facts(con)
    mark = PROVISIONAL[lang] if about["is_provisional"] else ""
    sheets = [sheet(name, query(con, lang), lang) for name, query in WORKBOOKS[table].items()]
    sheets = [replace(one, title=one.title + mark) for one in sheets]
    title = f"{layout()[table]['sheet'][lang]}（{about['year']}）" if lang == "zh" else (
        f"{layout()[table]['sheet'][lang]} ({about['year']})"
    )  # fmt: skip
    title += mark
    explained = notes(about, table, lang, approval, is_part=is_part)
    return workbook_bytes([*sheets, explained], title, about["created_at"], lang)


def file_name(table: str, *, is_provisional: bool = False) -> str:
    """The name of a table's files, without ending; that of a provisional run says so."""
    return str(layout()[table]["file"]) + (PROVISIONAL["zh"] if is_provisional else "")


def run_facts(con: DuckDBPyConnection) -> dict[str, Any]:
    """The run row: run_id, year, created_at, manifest and methodology (dicts), and the runs it follows.

    Those are previous_run_id and restates_run_id (null too in a run of an older version). `is_provisional`:
    whether it is 试评; runs of older versions are not marked.
    """
    columns = ("run_id", "year", "created_at", "manifest", "methodology", "previous_run_id")
    row = con.sql("from run").pl().row(0, named=True)
    facts = {name: row[name] for name in columns}
    return {
        **facts,
        "restates_run_id": row.get("restates_run_id"),
        "is_provisional": bool(row.get("is_provisional")),
        "manifest": json.loads(facts["manifest"]),
        "methodology": json.loads(facts["methodology"]),
    }


def notes(
    about: dict[str, Any], table: str, lang: str, approval: str | None, *, is_part: bool = False
) -> Sheet:
    """The notes sheet: which run, which method, and that the parameters are 本项目建议值."""
    import polars as pl
    import yaml

    lines = yaml.safe_load((Path(__file__).parent / "notes.yaml").read_text(encoding="utf-8"))
    manifest, uncertainty = about["manifest"], about["methodology"]["uncertainty"]
    created: datetime = about["created_at"]
    facts = {
        "run_id": about["run_id"],
        "year": about["year"],
        "created_at": f"{created:%Y-%m-%d %H:%M}",
        "methodology_id": manifest["methodology"]["id"],
        "methodology_version": manifest["methodology"]["version"],
        "methodology_hash": manifest["methodology"]["sha256"][:16],
        "inputs_hash": manifest["inputs_hash"],
        "code_version": manifest["code_version"],
        "spread": f"{uncertainty['weight_spread'] * 100:g}",
        "draws": uncertainty["draws"],
        "interval": f"{uncertainty['interval'] * 100:g}",
        "approval_no": approval or "",
        "smallest": SMALLEST_COUNT,
        "step": rules()["rank_step"],
        "restates_run_id": about["restates_run_id"] or "",
    }
    status = lines["provisional" if about["is_provisional"] else "final"]
    rows = [
        {"item": line["item"][lang], "content": line["content"][lang].format(**facts)}
        for line in [*status, *(lines["part"] if is_part else []), *lines["common"], *lines[table]]
    ]
    return sheet("notes", pl.DataFrame(rows), lang)


def _put(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content)
    os.replace(draft, path)
    return path
