"""Intake of a fictitious nation beside the bare floor: calamine reads every cell, DuckDB the CSV."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks._measure import Figure, Meter

SOCIETIES, YEAR, SEED, MESS = 25_000, 2025, 20230090, 0.08
TARGET_RATIO, TARGET_GB, TARGET_ADDED_SECONDS = 3.0, 6.0, 5.0
KB_A_GB = 1e6  # ru_maxrss counts KB


def intake(societies: int = SOCIETIES, scratch: Path | None = None) -> dict[str, Any]:
    """Generate, read at the floor, take in, interrupt and resume, add one workbook: the figures of each.

    Every measured step is a process of its own, so that its peak memory is its own. `scratch` is where
    the sample goes; one that is there already is used again.
    """
    with tempfile.TemporaryDirectory() as own:
        folder = (scratch or Path(own)).resolve()
        sample = folder / f"nation_{societies}"
        made = None
        if not (sample / "inbox").exists():
            made = _step("generate", sample, str(societies))["seconds"]
        home = Path(own) / "home"
        floor = _step("floor", sample)
        ingest = _step("ingest", sample, str(home))
        again = _step("ingest", sample, str(home))
        one = _step("one", sample, str(home))
        resumed = _interrupted(sample, Path(own) / "resumed", ingest["seconds"])
    floor_seconds = floor["workbooks_seconds"] + floor["checkins_seconds"]
    rows = sum(ingest["rows"].values())
    ratio = ingest["seconds"] / floor_seconds
    return {
        "societies": societies,
        "cores": len(os.sched_getaffinity(0)),
        "generate_seconds": made,
        "files": ingest["files"],
        "rows": ingest["rows"],
        "accepted_checkins": ingest["checkins"],
        "floor": floor,
        "floor_seconds": round(floor_seconds, 2),
        "ingest_seconds": ingest["seconds"],
        "stages": ingest["stages"],
        "rows_a_second": round(rows / ingest["seconds"]),
        "ratio_to_floor": round(ratio, 2),
        # On a busy machine the clock says little: processor seconds of both say more.
        "cpu_seconds": ingest["cpu_seconds"],
        "cpu_ratio": round(ingest["cpu_seconds"] / floor["cpu_seconds"], 2),
        "peak_gb": ingest["peak_gb"],
        "warehouse_mb": ingest["warehouse_mb"],
        "nothing_new_seconds": again["seconds"],
        "one_workbook_seconds": one["seconds"],
        "interrupted": resumed,
        "meets": {
            "ratio": ratio <= TARGET_RATIO,
            "memory": ingest["peak_gb"] <= TARGET_GB,
            "one_workbook": one["seconds"] < TARGET_ADDED_SECONDS,
        },
    }


def run(meter: Meter) -> None:
    """As `intake`, of as many societies as FENGQING_BENCHMARK_SOCIETIES says (25,000 without it)."""
    found = intake(int(os.environ.get("FENGQING_BENCHMARK_SOCIETIES", SOCIETIES)))
    rows = sum(found["rows"].values())
    meter.figures.append(
        Figure(
            f"{found['files']:,} files, {rows:,} rows", found["ingest_seconds"], "s",
            maximum=TARGET_RATIO * found["floor_seconds"], floor=found["floor_seconds"],
        )
    )  # fmt: skip
    meter.figure("processor time against the floor's", found["cpu_ratio"], unit="×")
    meter.figure("rows a second", found["rows_a_second"])
    meter.figure("peak memory", found["peak_gb"], unit="GB", maximum=TARGET_GB)
    meter.figure("a second run with nothing new", found["nothing_new_seconds"], unit="s")
    meter.figure(
        "one workbook into the loaded year", found["one_workbook_seconds"], unit="s",
        maximum=TARGET_ADDED_SECONDS,
    )  # fmt: skip
    meter.figure(
        "files left to do after a kill", found["interrupted"]["files_left"], maximum=found["files"] - 1
    )


def _interrupted(sample: Path, home: Path, seconds: float) -> dict[str, Any]:
    """Killed in the middle, then run to its end: how much was kept."""
    child = subprocess.Popen(_command("ingest", sample, str(home)), stdout=subprocess.PIPE)
    try:
        child.communicate(timeout=max(seconds * 0.6, 3.0))
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
    rest = _step("ingest", sample, str(home))
    return {
        "killed_after_seconds": round(max(seconds * 0.6, 3.0), 1),
        "files_left": rest["files"],
        "resumed_seconds": rest["seconds"],
    }


def _command(step: str, *arguments: Path | str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.intake", "--step", step, *map(str, arguments)]


def _step(step: str, *arguments: Path | str) -> dict[str, Any]:
    import json

    done = subprocess.run(_command(step, *arguments), stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _generate(sample: Path, societies: str) -> dict[str, Any]:
    from models.sample.generate import generate

    started = perf_counter()
    with _bar() as bar:
        generate(int(societies), [YEAR], SEED, MESS, sample, bar.told)
    return {"seconds": round(perf_counter() - started, 1)}


def _floor(sample: Path) -> dict[str, Any]:
    """The least that any intake must do, one file after the other in one process."""
    import duckdb
    import python_calamine as calamine

    files = sorted(p for p in (sample / "inbox").rglob("*") if p.is_file())
    books = [p for p in files if p.suffix == ".xlsx"]
    cpu = process_time()
    started = perf_counter()
    cells = 0
    for path in books:
        book = calamine.CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            cells += sum(map(len, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))
    workbooks_seconds = perf_counter() - started
    started = perf_counter()
    con = duckdb.connect()
    exports: dict[str, list[str]] = {"utf-8": [], "gb18030": []}
    for path in files:
        if path.suffix == ".csv":
            exports["utf-8" if path.read_bytes()[:3] == b"\xef\xbb\xbf" else "gb18030"].append(str(path))
    lines = 0
    for encoding, paths in exports.items():
        if not paths:
            continue
        if encoding != "utf-8":
            # DuckDB reads no GB18030 without an extension: its share is Python's decoding of the bytes.
            paths[:] = [_as_utf8(path, sample / "floor") for path in paths]
        con.execute(
            "create or replace table t as select * from "
            "read_csv($1, all_varchar=true, header=false, null_padding=true, union_by_name=false, "
            "strict_mode=false, auto_detect=false, ignore_errors=true, quote='\"', delim=',', "
            "columns=$2)",
            [paths, {f"c{i}": "varchar" for i in range(12)}],
        )
        lines += con.sql("select count(*) from t").fetchall()[0][0]
    return {
        "workbooks": len(books),
        "cells": cells,
        "workbooks_seconds": round(workbooks_seconds, 2),
        "checkin_files": sum(map(len, exports.values())),
        "checkin_lines": lines,
        "checkins_seconds": round(perf_counter() - started, 2),
        "cpu_seconds": round(process_time() - cpu, 2),
    }


def _as_utf8(path: str, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    target = folder / Path(path).name
    target.write_text(Path(path).read_bytes().decode("gb18030", "replace"), encoding="utf-8")
    return str(target)


def _ingest(sample: Path, home: str) -> dict[str, Any]:
    import duckdb

    from models.home import Home
    from models.intake.batch import ingest

    cpu = process_time()
    started = perf_counter()
    with _bar() as bar:
        summary = ingest(sample / "inbox", Home(Path(home)), bar.told)
    # Of the process that reads, too; that it ever held its most when this one did is assumed.
    reader = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = perf_counter() - started
    cpu = process_time() - cpu + reader.ru_utime + reader.ru_stime
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + reader.ru_maxrss
    warehouse = Home(Path(home)).warehouse
    with duckdb.connect(str(warehouse), read_only=True) as con:
        checkins = con.sql("select count(*) from education_attendance").fetchall()[0][0]
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "stages": {stage: round(at - bar.begun[stage], 2) for stage, at in bar.ended.items()},
        "files": summary.files_new,
        "rows": summary.rows,
        "checkins": checkins,
        "peak_gb": round(memory / KB_A_GB, 2),
        "warehouse_mb": round(warehouse.stat().st_size / 1e6),
    }


def _one(sample: Path, home: str) -> dict[str, Any]:
    """A society's next revision comes into the loaded year: seconds beyond start-up."""
    import shutil

    from models.home import Home
    from models.intake.batch import ingest
    from models.intake.judging import judge, source_file  # noqa: F401 - what start-up loads

    source = next(p for p in sorted((sample / "inbox" / str(YEAR)).iterdir()) if p.name.startswith("5"))
    with tempfile.TemporaryDirectory() as scratch:
        inbox = Path(scratch)
        target = inbox / source.name
        shutil.copy(source, target)
        _next_revision(target)
        started = perf_counter()
        summary = ingest(inbox, Home(Path(home)))
    return {"seconds": round(perf_counter() - started, 2), "files": summary.files_new, "rows": summary.rows}


def _next_revision(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path)
    for row in book["封面"].iter_rows():
        if row[0].value == "修订号":
            row[1].value = int(row[1].value or 0) + 1
    book.save(path)


class _bar:
    """A progress bar on standard error, and the time from the first to the last word of each stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

        self.progress = Progress(
            *Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self.tasks: dict[str, Any] = {}
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.last = perf_counter()

    def __enter__(self) -> _bar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def told(self, stage: str, done: int, total: int) -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(stage, total=total)
            self.begun[stage] = max(self.ended.values(), default=self.last)
        self.ended[stage] = perf_counter()
        self.progress.update(self.tasks[stage], completed=done, total=total)


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "generate": _generate,
    "floor": _floor,
    "ingest": _ingest,
    "one": _one,
}


def main() -> None:
    """`python -m benchmarks.intake --societies 1000`."""
    import argparse
    import json

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--societies", type=int, default=SOCIETIES)
    parser.add_argument("--scratch", type=Path, help="keep the sample here, and use it again")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        sample, *rest = given.rest
        figures = STEPS[given.step](Path(sample), *rest)
    else:
        figures = intake(given.societies, given.scratch)
    print(json.dumps(figures, ensure_ascii=False, indent=None if given.step else 2))


if __name__ == "__main__":
    main()
