"""Originals: a copy of every content received, under its sha256, brought to the disk a chunk at a time."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NoReturn

from models.errors import FengqingError
from models.intake.barrier import Barrier
from models.intake.kinds import is_archive
from models.intake.limits import Limits
from models.intake.receipts import Landed, unwritable

READ_BYTES = 1 << 20  # a smaller file is read once, whole
DRAFT = ".draft."
# What waits for the disk at most, and is lost by a crash.
CHUNK_FILES = 500
CHUNK_BYTES = 256_000_000


@dataclass(frozen=True)
class Copy:
    """A content that was kept: its sha256, size, path in the landing folder, and whether a zip of files."""

    file_id: str
    bytes: int
    place: str
    is_archive: bool


class Originals:
    """The landing folder's copies. `keep` may be called from several threads.

    A copy is trusted if it has a receipt, and receipts are given after `settle` only: a copy without one
    may be what a crash left, and is made again.

    Args:
        landing: the folder.
        known: receipts by sha256; whoever gives receipts adds to them.
        limits: what a zip may be.
        barrier: open on the folder.
    """

    def __init__(self, landing: Path, known: Mapping[str, Landed], limits: Limits, barrier: Barrier) -> None:
        self._root = os.fspath(landing)
        self._known, self._limits = known, limits
        self._barrier, self._counting = barrier, Lock()
        self._unsettled: list[str] = []
        self._bytes = 0
        self._folders: set[str] = set()

    def keep_all(self, sources: Iterable[str]) -> list[Copy]:
        """As `keep`, of many files."""
        return [self.keep(source) for source in sources]

    def keep(self, source: str, suffix: str | None = None) -> Copy:
        """Copy the file unless its content is here; named by the bytes that were really written.

        Args:
            source: the file.
            suffix: the ending of the copy's name; the source's own unless given.

        Raises:
            FengqingError: the file cannot be read, or the copy not written.
        """
        suffix = os.path.splitext(source)[1] if suffix is None else suffix
        try:
            # No buffer: making one asks the system twice more, for each of many small files.
            with open(source, "rb", 0) as file:
                size = os.fstat(file.fileno()).st_size
                data = (file.read(size + 1) or b"") if size < READ_BYTES else b""
                if len(data) != size:  # it is large, or being written
                    return self._keep_large(file, suffix)
        except OSError as error:
            refuse(error)
        file_id = hashlib.sha256(data).hexdigest()
        place = self._kept(file_id, len(data)) or self._write([data], lambda: self._place(file_id, suffix))
        return Copy(file_id, len(data), place, is_archive(io.BytesIO(data), self._limits))

    def _keep_large(self, file: io.FileIO, suffix: str) -> Copy:
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        place = self._kept(digest.hexdigest(), file.tell())
        if place is None:
            # Hashed again while copied: the name must be true even if the file changed in between.
            digest = hashlib.sha256()
            file.seek(0)
            place = self._write(_hashed(file, digest), lambda: self._place(digest.hexdigest(), suffix))
        with open(f"{self._root}/{place}", "rb") as copy:
            size = os.fstat(copy.fileno()).st_size
            return Copy(digest.hexdigest(), size, place, is_archive(copy, self._limits))

    def _kept(self, file_id: str, size: int) -> str | None:
        """Where the content lies if it is here, whole and with a receipt."""
        known = self._known.get(file_id)
        if known is None:
            return None
        try:
            return known.place if os.stat(f"{self._root}/{known.place}").st_size == size else None
        except FileNotFoundError:
            return None

    def _place(self, file_id: str, suffix: str) -> str:
        """Where a copy belongs; one that was lost goes where its receipt says."""
        if known := self._known.get(file_id):
            return known.place
        suffix = suffix.lower()
        suffix = suffix if suffix.isascii() and suffix[1:].isalnum() else ""
        return f"{file_id[:2]}/{file_id[2:]}{suffix}"

    def _write(self, parts: Iterable[bytes], place: Callable[[], str]) -> str:
        """Write a draft and give it the name that is known when it is written; that name."""
        draft = f"{self._root}/{DRAFT}{secrets.token_hex(8)}"
        try:
            # Originals may hold what rows are quarantined for.
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            with open(handle, "wb", io.DEFAULT_BUFFER_SIZE) as file:
                size = sum(map(file.write, parts))
            found = place()
            folder = f"{self._root}/{found[:2]}"
            if folder not in self._folders:
                os.makedirs(folder, exist_ok=True)
                self._folders.add(folder)
            os.replace(draft, f"{self._root}/{found}")
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)  # a full disk has no room for halves
            raise unwritable(error) from error
        with self._counting:
            self._unsettled.append(found)
            self._bytes += size
        return found

    @property
    def is_full(self) -> bool:
        """Whether so much waits for `settle` that it should not be put off."""
        return len(self._unsettled) > CHUNK_FILES or self._bytes > CHUNK_BYTES

    def settle(self) -> None:
        """Bring to the disk what was kept before this call.

        Raises:
            FengqingError: the disk did not take it.
        """
        with self._counting:
            places, self._unsettled, self._bytes = self._unsettled, [], 0
        if not places:
            return
        try:
            self._barrier.settle(places)
        except OSError as error:
            raise unwritable(error) from error


def clear_drafts(landing: Path) -> None:
    """Remove what a killed landing had not finished; no other may be under way."""
    for draft in landing.glob(f"{DRAFT}*"):
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink()


def refuse(error: OSError) -> NoReturn:
    """Say that something in the inbox cannot be read."""
    raise FengqingError(
        "inbox_unreadable",
        f"无法读取 {error.filename}（{error.strerror}），请检查权限。",
        f"Cannot read {error.filename} ({error.strerror}); check its permissions.",
    ) from error


def _hashed(file: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    """The parts of a file from here on, each in the digest when it is given."""
    while data := _read(file):
        digest.update(data)
        yield data


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(READ_BYTES)
    except OSError as error:
        refuse(error)
