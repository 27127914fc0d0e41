"""One wait for the disk for many files: their whole file system at once where that can be asked for."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

# Linux has it and Python does not offer it; `os.sync` waits for every disk and tells of no failure.
SYNCFS: Callable[[int], int] | None = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


class Barrier:
    """Brings to the disk what was written below a folder while this was open, or tells that it failed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        # Failures are told from the opening on, even if the files were closed long before.
        self._handle = os.open(self._folder, os.O_RDONLY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def settle(self, paths: Iterable[str]) -> None:
        """Wait until files, given by their paths within the folder, and their names are on the disk.

        Raises:
            OSError: the disk did not take them.
        """
        if SYNCFS is not None:
            if SYNCFS(self._handle):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return
        files = {self._folder / path for path in paths}
        for path in [*files, *{file.parent for file in files}, self._folder, self._folder.parent]:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
