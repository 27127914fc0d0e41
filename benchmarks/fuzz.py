"""Judge many spoilt files: crashes, rows that do not add up, personal numbers that come out, seconds."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks._measure import Meter

BATCH = 50


def fuzz(mutants: int = 10_000, seed: int = 1) -> dict[str, Any]:
    """Figures of one round; what went wrong is listed under crashes, uneven and leaks (none expected)."""
    from rich.console import Console
    from rich.progress import Progress

    from tests.fuzz.mutate import mutants as make
    from tests.fuzz.trial import Outcome, originals, try_batch

    outcome = Outcome()
    with tempfile.TemporaryDirectory() as scratch, Progress(console=Console(stderr=True)) as bar:
        folder = Path(scratch)
        task = bar.add_task("mutants", total=mutants)
        made = make(originals(folder / "sample"), mutants, seed)
        started = perf_counter()
        while batch := list(islice(made, BATCH)):
            try_batch(batch, folder, outcome)
            bar.advance(task, len(batch))
        seconds = perf_counter() - started
    return {
        "mutants": outcome.mutants,
        "seed": seed,
        "seconds": round(seconds, 1),
        "slowest_batch_seconds": round(outcome.slowest, 2),
        "files": outcome.statuses,
        "rows": outcome.rows,
        "personal_numbers": outcome.personal,
        "crashes": outcome.crashes,
        "uneven": outcome.uneven,
        "leaks": outcome.leaks,
    }


def run(meter: Meter) -> None:
    found = fuzz()
    meter.figure("mutants judged", found["mutants"], minimum=10_000)
    meter.figure("crashes", len(found["crashes"]), maximum=0)
    meter.figure("files whose rows do not add up", len(found["uneven"]), maximum=0)
    meter.figure("personal numbers that came out", len(found["leaks"]), maximum=0)
    meter.figure("personal numbers put in", found["personal_numbers"], minimum=100)
    meter.figure("slowest batch of 50", found["slowest_batch_seconds"], unit="s", maximum=60)
    meter.figure("all", found["seconds"], unit="s")


if __name__ == "__main__":
    import argparse
    import json

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    print(json.dumps(fuzz(**vars(parser.parse_args())), ensure_ascii=False, indent=2))
