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
from pathlib import Path
from typing import IO, NoReturn

from models.clock import utc_now
from models.errors import FengqingError
from models.home import Home

RECEIPTS = "receipts.jsonl"
CHUNK_BYTES = 1 << 20
COPIERS = 8  # most of the time is waiting for the disk to confirm

# Left by office programs and operating systems, never sent on purpose.
TEMPORARY_PREFIXES = ("~$", ".~", "._")
TEMPORARY_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
TEMPORARY_FOLDERS = frozenset({"__MACOSX"})

Progress = Callable[[str, int, int], None]
"""Called with the stage (`land` or `load`), the files done and the files in all."""


@dataclass(frozen=True)
class Landed:
    """One name found in the inbox, and the content it has.

    `landed_at` (UTC, no zone) orders all contents ever received: no two contents share one. The same
    content under another name has the first one's `file_id`, `path` and `landed_at`.
    """

    file_id: str
    name: str
    bytes: int
    landed_at: datetime
    path: Path


def land(inbox: Path, home: Home, progress: Progress | None = None) -> list[Landed]:
    """Copy what is new in the inbox into the landing folder; every name found, in order of name.

    Raises:
        FengqingError: the inbox is missing, unreadable or holds no file, or a file cannot be read.
    """
    found = _found(inbox)
    landing = home.landing
    known = receipts(home)
    by_name = {(r.file_id, r.name): r for r in known}
    by_content = {r.file_id: r for r in reversed(known)}
    latest = max((r.landed_at for r in known), default=datetime.min)
    landed: list[Landed] = []
    fresh: list[Landed] = []
    with ThreadPoolExecutor(COPIERS) as copiers:
        copies = copiers.map(lambda item: _copy(item[1], landing), found)
        for (name, _), (file_id, size, path) in zip(found, copies, strict=True):
            receipt = by_name.get((file_id, name))
            if receipt is None:
                first = by_content.get(file_id)
                if first is None:
                    latest = max(utc_now(), latest + timedelta(microseconds=1))
                    receipt = by_content[file_id] = Landed(file_id, name, size, latest, path)
                else:
                    receipt = replace(first, name=name)
                by_name[file_id, name] = receipt
                fresh.append(receipt)
            landed.append(receipt)
            if progress:
                progress("land", len(landed), len(found))
    _append(landing, fresh)
    return landed


def receipts(home: Home) -> list[Landed]:
    """Every receipt given so far, oldest first."""
    landing = home.landing
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
            if not _is_temporary(name) and path.is_file():
                found.append((_readable(path.relative_to(inbox).as_posix()), path))
    if not found:
        raise FengqingError(
            "inbox_empty",
            f"收件目录 {inbox} 中没有文件，请放入报送文件后重试。",
            f"The inbox {inbox} holds no file; put the files received into it and try again.",
        )
    return sorted(found)


def _refuse(error: OSError) -> NoReturn:
    raise FengqingError(
        "inbox_unreadable",
        f"无法读取 {error.filename}（{error.strerror}），请检查权限。",
        f"Cannot read {error.filename} ({error.strerror}); check its permissions.",
    ) from error


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY_PREFIXES) or name in TEMPORARY_NAMES


def _readable(name: str) -> str:
    """The name as text: archives from Windows leave GBK bytes, which are no UTF-8."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _copy(source: Path, landing: Path) -> tuple[str, int, Path]:
    """Sha256, size and landing path of the file, copied there unless it is there already."""
    try:
        with source.open("rb") as file:
            file_id, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        if (known := _target(landing, file_id, source)).exists():
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
    target = _target(landing, digest.hexdigest(), source)
    target.parent.mkdir(exist_ok=True)
    draft.chmod(0o444)
    draft.replace(target)
    return digest.hexdigest(), size, target


def _target(landing: Path, file_id: str, source: Path) -> Path:
    suffix = source.suffix.lower()
    suffix = suffix if suffix.isascii() and suffix[1:].isalnum() else ""
    return landing / file_id[:2] / f"{file_id[2:]}{suffix}"


def _draft(path: Path) -> Path:
    return path.with_name(f".draft.{secrets.token_hex(8)}")


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
