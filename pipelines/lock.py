"""One annual run at a time in a home."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import FengqingError
from models.home import Home


@contextmanager
def exclusive(home: Home) -> Iterator[None]:
    """Hold `<home>/run.lock`; the system frees it even if this process is killed.

    Raises:
        FengqingError: another run holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FengqingError(
                "RUN_IN_PROGRESS",
                f"{home.root} 中已有一次评估正在运行，请待其结束后重试，或用 --home 指定其他目录。",
                f"An assessment is already running in {home.root}; try again when it has ended, "
                "or name another folder with --home.",
            ) from error
        yield
