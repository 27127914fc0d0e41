"""Landing: an immutable copy of every file received, under its sha256, and a receipt."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, NoReturn

from models.clock import utc_now
from models.errors import FengqingError
from models.home import Home
from models.intake.archives import TEMPORARY_FOLDERS, Member, expand, is_leaving
from models.intake.kinds import is_archive
from models.intake.limits import Limits, Refusal
from models.intake.privacy import hide_numbers

RECEIPTS = "receipts.jsonl"
CHUNK_BYTES = 1 << 20
COPIERS = 8  # most of the time is waiting for the disk to confirm

Progress = Callable[[str, int, int], None]
"""Called with the stage (`land` or `load`), the files done and the files in all."""


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
    path: Path
    container: str | None = None
    is_container: bool = False


def land(
    inbox: Path, home: Home, progress: Progress | None = None, limits: Limits | None = None
) -> list[Landed]:
    """Copy what is new in the inbox into the landing folder; every name found, in order of name.

    After each archive come the files out of it.

    Raises:
        FengqingError: the inbox is missing, unreadable or holds no file, or a file cannot be read.
    """
    found = _found(inbox)
    desk = _Desk(home, limits or Limits())
    landed: list[Landed] = []
    with ThreadPoolExecutor(COPIERS) as copiers:
        copies = copiers.map(lambda item: _copy(item[1], home.landing), found)
        for done, ((name, _), copy) in enumerate(zip(found, copies, strict=True), start=1):
            landed += desk.receive(name, copy)
            if progress:
                progress("land", done, len(found))
    _append(home.landing, desk.fresh)
    return landed


class _Desk:
    """Gives receipts for copies, the old ones where there are any."""

    def __init__(self, home: Home, limits: Limits) -> None:
        self.landing, self.limits = home.landing, limits
        known = _all_receipts(self.landing)
        self.by_name = {(r.file_id, r.name): r for r in known}
        self.by_content = {r.file_id: r for r in reversed(known)}
        self.contents: dict[str, list[Landed]] = {}
        for receipt in known:
            if receipt.container:
                self.contents.setdefault(receipt.container, []).append(receipt)
        self.latest = max((r.landed_at for r in known), default=datetime.min)
        self.fresh: list[Landed] = []

    def receive(self, name: str, copy: tuple[str, int, Path]) -> list[Landed]:
        """The receipt for a file and, if it is an archive, for the files in it."""
        file_id, _, path = copy
        known = self.by_name.get((file_id, name))
        if known is not None:
            return [known, *self._known_members(known)]
        if not self._is_archive(path):
            return [self._receipt(name, copy)]
        with TemporaryDirectory(dir=self.landing, prefix=".draft.") as folder:
            try:
                members = expand(path, Path(folder), self.limits)
            except Refusal:
                return [self._receipt(name, copy)]  # judging will find the same, and say so
            archive = self._receipt(name, copy, is_container=True)
            return [archive, *self._take(archive, members)]

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
            copy = _copy(member.path, self.landing, PurePosixPath(member.name).suffix)
            known = self.by_name.get((copy[0], name))
            taken.append(known or self._receipt(name, copy, container=archive.file_id))
        return taken

    def _receipt(
        self,
        name: str,
        copy: tuple[str, int, Path],
        container: str | None = None,
        is_container: bool = False,
    ) -> Landed:
        file_id, size, path = copy
        first = self.by_content.get(file_id)
        if first is None:
            self.latest = max(utc_now(), self.latest + timedelta(microseconds=1))
            receipt = Landed(file_id, name, size, self.latest, path, container, is_container)
            self.by_content[file_id] = receipt
        else:
            receipt = replace(first, name=name, container=container, is_container=is_container)
        self.by_name[file_id, name] = receipt
        self.fresh.append(receipt)
        return receipt

    def _is_archive(self, path: Path) -> bool:
        with path.open("rb") as file:
            return is_archive(file, self.limits)


def receipts(home: Home) -> list[Landed]:
    """Every receipt given so far for a file to be judged, oldest first; containers are left out."""
    return [r for r in _all_receipts(home.landing) if not r.is_container]


def containers(home: Home) -> list[Landed]:
    """Every receipt for an archive whose files were landed, oldest first."""
    return [r for r in _all_receipts(home.landing) if r.is_container]


def _all_receipts(landing: Path) -> list[Landed]:
    path = landing / RECEIPTS
    if not path.exists():
        return []
    read = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Landed(
            r["sha256"],
            r["name"],
            r["bytes"],
            datetime.fromisoformat(r["landed_at"]).replace(tzinfo=None),
            landing / r["path"],
            r.get("container"),
            r.get("is_container", False),
        )
        for r in read
    ]


def _append(landing: Path, fresh: Iterable[Landed]) -> None:
    lines = [
        json.dumps(
            {
                "sha256": r.file_id,
                "name": r.name,
                "bytes": r.bytes,
                "landed_at": r.landed_at.replace(tzinfo=UTC).isoformat(),
                "path": r.path.relative_to(landing).as_posix(),
                **({"container": r.container} if r.container else {}),
                **({"is_container": True} if r.is_container else {}),
            },
            ensure_ascii=False,
        )
        for r in fresh
    ]
    if not lines:
        return
    # Whole file anew: a crash during an append would leave half a line that no later run can read.
    path = landing / RECEIPTS
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    draft = _draft(path)
    with draft.open("wb") as file:
        file.write((before + "\n".join(lines) + "\n").encode())
        _settle(file)
    draft.replace(path)


def _found(inbox: Path) -> list[tuple[str, Path]]:
    """Names (relative to the inbox, readable text) and paths, in order of name."""
    if not inbox.is_dir():
        raise FengqingError(
            "inbox_missing",
            f"收件目录 {inbox} 不存在或不是目录，请检查路径。",
            f"The inbox {inbox} does not exist or is not a folder; check the path.",
        )
    found: list[tuple[str, Path]] = []
    for folder, folders, names in os.walk(inbox, onerror=_refuse):
        folders[:] = [f for f in folders if f not in TEMPORARY_FOLDERS]
        for name in names:
            path = Path(folder, name)
            if not is_leaving(name) and path.is_file():
                found.append((_readable(path.relative_to(inbox).as_posix()), path))
    if not found:
        raise FengqingError(
            "inbox_empty",
            f"收件目录 {inbox} 中没有文件，请放入报送文件后重试。",
            f"The inbox {inbox} holds no file; put the files received into it and try again.",
        )
    shown = hide_numbers([name for name, _ in found])
    return sorted((name, path) for name, (_, path) in zip(shown, found, strict=True))


def _refuse(error: OSError) -> NoReturn:
    raise FengqingError(
        "inbox_unreadable",
        f"无法读取 {error.filename}（{error.strerror}），请检查权限。",
        f"Cannot read {error.filename} ({error.strerror}); check its permissions.",
    ) from error


def _readable(name: str) -> str:
    """The name as text: archives from Windows leave GBK bytes, which are no UTF-8."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _copy(source: Path, landing: Path, suffix: str | None = None) -> tuple[str, int, Path]:
    """Sha256, size and landing path of the file, copied there unless it is there already."""
    suffix = source.suffix if suffix is None else suffix
    try:
        with source.open("rb") as file:
            file_id, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        if (known := _target(landing, file_id, suffix)).exists():
            return file_id, size, known
        draft = _draft(landing / source.name)
        # Hashed again while copied: the name must be true even if the file changed in between.
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as file, draft.open("wb") as copy:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                size += copy.write(chunk)
            _settle(copy)
    except OSError as error:
        _refuse(error)
    target = _target(landing, digest.hexdigest(), suffix)
    target.parent.mkdir(exist_ok=True)
    draft.chmod(0o400)  # originals may hold what rows are quarantined for
    draft.replace(target)
    return digest.hexdigest(), size, target


def _target(landing: Path, file_id: str, suffix: str) -> Path:
    suffix = suffix.lower()
    suffix = suffix if suffix.isascii() and suffix[1:].isalnum() else ""
    return landing / file_id[:2] / f"{file_id[2:]}{suffix}"


def _draft(path: Path) -> Path:
    return path.with_name(f".draft.{secrets.token_hex(8)}")


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
