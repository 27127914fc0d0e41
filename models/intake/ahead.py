"""Work on what probably comes next, in threads of its own, while the present is dealt with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item", bound=Hashable)
Made = TypeVar("Made")


class Ahead(Generic[Item, Made]):
    """Makes a few things ahead of their time.

    Threads suffice: Polars and DuckDB give up the interpreter for most of their time, and nothing has to be
    copied between processes. `make` may depend on its argument only: then it cannot matter when a thing was
    made, nor whether it was made for nothing. `depth` things are made or kept at a time, which bounds memory.
    """

    def __init__(self, make: Callable[[Sequence[Item]], Made], depth: int = 1) -> None:
        self.depth = depth
        self._make = make
        self._pool = ThreadPoolExecutor(depth, "ahead")
        self._coming: dict[tuple[Item, ...], Future[Made]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, wanted: Iterable[Sequence[Item]]) -> None:
        """Begin to make what each of these groups of items will need; what else was begun is let go."""
        keys = [tuple(items) for items in wanted if items][: self.depth]
        for key in self._coming.keys() - set(keys):
            self._coming.pop(key).cancel()
        for key in keys:
            if key not in self._coming:
                self._coming[key] = self._pool.submit(self._make, key)

    def take(self, items: Sequence[Item]) -> Made:
        """What was begun for just these items, or else made now; raises what making it raised."""
        key = tuple(items)
        future = self._coming.pop(key, None) or self._pool.submit(self._make, key)
        return future.result()
