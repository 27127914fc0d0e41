"""The order in which received files are judged: registers first, so that parents exist before children.

A glance at a few kilobytes only. A wrong guess costs no correctness: rows that miss a parent are
judged again when it arrives (batch.py).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from enum import IntEnum
from functools import cache
from pathlib import Path

from data_contracts.contract import load_contracts

GLANCE_BYTES = 1 << 16
ZIP_MAGIC = b"PK"
GLANCED_PARTS = re.compile(r"xl/(sharedStrings|worksheets/sheet1)\.xml", re.IGNORECASE)
TEXT_IN_XML = re.compile(r"<t(?: [^>]*)?>([^<]*)</t>")
TEXT_IN_LINES = re.compile(r"[^,，;\t\r\n\"\ufeff]+")


class Turn(IntEnum):
    """When a file's turn comes."""

    UNITS = 0
    SOCIETIES = 1
    AUTHORITY = 2
    WORKBOOK = 3
    CHECKIN = 4


def turn_of(path: Path) -> Turn:
    """The turn of a file, by the contract headers found near its beginning."""
    texts = {re.sub(r"\s|[（(][^（()）]*[)）]$", "", t) for t in _texts(path)}
    if texts & _only_on_cover():
        return Turn.WORKBOOK
    shares = {
        name: sum(bool(texts.intersection(f.headers)) for f in contract.fields) / len(contract.fields)
        for name, contract in load_contracts().items()
    }
    best = max(shares, key=shares.__getitem__)
    if not shares[best]:
        return Turn.WORKBOOK
    if best in ("units", "societies"):
        return Turn[best.upper()]
    origins = load_contracts()[best].origins
    if "checkin" in origins:
        return Turn.CHECKIN
    return Turn.AUTHORITY if "authority" in origins else Turn.WORKBOOK


@cache
def _only_on_cover() -> frozenset[str]:
    """Labels that stand on a cover and head no column of any table."""
    fields = [f for c in load_contracts().values() for f in c.fields]
    columns = {header for f in fields if not f.from_cover for header in f.headers}
    keys = {f.name for c in load_contracts().values() for f in c.fields if f.is_key}
    labels = {f.zh for f in fields if f.from_cover and f.name not in keys}
    return frozenset(labels - columns)


def _texts(path: Path) -> list[str]:
    with path.open("rb") as file:
        start = file.read(GLANCE_BYTES)
    if not start.startswith(ZIP_MAGIC):
        try:
            return TEXT_IN_LINES.findall(start[: start.rfind(b"\n") + 1 or None].decode("utf-8"))
        except UnicodeDecodeError:
            return TEXT_IN_LINES.findall(start.decode("gb18030", "ignore"))
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [n for n in archive.namelist() if GLANCED_PARTS.fullmatch(n)]
            return [t for part in parts for t in TEXT_IN_XML.findall(_beginning(archive, part))]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError):
        return []  # damaged or encrypted: judging says so, in whatever turn


def _beginning(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as file:
        return file.read(GLANCE_BYTES).decode("utf-8", "ignore")
