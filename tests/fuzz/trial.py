"""Judge mutants in batches and say what went wrong: a crash, rows that do not add up, a number leaked."""

from __future__ import annotations

import traceback
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

import polars as pl

from models.intake.judging import Context, Judged, judge, source_file
from models.intake.loading import check_row_equation
from models.intake.order import turn_of
from models.sample.generate import generate
from tests.fuzz.mutate import Mutant

CONTEXT = Context(register=None, known_keys=None, salt=b"s" * 32, today=date(2026, 6, 1))
SOCIETIES, MESS, SEED = 8, 0.2, 90


@dataclass
class Outcome:
    """What became of some mutants. `crashes`, `uneven`, `leaks`: mutant, how it was spoilt, the fault."""

    mutants: int = 0
    crashes: list[str] = field(default_factory=list)
    uneven: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    slowest: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    personal: int = 0


def originals(folder: Path) -> list[Path]:
    """Sample files to spoil: workbooks, check-in exports and registers of a few societies."""
    generate(SOCIETIES, [2025], SEED, MESS, folder)
    return sorted(p for p in (folder / "inbox").rglob("*") if p.is_file())


def try_batch(batch: Sequence[Mutant], folder: Path, outcome: Outcome) -> None:
    """Judge the mutants together; after a crash, the halves apart until the culprit is found."""
    paths = []
    for mutant in batch:
        path = folder / mutant.name
        path.write_bytes(mutant.content)
        paths.append(path)
    started = perf_counter()
    outcome.mutants += len(batch)
    try:
        for path in paths:
            turn_of(path)
        judged = judge([source_file(p) for p in paths], CONTEXT)
        check_row_equation(judged)
    except Exception:
        outcome.mutants -= len(batch)
        if len(batch) == 1:
            outcome.mutants += 1
            outcome.crashes.append(f"{batch[0].name} {batch[0].how}\n{traceback.format_exc()}")
            return
        half = len(batch) // 2
        try_batch(batch[:half], folder, outcome)
        try_batch(batch[half:], folder, outcome)
        return
    finally:
        outcome.slowest = max(outcome.slowest, perf_counter() - started)
    _add_up(judged, batch, outcome)
    numbers = {n: m for m in batch for n in m.personal}
    outcome.personal += len(numbers)
    for number, where in leaks(judged, list(numbers)):
        mutant = numbers[number]
        outcome.leaks.append(f"{mutant.name} {mutant.how}: {number} in {where}")
    for path in paths:
        path.unlink(missing_ok=True)


def _add_up(judged: Judged, batch: Sequence[Mutant], outcome: Outcome) -> None:
    verdicts = ("accepted", "returned", "quarantined", "non_data")
    files = judged.files
    wrong = files.filter(pl.col("rows_read") != pl.sum_horizontal(verdicts))["name"].to_list()
    if not judged.rows.select("file_id", "sheet", "row").is_unique().all():
        twice = judged.rows.filter(judged.rows.select("file_id", "sheet", "row").is_duplicated())
        wrong += twice.join(files, on="file_id")["name"].unique().to_list()
    # What is lost has a reason.
    lost = judged.rows.filter(pl.col("verdict").is_in(["returned", "quarantined"]))
    grave = judged.findings.filter(pl.col("verdict").is_in(["R", "Q"]))
    wrong += lost.join(grave, on="file_id", how="anti").join(files, on="file_id")["name"].unique().to_list()
    silent = files.filter(pl.col("status") == "refused").join(judged.findings, on="file_id", how="anti")
    wrong += silent["name"].to_list()
    hows = {m.name: m.how for m in batch}
    outcome.uneven += [f"{name} {hows.get(name, '')}" for name in wrong]
    for verdict in verdicts:
        outcome.rows[verdict] = outcome.rows.get(verdict, 0) + int(files[verdict].sum())
    for status, n in files.group_by("status").len().iter_rows():
        outcome.statuses[status] = outcome.statuses.get(status, 0) + n


def leaks(judged: Judged, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(number, place) of every personal number that came out, however it was written."""
    frames = {"rows": judged.rows, "findings": judged.findings, "files": judged.files.drop("name")}
    for place, frame in {**frames, **judged.accepted}.items():
        for name, dtype in frame.schema.items():
            if dtype == pl.List(pl.String):
                texts = frame[name].explode(empty_as_null=True, keep_nulls=True)
            elif dtype == pl.String:
                texts = frame[name]
            else:
                continue
            every = "\n".join(texts.drop_nulls().unique().to_list())
            every = unicodedata.normalize("NFKC", every).replace(" ", "").replace("-", "")
            for number in numbers:
                if number in every:
                    yield number, f"{place}.{name}"
