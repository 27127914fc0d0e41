"""Read batches in a process beside this one, where there are many.

Cells come from a workbook one Python value at a time, which holds the interpreter for as long; meanwhile this
process cleans, compares and loads.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Self

from models.errors import FengqingError
from models.intake import processes
from models.intake.frames import Grid, Limits, SourceFile


class Reading:
    """Reads batches one at a time: here, or in a process of its own once `go_apart` was called."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None or self._connection is None:
            return
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def go_apart(self) -> None:
        """Start the process; it takes a second to be ready."""
        self._connection, theirs = Pipe()
        handle = theirs.fileno()
        self._process = processes.start(__name__, str(handle), pass_fds=[handle], stdin=subprocess.DEVNULL)
        # Theirs alone: so either end learns of the other's death, however sudden.
        theirs.close()

    def read(self, files: Sequence[SourceFile], limits: Limits) -> Grid:
        """As `reading.read`; FengqingError when the process has ended before its time."""
        if self._connection is None:
            from models.intake import reading

            return reading.read(files, limits)
        with self._lock:
            try:
                self._connection.send((files, limits))
                answer = self._connection.recv()
            except (EOFError, OSError) as error:
                raise FengqingError(
                    "reader_ended",
                    "读取文件的进程意外结束（可能内存不足或被终止）。已载入的批次完好，请重新运行，将从断点继续。",
                    "The process that reads files ended before its time (out of memory, or killed). What was "
                    "loaded is whole; run again to go on from there.",
                ) from error
        if isinstance(answer, BaseException):
            raise answer
        grid: Grid = answer
        return grid


def main() -> None:
    """The process: reads what it is asked to until the other end is closed."""
    from models.intake.reading import read

    # An interrupt at the keyboard reaches both: the one that asked says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(int(sys.argv[1])) as connection:
        while True:
            try:
                files, limits = connection.recv()
            except EOFError:
                return
            answer: Grid | Exception
            try:
                answer = read(files, limits)
            except Exception as error:
                answer = error
            try:
                connection.send(answer)
            except OSError:
                return  # nobody is there any more


if __name__ == "__main__":
    main()
