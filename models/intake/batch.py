"""Ingest: land the inbox, judge what is new in batches, load each batch in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl

from data_contracts.contract import load_contracts
from models import warehouse
from models.clock import utc_now
from models.errors import FengqingError
from models.home import Home
from models.intake.ahead import Ahead
from models.intake.apart import Reading
from models.intake.crosscheck.fingerprints import Fingerprints
from models.intake.frames import Limits, SourceFile
from models.intake.landing import Progress, land
from models.intake.loading import VERDICTS, Batch, Judged, date_containers, load, load_containers
from models.intake.order import Turn, turn_of
from models.intake.receipts import Landed, received

Judge = Callable[[Sequence[SourceFile], Any], Judged]
Halves = tuple[Callable[[Sequence[SourceFile], Any], Any], Callable[[Any, Any], Judged]]


@dataclass(frozen=True)
class IngestSummary:
    """What one ingest did, in files and rows.

    `files_new` were judged for the first time, `files_again` once more because a parent of their rows
    changed; `files_known` of this inbox were loaded before. `rows` by verdict, `families` accepted rows,
    `findings` by code.
    """

    files_new: int = 0
    files_again: int = 0
    files_known: int = 0
    refused: int = 0
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERDICTS, 0))
    families: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)


def ingest(  # noqa: PLR0913 - the last two are for tests and replays
    inbox: Path,
    home: Home,
    progress: Progress | None = None,
    batch_size: int | None = None,
    *,
    today: date | None = None,
    judge: Judge | None = None,
) -> IngestSummary:
    """Bring the warehouse up to date with the inbox; a file known by its content is a no-op.

    Each batch is one transaction: killed at any moment, the warehouse is whole and the next ingest
    goes on with what was landed and not loaded, even if the inbox no longer holds it.

    Args:
        inbox: folder of received files, searched to any depth.
        home: where the landing folder, the warehouse and the salt are.
        progress: called after each file landed and each batch loaded.
        batch_size: files a transaction at most.
        today: the day against which a date is in the future.
        judge: what judges a batch of files; the two halves of `models.intake.judging`, the first of which
            runs ahead, unless a test says otherwise.

    Raises:
        FengqingError: nothing to read in the inbox, the warehouse is in use, or rows do not add up.
    """
    reading = Reading()
    prepare, settle = _halves(judge, reading)
    day = today or date.today()
    terms = _terms(home, day)
    landed = [f for f in land(inbox, home, progress) if not f.is_container]
    with (
        warehouse.open_writer(home) as con,
        reading,
        Ahead[SourceFile, Any](lambda files: prepare(files, terms), depth=2) as ahead,
    ):
        given = received(home)
        load_containers(con, _containers(given))
        contents = {r.file_id: r for r in reversed(given) if not r.is_container}
        limits = Limits()
        known = {file_id for (file_id,) in con.sql("select file_id from files").fetchall()}
        fresh = [r for i, r in contents.items() if i not in known]
        if len(fresh) >= limits.apart_files:
            reading.go_apart()
        queue = sorted(_Place.of(r, limits) for r in fresh)
        new = frozenset(place.file_id for place in queue)
        names = Counter(r.file_id for r in landed)
        repeated = frozenset(i for i, n in names.items() if n > 1)
        again: set[str] = set()
        fingerprints = Fingerprints()
        done = 0
        while queue:
            files, *_ = upcoming = _next_batches(queue, contents, batch_size, ahead.depth)
            ahead.begin(map(_sources, upcoming))
            started = utc_now()
            batch = Batch(
                f"{started:%Y%m%dT%H%M%S.%f}", started, _received(files, repeated), frozenset(again)
            )
            prepared = ahead.take(_sources(files))
            del queue[: len(files)]
            # What loading forgets may come before this; then it is prepared in vain, and again in its turn.
            ahead.begin(map(_sources, _next_batches(queue, contents, batch_size, ahead.depth)))
            judged = settle(prepared, _context(con, home, day, fingerprints))
            del prepared
            forgotten = load(con, batch, judged)
            if forgotten:
                queue = sorted([*queue, *(_Place.of(contents[i], limits) for i in forgotten)])
            again.update(forgotten)
            done += len(files)
            if progress:
                progress("load", done, done + len(queue))
        date_containers(con)
        return _summary(con, new, again, len({r.file_id for r in landed} - new))


def _summary(
    con: duckdb.DuckDBPyConnection, new: frozenset[str], again: set[str], known_n: int
) -> IngestSummary:
    """Counted in the books, so that a file judged twice counts once."""
    files = pl.DataFrame({"file_id": sorted(new | again)}, schema={"file_id": pl.String})
    con.register("judged_files", files)

    def counts(query: str) -> dict[str, int]:
        return dict(con.sql(query).fetchall())

    of_these = "semi join judged_files using (file_id)"
    summary = IngestSummary(
        files_new=len(new),
        files_again=len(again - new),
        files_known=known_n,
        refused=counts(f"select 'n', count(*) from files {of_these} where status = 'refused'")["n"],
        rows=dict.fromkeys(VERDICTS, 0)
        | counts(f"select verdict, count(*) from rows {of_these} group by verdict order by verdict"),
        families=counts(
            f"select family, count(*) from rows {of_these} where verdict = 'accepted' "
            "group by family order by family"
        ),
        findings=counts(f"select code, count(*) from findings {of_these} group by code order by code"),
    )
    con.unregister("judged_files")
    return summary


def _halves(judge: Judge | None, reading: Reading) -> Halves:
    if judge is not None:
        return lambda files, _: files, judge
    from models.intake.judging import settle
    from models.intake.preparing import prepare

    return partial(prepare, read=reading.read), settle


def _terms(home: Home, today: date) -> Any:
    from models.intake.preparing import Terms

    return Terms(salt=home.salt, today=today)


def _sources(files: Iterable[Landed]) -> list[SourceFile]:
    return [SourceFile(f.file_id, f.path, f.name) for f in files]


def _turn(file: Landed, limits: Limits) -> Turn:
    try:
        return turn_of(file.path, limits)
    except FileNotFoundError as error:
        raise FengqingError(
            "landing_lost",
            f"收件副本 {file.path}（“{file.name}”）已丢失，请将该文件重新放入收件目录。",
            f"The received copy {file.path} (“{file.name}”) is gone; put the file into the inbox again.",
        ) from error


class _Place(NamedTuple):
    """A file's place in the queue: its turn, then the order of landing."""

    turn: Turn
    landed_at: datetime
    file_id: str

    @classmethod
    def of(cls, file: Landed, limits: Limits) -> _Place:
        return cls(_turn(file, limits), file.landed_at, file.file_id)


def _next_batches(
    queue: Sequence[_Place], contents: Mapping[str, Landed], batch_size: int | None, n: int
) -> list[list[Landed]]:
    """The first batches of the queue, at most `n`: each of files of one turn, up to the size of a batch."""
    limits = Limits()
    batches: list[list[Landed]] = []
    turn, size = None, 0
    for place in queue:
        file = contents[place.file_id]
        size += file.bytes
        is_full = bool(batches) and len(batches[-1]) == (batch_size or limits.batch_files)
        if place.turn != turn or is_full or size > limits.batch_bytes:
            if len(batches) == n:
                break
            batches.append([])
            turn, size = place.turn, file.bytes
        batches[-1].append(file)
    return batches


def _received(files: Sequence[Landed], repeated: frozenset[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "file_id": [f.file_id for f in files],
            "name": [f.name for f in files],
            "bytes": [f.bytes for f in files],
            "landed_at": [f.landed_at for f in files],
            "container": pl.Series([f.container for f in files], dtype=pl.String),
            "is_repeated": [f.file_id in repeated for f in files],
        }
    )


def _containers(given: Sequence[Landed]) -> pl.DataFrame:
    known = {r.file_id: r for r in reversed(given) if r.is_container}
    return pl.DataFrame(
        [(r.file_id, r.name, r.bytes, r.landed_at, r.container) for r in known.values()],
        schema={"file_id": pl.String, "name": pl.String, "bytes": pl.Int64, "landed_at": pl.Datetime("us"),
                "container": pl.String},
        orient="row",
    )  # fmt: skip


def _context(con: duckdb.DuckDBPyConnection, home: Home, today: date, fingerprints: Fingerprints) -> Any:
    """What judging may know: the register, the accepted keys that rows refer to, the salt, the day."""
    from models.intake.crosscheck import Holdings
    from models.intake.judging import Context

    parents = {r.to_family: r.to_columns for c in load_contracts().values() for r in c.relationships}
    keys = {
        family: con.sql(f"select distinct {', '.join(columns)} from main.{family}").pl()
        for family, columns in parents.items()
    }
    register = con.sql("select * from main.societies").pl()
    return Context(
        register=register, known_keys=keys, salt=home.salt, today=today, held=Holdings.load(con, fingerprints)
    )  # fmt: skip
