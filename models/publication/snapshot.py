"""Published runs: write one as an immutable file, say which is current, open one for reading."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from models.errors import FengqingError
from models.publication.chain import chain_of, write_changes
from models.publication.files import open_file, snapshot_path
from models.publication.store import write

if TYPE_CHECKING:
    import polars as pl

    from models.home import Home
    from models.publication.manifest import Manifest

CURRENT = "current.json"
SELECTED = """
select society_id, $1::bigint as year from exemplars where decision = 'selected' order by society_id
"""
RUN_ID = re.compile(r"\d{4}-[0-9a-f]{10}")
UNREAD: dict[str, Any] = {
    **dict.fromkeys(("created_at", "is_provisional", "societies_n", "previous_run_id", "restates_run_id")),
    "is_readable": False,
}


def publish(
    home: Home,
    assessment: Any,
    measures: Any,
    manifest: Manifest,
    warehouse_reader: duckdb.DuckDBPyConnection,
) -> Path:
    """Publish a run and make it its year's current one; a run already published is left as it is.

    `assessment` and `measures` are the results of `assess` and `compute`; `warehouse_reader` is open for
    reading. Returns the snapshot's path. Raises FengqingError when the results break their contract.
    """
    path = home.snapshots / f"{manifest.run_id}.duckdb"
    if path.exists():
        open_file(path).close()
    else:
        frames = {
            **{name: getattr(assessment, name) for name in _assessment_tables()},
            "contributions": measures.contributions,
            "unit_measures": measures.units,
        }
        draft = path.with_name(f".{manifest.run_id}.{os.getpid()}.tmp")
        draft.unlink(missing_ok=True)
        try:
            with closing(duckdb.connect(str(draft))) as con:
                created_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
                chain = chain_of(current(home), manifest.year, manifest.run_id)
                write(con, frames, manifest, warehouse_reader, created_at, chain, measures)
                bases = {basis: snapshot_path(home, run_id) for basis, run_id in chain.bases.items()}
                write_changes(con, bases, warehouse_reader)
                con.execute("checkpoint")
            _sync(draft)
            draft.replace(path)
            _sync(path.parent)
        finally:
            draft.unlink(missing_ok=True)
    _make_current(home, manifest)
    return path


def current(home: Home) -> dict[str, Any]:
    """`{"latest": run_id, "years": {"2025": run_id}}`; empty when nothing has been published."""
    path = home.snapshots / CURRENT
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise FengqingError(
            "CURRENT_UNREADABLE",
            f"{path} 无法读取，请重新运行 fengqing run 以重写该文件。",
            f"{path} cannot be read; run `fengqing run` again to write it anew.",
        ) from error


def list_runs(home: Home, year: int | None = None) -> list[dict[str, Any]]:
    """Every published run, or those of a year, newest first.

    run_id, year, created_at (UTC), is_current, is_provisional, societies_n, previous_run_id (of the year
    before), restates_run_id (of the same year; null too in runs of older versions), is_readable. Of a damaged
    one, which comes last and hides no other, only run_id, year and is_current are known; the rest is null.
    """
    now = set(current(home).get("years", {}).values())
    found = []
    for path in home.snapshots.glob(f"{'*' if year is None else year}-*.duckdb"):
        if RUN_ID.fullmatch(path.stem):
            own = {"run_id": path.stem, "year": int(path.stem[:4]), "is_current": path.stem in now}
            found.append(UNREAD | own | _told(path))
    return sorted(found, key=lambda run: (run["created_at"] or datetime.min, run["run_id"]), reverse=True)


def _told(path: Path) -> dict[str, Any]:
    """What a snapshot tells of itself; nothing if it is damaged, which opening it says in words."""
    try:
        with closing(open_file(path)) as con:
            run = con.sql("from run").pl().row(0, named=True)
    except FengqingError:
        return {}
    return {
        "created_at": run["created_at"],
        "is_provisional": bool(run.get("is_provisional")),
        "societies_n": json.loads(run["counts"])["societies"],
        "previous_run_id": run["previous_run_id"],
        "restates_run_id": run.get("restates_run_id"),
        "is_readable": True,
    }


def resolve(home: Home, run_id: str | None = None, year: int | None = None) -> str:
    """The run meant: the one named, else the year's current one, else the latest year's.

    Raises FengqingError when there is none.
    """
    known = current(home)
    if not known:
        raise FengqingError(
            "NO_RUN",
            f"{home.root} 尚无已发布的评估，请先运行 fengqing run --year 年度。",
            f"Nothing has been published in {home.root} yet; run `fengqing run --year YEAR` first.",
        )
    chosen = run_id or (known["years"].get(str(year)) if year else known["latest"])
    if not chosen or not RUN_ID.fullmatch(chosen) or not snapshot_path(home, chosen).exists():
        raise FengqingError(
            "RUN_UNKNOWN",
            f"没有找到运行 {run_id or year}；已发布的运行见 fengqing runs。",
            f"There is no run {run_id or year}; see `fengqing runs` for those published.",
        )
    return str(chosen)


def open_snapshot(
    home: Home, run_id: str | None = None, year: int | None = None
) -> duckdb.DuckDBPyConnection:
    """The snapshot meant, open for reading only; FengqingError when there is none or it is damaged."""
    return open_file(snapshot_path(home, resolve(home, run_id, year)))


def past_selections(home: Home, year: int) -> pl.DataFrame:
    """Societies selected by the current runs of earlier years: society_id, year (the `past` of `assess`)."""
    import polars as pl

    frames = [pl.DataFrame(schema={"society_id": pl.String, "year": pl.Int64})]
    for known, run_id in sorted(current(home).get("years", {}).items()):
        if int(known) < year:
            with closing(open_snapshot(home, run_id)) as con:
                frames.append(con.sql(SELECTED, params=[int(known)]).pl())
    return pl.concat(frames)


def _assessment_tables() -> tuple[str, ...]:
    from models.publication.tables import ASSESSMENT

    return tuple(ASSESSMENT)


def _make_current(home: Home, manifest: Manifest) -> None:
    with _lock(home.snapshots):
        years = dict(sorted({**current(home).get("years", {}), str(manifest.year): manifest.run_id}.items()))
        # The latest year leads: a past year calculated anew does not take the front page.
        content = json.dumps({"latest": years[max(years)], "years": years}, indent=2)
        draft = home.snapshots / f".{CURRENT}.tmp"
        draft.write_text(content + "\n", encoding="utf-8")
        _sync(draft)
        draft.replace(home.snapshots / CURRENT)
        _sync(home.snapshots)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
