"""Work on what probably comes next, in a thread of its own, while the present is dealt with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item", bound=Hashable)
Made = TypeVar("Made")


class Ahead(Generic[Item, Made]):
    """Makes one thing ahead of its time.

    A thread suffices: reading, Polars and DuckDB give up the interpreter for most of their time, and nothing
    has to be copied between processes. `make` may depend on its argument only: then it cannot matter when a
    thing was made, nor whether it was made for nothing.
    """

    def __init__(self, make: Callable[[Sequence[Item]], Made]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(1, "ahead")
        self._items: Sequence[Item] = ()
        self._future: Future[Made] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, items: Sequence[Item]) -> None:
        """Begin to make what these items will need; of no items, nothing."""
        self._items = tuple(items)
        self._future = self._pool.submit(self._make, self._items) if items else None

    def take(self, items: Sequence[Item]) -> Made:
        """What was begun for just these items, or else made now; raises what making it raised."""
        if self._future is None or self._items != tuple(items):
            self.begin(items)  # waits for what was begun in vain: two at a time would need the memory of both
        future, self._future = self._future, None
        return future.result() if future is not None else self._make(items)
