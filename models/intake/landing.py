"""Landing: an immutable copy of every file received, under its sha256, and a receipt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from models.clock import utc_now
from models.errors import FengqingError
from models.home import Home
from models.intake.archives import TEMPORARY_FOLDERS, Member, expand, is_leaving
from models.intake.barrier import Barrier
from models.intake.limits import Limits, Refusal
from models.intake.originals import CHUNK_FILES, DRAFT, Copy, Originals, clear_drafts, refuse
from models.intake.privacy import hide_numbers
from models.intake.receipts import Landed, open_book

READERS = 2  # an inbox may be far away
TASK_FILES = 25  # read by one of them in a row: handing over a file costs as much as reading it

Progress = Callable[[str, int, int], None]
"""Called with the stage (`land` or `load`), the files done and the files in all."""


def land(
    inbox: Path, home: Home, progress: Progress | None = None, limits: Limits | None = None
) -> list[Landed]:
    """Copy what is new in the inbox into the landing folder; every name found, in order of name.

    After each archive come the files out of it. Receipts are given a chunk of files at a time, once their
    copies are on the disk: killed, a landing loses the chunk in work.

    Raises:
        FengqingError: the inbox is missing, unreadable or holds no file, a file cannot be read, a copy
            cannot be written, or the receipts are damaged.
    """
    found = _found(inbox)
    limits = limits or Limits()
    landing = home.landing
    landed: list[Landed] = []
    with open_book(landing) as book:
        clear_drafts(landing)
        by_content = {r.file_id: r for r in reversed(book.known)}
        with Barrier(landing) as barrier, _readers() as readers:
            originals = Originals(landing, by_content, limits, barrier)
            desk = _Desk(landing, book.known, by_content, originals, limits)

            def settle() -> None:
                originals.settle()
                book.add(desk.fresh)
                desk.fresh.clear()

            for start in range(0, len(found), CHUNK_FILES):
                chunk = found[start : start + CHUNK_FILES]
                paths = [path for _, path in chunk]
                tasks = (paths[at : at + TASK_FILES] for at in range(0, len(paths), TASK_FILES))
                copies = chain.from_iterable(readers.map(originals.keep_all, tasks))
                for done, ((name, _), copy) in enumerate(zip(chunk, copies, strict=True), start=start + 1):
                    landed += desk.receive(name, copy)
                    if originals.is_full:
                        settle()
                    if progress:
                        progress("land", done, len(found))
                settle()
    return landed


@contextmanager
def _readers() -> Iterator[ThreadPoolExecutor]:
    """Threads that leave what they have not begun when a landing is broken off."""
    readers = ThreadPoolExecutor(READERS, "landing")
    try:
        yield readers
    finally:
        readers.shutdown(cancel_futures=True)


class _Desk:
    """Gives receipts for copies, the old ones where there are any."""

    def __init__(
        self,
        landing: Path,
        known: list[Landed],
        by_content: dict[str, Landed],
        originals: Originals,
        limits: Limits,
    ) -> None:
        self.landing, self.by_content, self.originals, self.limits = landing, by_content, originals, limits
        self.by_name = {(r.file_id, r.name): r for r in known}
        self.contents: dict[str, list[Landed]] = {}
        for receipt in known:
            if receipt.container:
                self.contents.setdefault(receipt.container, []).append(receipt)
        self.latest = max((r.landed_at for r in known), default=datetime.min)
        self.fresh: list[Landed] = []

    def receive(self, name: str, copy: Copy) -> list[Landed]:
        """The receipt for a file and, if it is an archive, for the files in it."""
        known = self.by_name.get((copy.file_id, name))
        if known is not None:
            return [known, *self._known_members(known)]
        if not copy.is_archive:
            return [self._receipt(name, copy)]
        with TemporaryDirectory(dir=self.landing, prefix=DRAFT) as folder:
            try:
                members = expand(self.landing / copy.place, Path(folder), self.limits)
            except Refusal:
                return [self._receipt(name, copy)]  # judging will find the same, and say so
            archive = self._receipt(name, copy, is_container=True)
            self.fresh.pop()
            taken = self._take(archive, members)
            self.fresh.append(archive)  # after its files, for all of which it vouches
            return [archive, *taken]

    def _known_members(self, archive: Landed) -> list[Landed]:
        if not archive.is_container:
            return []
        members = self.contents.get(archive.file_id, ())
        return [m for m in members if m.name.startswith(f"{archive.name}/")]

    def _take(self, archive: Landed, members: list[Member]) -> list[Landed]:
        taken = []
        shown = hide_numbers([member.name for member in members])
        for member, called in zip(members, shown, strict=True):
            name = f"{archive.name}/{called}"
            copy = self.originals.keep(str(member.path), PurePosixPath(member.name).suffix)
            known = self.by_name.get((copy.file_id, name))
            taken.append(known or self._receipt(name, copy, container=archive.file_id))
            if self.originals.is_full:
                self.originals.settle()
        return taken

    def _receipt(
        self, name: str, copy: Copy, container: str | None = None, is_container: bool = False
    ) -> Landed:
        first = self.by_content.get(copy.file_id)
        if first is None:
            self.latest = max(utc_now(), self.latest + timedelta(microseconds=1))
            receipt = Landed(
                copy.file_id, name, copy.bytes, self.latest, self.landing, copy.place, container, is_container
            )
            self.by_content[copy.file_id] = receipt
        else:
            receipt = replace(first, name=name, container=container, is_container=is_container)
        self.by_name[copy.file_id, name] = receipt
        self.fresh.append(receipt)
        return receipt


def _found(inbox: Path) -> list[tuple[str, str]]:
    """Names (relative to the inbox, readable text) and paths, in order of name."""
    if not inbox.is_dir():
        raise FengqingError(
            "inbox_missing",
            f"收件目录 {inbox} 不存在或不是目录，请检查路径。",
            f"The inbox {inbox} does not exist or is not a folder; check the path.",
        )
    found: list[tuple[str, str]] = []
    root = os.path.join(inbox, "")
    for folder, folders, names in os.walk(inbox, onerror=refuse):
        folders[:] = [f for f in folders if f not in TEMPORARY_FOLDERS]
        for name in names:
            path = os.path.join(folder, name)
            if not is_leaving(name) and os.path.isfile(path):
                found.append((_readable(path.removeprefix(root)), path))
    if not found:
        raise FengqingError(
            "inbox_empty",
            f"收件目录 {inbox} 中没有文件，请放入报送文件后重试。",
            f"The inbox {inbox} holds no file; put the files received into it and try again.",
        )
    shown = hide_numbers([name for name, _ in found])
    return sorted((name, path) for name, (_, path) in zip(shown, found, strict=True))


def _readable(name: str) -> str:
    """The name as text: archives from Windows leave GBK bytes, which are no UTF-8."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
