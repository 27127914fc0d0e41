"""A zip of files to the files in it, all or none; names are read, checked, and never used as paths."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from models.intake.kinds import is_archive
from models.intake.limits import Limits, Refusal
from models.intake.zips import UNREADABLE, directory, weigh

# Left by office programs and operating systems, never sent on purpose.
TEMPORARY_PREFIXES = ("~$", ".~", "._")
TEMPORARY_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
TEMPORARY_FOLDERS = frozenset({"__MACOSX"})
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
CHUNK_BYTES = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@dataclass(frozen=True)
class Member:
    """A file out of an archive: its name there (through inner archives), and where it lies now."""

    name: str
    path: Path


@dataclass
class _Spent:
    """What of the limits has been used, by the archive and all archives in it."""

    members: int = 0
    unpacked: int = 0


def expand(path: Path, folder: Path, limits: Limits) -> list[Member]:
    """Unpack an archive into a folder, as files 0, 1, 2 …; archives within it are unpacked as well.

    Raises:
        Refusal: something is wrong with the archive or any of its members (D30), or it is too large
            (S13). What was unpacked by then is to be thrown away.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Refusal("S13", "", f"{size / 1e6:.0f} MB")
    with path.open("rb") as file:
        members = _expand(file, size, "", folder, limits, 0, _Spent())
    if not members:
        raise Refusal("D30", "archive_empty")
    return members


def is_leaving(name: str) -> bool:
    """Whether a file of that name (no folders) was left by a program."""
    return name.startswith(TEMPORARY_PREFIXES) or name in TEMPORARY_NAMES


def _expand(  # noqa: PLR0913, PLR0917 - what is handed down from archive to archive
    file: IO[bytes], size: int, prefix: str, folder: Path, limits: Limits, depth: int, spent: _Spent
) -> list[Member]:
    members: list[Member] = []
    with directory(file, limits, limits.members) as archive:
        weigh(archive, size, limits, limits.archive_bytes)
        for info in archive.filelist:
            name = _checked_name(info, limits)
            parts = PurePosixPath(name).parts
            if info.is_dir() or name.endswith("/") or TEMPORARY_FOLDERS.intersection(parts):
                continue
            if is_leaving(parts[-1]):
                continue
            _spend(info, limits, spent)
            target = folder / str(spent.members)
            _unpack(archive, info, name, target)
            with target.open("rb") as inner:
                if not is_archive(inner, limits):
                    members.append(Member(prefix + name, target))
                    continue
                if depth == limits.nesting:
                    raise Refusal("D30", "archive_nested", prefix + name, limits.nesting)
                within = f"{prefix}{name}/"
                members += _expand(inner, info.file_size, within, folder, limits, depth + 1, spent)
            target.unlink()
    return members


def _spend(info: zipfile.ZipInfo, limits: Limits, spent: _Spent) -> None:
    spent.members += 1
    spent.unpacked += info.file_size
    if spent.members > limits.members:
        raise Refusal("S13", "members", spent.members, limits.members)
    if spent.unpacked > limits.archive_bytes:
        raise Refusal("S13", "", f"{spent.unpacked / 1e6:.0f} MB")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, target: Path) -> None:
    """One member to a file; never more bytes than the directory says, which has been weighed."""
    if info.flag_bits & ENCRYPTED_FLAG:
        raise Refusal("D30", "archive_encrypted", name)
    if info.compress_type not in _METHODS:
        raise Refusal("D30", "archive_method", name)
    try:
        with archive.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK_BYTES)
    except UNREADABLE as error:
        raise Refusal("D30", "archive_damaged", name) from error


def _checked_name(info: zipfile.ZipInfo, limits: Limits) -> str:
    """The member's name with forward slashes.

    No path is ever made of it, but it goes into receipts, messages and lists; and who packs such names
    means harm.
    """
    name = _name(info).replace("\\", "/")
    parts = name.rstrip("/").split("/")
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    if (
        is_link
        or name.startswith("/")
        or _DRIVE.match(name)
        or not all(parts)
        or {".", ".."}.intersection(parts)
        or not name.isprintable()
        or len(name) > limits.path_length
        or len(parts) > limits.path_depth
    ):
        raise Refusal("D30", "archive_name", "".join(c if c.isprintable() else "�" for c in name[:80]))
    return name


def _name(info: zipfile.ZipInfo) -> str:
    """The name as its sender saw it: without the UTF-8 flag it is in whatever its computer writes.

    `orig_filename`, because zipfile cuts the other at the first NUL.
    """
    if info.flag_bits & UTF8_FLAG:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")  # zipfile's reading of bytes, one character each
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return info.orig_filename
