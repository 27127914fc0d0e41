"""Timing and peak memory of a piece of work in this process, beside the bare floor of the same run."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")
# ru_maxrss counts kilobytes on Linux, bytes on macOS.
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
FLOOR_RUNS = 3


@dataclass(frozen=True)
class Figure:
    """One line of the report. `floor`: the bare work's, in this unit; a limit of None promises nothing."""

    what: str
    value: float
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    floor: float | None = None

    @property
    def is_kept(self) -> bool:
        above = self.minimum is None or self.value >= self.minimum
        return above and (self.maximum is None or self.value <= self.maximum)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Meter:
    """What a benchmark's `run` gets: `work` measures, `figure` notes a number, `track` shows progress."""

    def __init__(self, progress: Progress) -> None:
        self.figures: list[Figure] = []
        self._progress = progress

    def work(
        self,
        what: str,
        task: Callable[[], T],
        *,
        floor: Callable[[], object] | None = None,
        seconds: float | None = None,
        gigabytes: float | None = None,
    ) -> T:
        """Do `task` once, note its seconds and the process's peak memory so far; then the floor's best time.

        The floor runs afterwards, so that its memory is not counted.
        """
        bar = self._progress.add_task(what, total=1 + FLOOR_RUNS * (floor is not None))
        began = time.perf_counter()
        result = task()
        taken = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES / 1e9
        self._progress.advance(bar)
        bare = None
        if floor is not None:
            times = []
            for _ in range(FLOOR_RUNS):
                began = time.perf_counter()
                floor()
                times.append(time.perf_counter() - began)
                self._progress.advance(bar)
            bare = min(times)
        self.figures.append(Figure(what, taken, "s", maximum=seconds, floor=bare))
        self.figures.append(Figure(f"{what}: peak memory", peak, "GB", maximum=gigabytes))
        return result

    def figure(
        self,
        what: str,
        value: float,
        *,
        unit: str = "",
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> None:
        """Note a number, and what it should be."""
        self.figures.append(Figure(what, float(value), unit, minimum, maximum))

    def track(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Go through `items` with a bar of `total` steps."""
        yield from self._progress.track(items, total=total, description=what)

    def facts(self, facts: Mapping[str, Any], within: str = "") -> None:
        """Note the numbers of a nested dict; truth values are promises to be kept, lists are counted."""
        for key, value in facts.items():
            what = f"{within}{key}".replace("_", " ")
            if isinstance(value, Mapping):
                self.facts(value, f"{what}: ")
            elif isinstance(value, bool):
                self.figure(what, value, minimum=1)
            elif isinstance(value, (int, float)):
                self.figure(what, value)
            elif isinstance(value, list):
                self.figure(f"{what}: listed", len(value))
