"""How a step deep in a run reports its progress to whoever watches: a bar, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# (what, done, total): called often, so it must be cheap.
Report = Callable[[str, int, int], None]

_current: ContextVar[Report | None] = ContextVar("progress", default=None)


def current() -> Report | None:
    """The watcher of this run, if any."""
    return _current.get()


@contextmanager
def bars() -> Iterator[None]:
    """Show a rich bar on standard error for each thing reported inside the block."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, object] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        token = _current.set(report)
        try:
            yield
        finally:
            _current.reset(token)
