"""One reader of a run for all sessions of one scope: its connection, and the answers it has given.

A snapshot never changes and a scope's views are fixed, so the same query with the same parameters always
has the same answer. Answers are kept by reader, and a reader serves exactly one scope: what one scope was
told can never reach another. Both are bounded; the least recently used go first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import polars as pl

from dashboards import access
from dashboards.access import Scope
from models.publication.files import snapshot_path

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from models.home import Home

READERS = 64
KEPT_BYTES, LARGEST_BYTES = 96 << 20, 4 << 20
CELL_BYTES = 64  # of a value among Python's rows, about

T = TypeVar("T")


class Kept:
    """Values by key within a budget of bytes; a value asked for by many at once is made once."""

    def __init__(self, budget: int, largest: int) -> None:
        self._budget, self._largest = budget, largest
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._coming: dict[Hashable, Future[Any]] = {}
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes held, as told by whoever made the values."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """The value of `key`, else what `make` gives: (value, bytes). What `make` raises is raised."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return cast("T", self._values[key][0])
            coming = self._coming.get(key)
            if coming is None:
                mine: Future[Any] = Future()
                self._coming[key] = mine
        if coming is not None:
            return cast("T", coming.result())
        try:
            value, size = make()
        except BaseException as error:
            with self._lock:
                del self._coming[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._coming[key]
            if size <= self._largest:
                self._values[key] = (value, size)
                self._bytes += size
            while self._bytes > self._budget:
                self._bytes -= self._values.popitem(last=False)[1][1]
        mine.set_result(value)
        return value


ANSWERS = Kept(KEPT_BYTES, LARGEST_BYTES)


class Answer:
    """What a query gives, read once in each form and kept: `pl`, `fetchall`, `fetchone`, `columns`."""

    def __init__(self, reader: Reader, query: str, params: Any) -> None:
        self._reader, self._query, self._params = reader, query, params

    def pl(self) -> pl.DataFrame:
        """The answer as a frame."""

        def make() -> tuple[pl.DataFrame, int]:
            frame = self._executed().pl()
            return frame, int(frame.estimated_size())

        return self._kept("frame", make)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row."""
        return list(self._rows()[1])

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row; None without any."""
        return next(iter(self._rows()[1]), None)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._rows()[0])

    def _rows(self) -> tuple[list[str], list[tuple[Any, ...]]]:
        def make() -> tuple[tuple[list[str], list[tuple[Any, ...]]], int]:
            answer = self._executed()
            columns, rows = [name for name, *_ in answer.description], answer.fetchall()
            return (columns, rows), CELL_BYTES * len(columns) * (len(rows) + 1)

        return self._kept("rows", make)

    def _executed(self) -> DuckDBPyConnection:
        # A relation with parameters is kept as a table first, and that is asked again: 0.3 ms each.
        return self._reader.cursor().execute(self._query, self._params)

    def _kept(self, form: str, make: Callable[[], tuple[T, int]]) -> T:
        return ANSWERS.get((self._reader, form, self._query, _frozen(self._params)), make)


class Reader:
    """A run as one scope sees it. Used like a connection: `sql` keeps answers, `cursor` is DuckDB's own."""

    def __init__(self, con: DuckDBPyConnection) -> None:
        self._con = con
        self._facts = Kept(KEPT_BYTES, LARGEST_BYTES)

    def sql(self, query: str, params: Any = None) -> Answer:
        """The answer to a query; it must not be one that gives something else the second time."""
        return Answer(self, query, params)

    def cursor(self) -> DuckDBPyConnection:
        """A connection for one thread, whose answers are not kept: for what is taken away whole."""
        return self._con.cursor()

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """An answer that is worked out of tables in memory, kept like those of DuckDB."""

        def sized() -> tuple[T, int]:
            found = make()
            return found, _size(found)

        return ANSWERS.get((self, "worked", _frozen(key)), sized)

    def fact(self, key: Hashable, make: Callable[[], T]) -> T:
        """Something worked out of the run once, under a key of its own; a few small things a run."""
        return self._facts.get(key, lambda: (make(), 0))


_readers: OrderedDict[Hashable, Reader] = OrderedDict()
_lock = threading.Lock()


def reader(home: Home, run_id: str, scope: Scope) -> Reader:
    """The reader of a run for a scope, opened when first asked for.

    Raises FengqingError when the snapshot is damaged.
    """
    path = snapshot_path(home, run_id)
    found = path.stat() if path.exists() else None
    key = (path, None if found is None else (found.st_ino, found.st_mtime_ns), scope)
    with _lock:
        if key not in _readers:
            _readers[key] = Reader(access.connect(home, run_id, scope))
        _readers.move_to_end(key)
        # One put out stays open for those who are reading; its database goes with its last cursor.
        while len(_readers) > READERS:
            _readers.popitem(last=False)
        return _readers[key]


def _size(found: Any) -> int:
    """Bytes of an answer, about."""
    if isinstance(found, pl.DataFrame):
        # A frame's own estimate counts whole the texts of the table that it was picked from.
        return CELL_BYTES * found.height * found.width
    if isinstance(found, np.ndarray):
        return int(found.nbytes)
    if isinstance(found, dict | list | tuple):
        return CELL_BYTES + sum(map(_size, found.values() if isinstance(found, dict) else found))
    return CELL_BYTES


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple((name, _frozen(one)) for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    # 1, 1.0 and True are equal, but not the same parameter.
    return (type(value), value)
