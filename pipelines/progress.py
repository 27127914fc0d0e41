"""How a step deep in a run reports its progress to whoever watches: a bar, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# (what, done, total): called often, so it must be cheap.
Report = Callable[[str, int, int], None]

# What is reported, as shown; a sample's stages are years and speak for themselves.
STAGES = {
    "land": ("收件", "Landing"),
    "load": ("判读入库", "Judging and loading"),
    "expectations": ("数据检验", "Checking the tables"),
    "measures": ("度量", "Measures"),
    "assessment": ("评估", "Assessment"),
    "snapshot": ("发布快照", "Publishing"),
    "exports": ("导出", "Exports"),
    "feedback": ("反馈单", "Feedback sheets"),
    "return": ("退回补正", "Return workbooks"),
}

_current: ContextVar[Report | None] = ContextVar("progress", default=None)


def current() -> Report | None:
    """The watcher of this run, if any."""
    return _current.get()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Report a step that cannot tell how far it is: begun, then done."""
    report = current()
    if report:
        report(what, 0, 1)
    yield
    if report:
        report(what, 1, 1)


@contextmanager
def bars(lang: str = "zh") -> Iterator[None]:
    """Show a rich bar on standard error for each thing reported inside the block."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, object] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                zh, en = STAGES.get(what, (what, what))
                tasks[what] = progress.add_task(en if lang == "en" else zh, total=total)
            progress.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        token = _current.set(report)
        try:
            yield
        finally:
            _current.reset(token)
