"""Judge files where they lie, without a warehouse: what a clerk may ask before sending them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any

from models.errors import FengqingError
from models.home import Home
from models.intake.archives import expand
from models.intake.kinds import is_archive
from models.intake.limits import Limits, Refusal

if TYPE_CHECKING:
    import polars as pl

GRAVE = ("returned", "quarantined")


@dataclass(frozen=True)
class FileReport:
    """One file as it would be judged: its rows by verdict, and every finding.

    `findings` are rows of `Judged.findings`. `is_clean`: it was read, and nothing in it would be
    returned or quarantined. `is_register_consulted`: whether names and codes were held against a register.
    """

    path: Path
    file_id: str
    origin: str | None
    society_id: str | None
    report_year: int | None
    revision: int | None
    status: str
    rows: dict[str, int]
    findings: tuple[dict[str, Any], ...]
    is_register_consulted: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether the file may be sent as it is."""
        return self.status != "refused" and not any(self.rows[v] for v in GRAVE)


def check(
    paths: Sequence[Path],
    home: Home | None = None,
    today: date | None = None,
    register: pl.DataFrame | None = None,
) -> list[FileReport]:
    """Judge the files together and change nothing.

    Args:
        paths: files, or folders whose files are taken in order of name.
        home: where the warehouse is. Without one, or without a warehouse in it, what needs the register
            or rows accepted earlier is not checked.
        today: the day against which a date is in the future.
        register: society_id, report_year, name, former_names of societies known, where there is no home: as
            a published run has them. It is left aside if it says nothing of a year that is reported.

    Raises:
        FengqingError: a path does not exist, or there is no file.
    """
    from models.intake.judging import judge, source_file
    from models.intake.outcome import VERDICTS

    with TemporaryDirectory() as folder:
        found = [item for path in _files(paths) for item in _unpacked(path, Path(folder))]
        files = [replace(source_file(path), name=name) for name, path, _ in found]
        context = _context(home, today or date.today())
        known = _with_published(context, register)
        judged = judge(files, known)
        if known is not context and not _covers(known.register, judged.files):
            known = context
            judged = judge(files, known)
    by_id = {f["file_id"]: f for f in judged.files.iter_rows(named=True)}
    findings: dict[str, list[dict[str, Any]]] = {}
    for finding in judged.findings.sort("sheet", "row", "col", nulls_last=False).iter_rows(named=True):
        findings.setdefault(finding["file_id"], []).append(finding)
    names = ("origin", "society_id", "report_year", "revision", "status")
    return [
        FileReport(
            path=shown,
            file_id=file.file_id,
            rows={v: by_id[file.file_id][v] for v in ("rows_read", *VERDICTS, "non_data")},
            findings=tuple(findings.get(file.file_id, ())),
            is_register_consulted=known.register is not None,
            **{name: by_id[file.file_id][name] for name in names},
        )
        for (_, _, shown), file in zip(found, files, strict=True)
    ]


def _with_published(context: Any, register: pl.DataFrame | None) -> Any:
    if context.register is not None or register is None or register.is_empty():
        return context
    keys = {"societies": register.select("society_id", "report_year").unique()}
    return replace(context, register=register, known_keys=keys)


def _covers(register: pl.DataFrame, files: pl.DataFrame) -> bool:
    """Whether the register has every year that the files report; a society of another year is not unknown."""
    return set(files["report_year"].drop_nulls()) <= set(register["report_year"])


def _unpacked(path: Path, folder: Path) -> list[tuple[str, Path, Path]]:
    """(name, path to read, path to report) of the file itself, or of each file in an archive."""
    limits = Limits()
    with path.open("rb") as file:
        if not is_archive(file, limits):
            return [(path.name, path, path)]
    inside = Path(mkdtemp(dir=folder))
    try:
        members = expand(path, inside, limits)
    except Refusal:
        return [(path.name, path, path)]  # judging finds the same and says so
    return [(f"{path.name}/{m.name}", m.path, path / m.name) for m in members]


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            found.append(path)
        else:
            raise FengqingError(
                "file_missing",
                f"找不到文件 {path}，请检查路径。",
                f"There is no file {path}; check the path.",
            )
    if not found:
        raise FengqingError("nothing_to_check", "没有可检查的文件。", "There is no file to check.")
    return found


def _context(home: Home | None, today: date) -> Any:
    """With a warehouse: its register and keys. Without, or while a run holds it: what the files say alone.

    The salt is for one use, since nothing is kept.
    """
    from models.intake.judging import Context
    from models.warehouse import WarehouseLockedError

    alone = Context(register=None, known_keys=None, salt=secrets.token_bytes(32), today=today)
    if home is None or not home.root.exists() or not home.warehouse.exists():
        return alone
    try:
        return _with_register(home, alone)
    except WarehouseLockedError:
        return alone


def _with_register(home: Home, alone: Any) -> Any:
    from data_contracts.contract import load_contracts
    from models.intake.crosscheck import Holdings
    from models.warehouse import open_reader

    parents = {r.to_family: r.to_columns for c in load_contracts().values() for r in c.relationships}
    with open_reader(home) as con:
        register = con.sql("select * from main.societies").pl()
        known = {
            family: con.sql(f"select distinct {', '.join(columns)} from main.{family}").pl()
            for family, columns in parents.items()
        }
        held = Holdings.load(con)
    return alone if register.is_empty() else replace(alone, register=register, known_keys=known, held=held)
