"""Reruns take turns, so that a short one does not wait for all the others that began with it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE, LONGEST_SECONDS = 2, 2.0


class Turns:
    """Lets a few through at a time, in the order in which they came.

    Threads that all run at once each take as long as all together: with 30 sessions the interpreter goes from
    one to the next every few milliseconds, and a page that needs 20 ms takes as long as one that needs 100.
    Who has waited for `longest` seconds goes on all the same: whoever is long at work holds nobody up longer.
    """

    def __init__(self, at_once: int, longest: float) -> None:
        self._at_once, self._longest = at_once, longest
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._running = 0
        self._mine = threading.local()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn, and hold it."""
        self._begin()
        self._mine.is_held = True
        try:
            yield
        finally:
            self._mine.is_held = False
            self._end()

    @contextmanager
    def give_up(self) -> Iterator[None]:
        """Let others go on meanwhile, for what takes seconds; nothing without a turn."""
        if not getattr(self._mine, "is_held", False):
            yield
            return
        self._mine.is_held = False
        self._end()
        try:
            yield
        finally:
            self._begin()
            self._mine.is_held = True

    def _begin(self) -> None:
        with self._lock:
            if self._running < self._at_once and not self._waiting:
                self._running += 1
                return
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(self._longest):
            return
        with self._lock:
            # Called in this very moment: then the turn has been counted.
            if not mine.is_set():
                self._waiting.remove(mine)
                self._running += 1

    def _end(self) -> None:
        with self._lock:
            if self._waiting and self._running <= self._at_once:
                self._waiting.popleft().set()
            else:
                self._running -= 1


# Of all sessions. What a page does besides Python (DuckDB, the disk) leaves room for a second.
RERUNS = Turns(AT_ONCE, LONGEST_SECONDS)
