"""Receipts: one line for every name received, written once its copy is safely on the disk."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import FengqingError
from models.home import Home

RECEIPTS = "receipts.jsonl"


@dataclass(frozen=True)
class Landed:
    """One name found in the inbox, and the content it has.

    `landed_at` (UTC, no zone) orders all contents ever received: no two contents share one. The same
    content under another name has the first one's `file_id`, `path` and `landed_at`. A file out of an
    archive is named `archive/member` and has the archive's id as its `container`. An archive whose
    files were landed is itself a container (`is_container`) and not judged; one that could not be
    unpacked is a file like any other, and judging says what is wrong with it.
    """

    file_id: str
    name: str
    bytes: int
    landed_at: datetime
    landing: Path
    place: str
    container: str | None = None
    is_container: bool = False

    @property
    def path(self) -> Path:
        """Where the copy lies."""
        return self.landing / self.place


def received(home: Home) -> list[Landed]:
    """Every receipt given so far, oldest first.

    Raises:
        FengqingError: a line of the receipts cannot be read.
    """
    path = home.landing / RECEIPTS
    return _read(home.landing, path.read_bytes())[0] if path.exists() else []


def receipts(home: Home) -> list[Landed]:
    """Every receipt given so far for a file to be judged, oldest first; containers are left out."""
    return [r for r in received(home) if not r.is_container]


class Book:
    """The receipts of a landing folder, open for adding."""

    def __init__(self, landing: Path, handle: int) -> None:
        self._handle = handle
        with open(handle, "rb", closefd=False) as file:
            self.known, self._end = _read(landing, file.read())

    def add(self, fresh: Iterable[Landed]) -> None:
        """Append receipts and bring them to the disk; what a crash left half written goes.

        An archive's receipt comes after those of its files: it vouches for all of them.

        Raises:
            FengqingError: they cannot be written.
        """
        lines = "".join(map(_line, fresh)).encode()
        if not lines:
            return
        try:
            os.ftruncate(self._handle, self._end)
            if self._end and os.pread(self._handle, 1, self._end - 1) != b"\n":
                lines = b"\n" + lines
            with open(self._handle, "ab", closefd=False) as file:
                file.write(lines)
            os.fsync(self._handle)
        except OSError as error:
            raise unwritable(error) from error
        self._end += len(lines)


@contextmanager
def open_book(landing: Path) -> Iterator[Book]:
    """The receipts, for one landing at a time: another one waits until this has ended.

    Raises:
        FengqingError: a line of them cannot be read, or they cannot be written.
    """
    try:
        handle = os.open(landing / RECEIPTS, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Book(landing, handle)
    finally:
        os.close(handle)


def unwritable(error: OSError) -> FengqingError:
    """The landing folder takes no more; receipts written before hold."""
    return FengqingError(
        "landing_unwritable",
        f"收件副本或回执无法写入（{error.strerror}），请检查磁盘空间与目录权限后重试；此前已出具的回执仍然有效。",
        f"Copies or receipts cannot be written ({error.strerror}); check the space on the disk and the "
        "permissions, then try again. Receipts given before hold.",
    )


def _read(landing: Path, data: bytes) -> tuple[list[Landed], int]:
    """The receipts, and the bytes they take: a crash may have left part of an addition behind them."""
    *lines, rest = data.split(b"\n")
    if rest and _is_whole(rest):
        lines.append(rest)
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_receipt(landing, json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(landing / RECEIPTS, number) from error
    complete = {r.file_id for r in found if r.is_container}
    while found and found[-1].container and found[-1].container not in complete:
        found.pop()
        lines.pop()
    return found, min(len(data), sum(map(len, lines)) + len(lines))


def _is_whole(line: bytes) -> bool:
    """Whether only its end of line is missing: a part of a JSON object is none."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _damaged(path: Path, number: int) -> FengqingError:
    return FengqingError(
        "receipts_damaged",
        f"收件回执 {path} 第 {number} 行无法读取，请从备份恢复该文件；没有备份时删去该行，"
        "并将相应文件重新放入收件目录。",
        f"Line {number} of the receipts {path} cannot be read; restore the file from a backup. Without one, "
        "delete that line and put its file into the inbox again.",
    )


def _receipt(landing: Path, told: dict[str, Any]) -> Landed:
    return Landed(
        told["sha256"],
        told["name"],
        told["bytes"],
        datetime.fromisoformat(told["landed_at"]).replace(tzinfo=None),
        landing,
        told["path"],
        told.get("container"),
        told.get("is_container", False),
    )


def _line(receipt: Landed) -> str:
    told = {
        "sha256": receipt.file_id,
        "name": receipt.name,
        "bytes": receipt.bytes,
        "landed_at": receipt.landed_at.replace(tzinfo=UTC).isoformat(),
        "path": receipt.place,
        **({"container": receipt.container} if receipt.container else {}),
        **({"is_container": True} if receipt.is_container else {}),
    }
    return json.dumps(told, ensure_ascii=False) + "\n"
