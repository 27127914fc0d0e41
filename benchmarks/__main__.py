"""Run benchmarks, each in its own process, and show every figure beside its limit and the bare floor."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import benchmarks
from benchmarks._measure import Figure, Meter


def names() -> list[str]:
    """The registered benchmarks: modules of this package without a leading underscore."""
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))


def run_here(name: str) -> list[Figure]:
    """Run one benchmark in this process, with its bars on standard error."""
    module = importlib.import_module(f"benchmarks.{name}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        meter = Meter(progress)
        if hasattr(module, "run"):
            module.run(meter)
    # Benchmarks that give a dict show bars of their own, which cannot live inside ours.
    if not hasattr(module, "run"):
        meter.facts(getattr(module, name)())
    return meter.figures


def run_apart(name: str) -> list[Figure] | None:
    """Run one benchmark in a child, so that its peak memory is its own; None if it failed (it said why)."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--child", name], stdout=subprocess.PIPE, check=False
    )
    return None if done.returncode else [Figure(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def row_of(figure: Figure) -> tuple[str, ...]:
    bounds = [f"≥ {figure.minimum:g}"] if figure.minimum is not None else []
    bounds += [f"≤ {figure.maximum:g}"] if figure.maximum is not None else []
    floor = ("", "")
    if figure.floor:
        floor = (f"{figure.floor:.3g} {figure.unit}", f"{figure.value / figure.floor:.1f} ×")
    verdict = "" if not bounds else "yes" if figure.is_kept else "[red]NO[/red]"
    return figure.what, f"{figure.value:.4g} {figure.unit}", " ".join(bounds), *floor, verdict


def print_table(found: Mapping[str, Sequence[Figure] | None]) -> None:
    """Print every benchmark's figures; None for one that failed."""
    table = Table("benchmark", "what", "measured", "limit", "bare floor", "ratio", "kept")
    for name, figures in found.items():
        for n, figure in enumerate(figures or []):
            table.add_row("" if n else name, *row_of(figure))
        if figures is None:
            table.add_row(name, "[red]failed[/red]")
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all without")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps([figure.to_json() for figure in run_here(options.child)]))
        return 0
    if unknown := sorted(set(options.names) - set(names())):
        parser.error(f"没有这个基准 there is no benchmark {', '.join(unknown)}: {', '.join(names())}")
    found = {name: run_apart(name) for name in options.names or names()}
    if options.json:
        print(json.dumps({n: f and [x.to_json() for x in f] for n, f in found.items()}, ensure_ascii=False))
    else:
        print_table(found)
    is_kept = all(figures is not None and all(f.is_kept for f in figures) for figures in found.values())
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
