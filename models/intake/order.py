"""The order in which received files are judged: registers first, so that parents exist before children.

A glance at a few kilobytes only. A wrong guess costs no correctness: rows that miss a parent are
judged again when it arrives (batch.py).
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from enum import IntEnum
from functools import cache
from pathlib import Path

from data_contracts.contract import load_contract, load_contracts
from models.intake.limits import Limits, Refusal
from models.intake.zips import UNREADABLE, directory

GLANCE_BYTES = 1 << 16
ZIP_MAGIC = b"PK"
GLANCE_LINES = 12
GLANCE_CELLS = 200
# Parts of a workbook that are looked at, and how much of each.
GLANCED_PARTS = {
    "xl/worksheets/sheet1.xml": GLANCE_BYTES,
    "xl/sharedstrings.xml": 1 << 24,
    "content.xml": GLANCE_BYTES,
}
SHARED_CELL = re.compile(r'<c\b(?=[^<>]*?\bt="s")[^<>]*+><v>(\d{1,9})</v>')
END_OF_STRING = re.compile(r"<si\b[^<>]*+(?<=/)>|</si>")
TEXT_IN_XML = re.compile(r"<(?:text:p|t)(?: [^<>]*+)?>([^<]*+)</(?:text:p|t)>")
# Spaces, and a remark in brackets at the end.
NO_PART_OF_A_NAME = re.compile(r"\s|[（(][^（()）]*[)）]$")
TEXT_IN_LINES = re.compile(r"[^,，;\t\r\n\"\ufeff]+")


class Turn(IntEnum):
    """When a file's turn comes."""

    UNITS = 0
    SOCIETIES = 1
    AUTHORITY = 2
    WORKBOOK = 3
    CHECKIN = 4


def turn_of(path: Path, limits: Limits | None = None) -> Turn:
    """The turn of a file, by the contract headers found near its beginning.

    Raises:
        FileNotFoundError: it is not there.
    """
    texts = {t if t.isalnum() else NO_PART_OF_A_NAME.sub("", t) for t in _texts(path, limits or Limits())}
    if not texts.isdisjoint(_only_on_cover()):
        return Turn.WORKBOOK
    fields = set().union(*(_fields()[t] for t in texts & _fields().keys()))
    met = Counter(family for family, _ in fields)
    if not met:
        return Turn.WORKBOOK
    best = max(load_contracts(), key=lambda family: met[family] / len(load_contract(family).fields))
    if best in ("units", "societies"):
        return Turn[best.upper()]
    origins = load_contract(best).origins
    if "checkin" in origins:
        return Turn.CHECKIN
    return Turn.AUTHORITY if "authority" in origins else Turn.WORKBOOK


@cache
def _fields() -> dict[str, frozenset[tuple[str, str]]]:
    """The fields, as family and name, that each header stands for."""
    found: dict[str, set[tuple[str, str]]] = {}
    for family, contract in load_contracts().items():
        for f in contract.fields:
            for header in f.headers:
                found.setdefault(header, set()).add((family, f.name))
    return {header: frozenset(fields) for header, fields in found.items()}


@cache
def _only_on_cover() -> frozenset[str]:
    """Labels that stand on a cover and head no column of any table."""
    fields = [f for c in load_contracts().values() for f in c.fields]
    columns = {header for f in fields if not f.from_cover for header in f.headers}
    keys = {f.name for c in load_contracts().values() for f in c.fields if f.is_key}
    labels = {f.zh for f in fields if f.from_cover and f.name not in keys}
    return frozenset(labels - columns)


def _texts(path: Path, limits: Limits) -> list[str]:
    """Texts near the file's beginning: of delimited files the first lines, of workbooks the first rows."""
    with path.open("rb") as file:
        start = file.read(GLANCE_BYTES)
        if not start.startswith(ZIP_MAGIC):
            return _texts_in_lines(start)
        try:
            with directory(file, limits, limits.parts) as archive:
                names = {n.lower(): n for n in archive.namelist()}
                sheet, strings, content = (_beginning(archive, names.get(part)) for part in GLANCED_PARTS)
        except (Refusal, *UNREADABLE):
            return []  # damaged or encrypted: judging says so, in whatever turn
    return [*TEXT_IN_XML.findall(sheet), *_shared(sheet, strings), *TEXT_IN_XML.findall(content)]


def _texts_in_lines(start: bytes) -> list[str]:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "ignore").encode()
    lines = b"\n".join(start.split(b"\n", GLANCE_LINES)[:GLANCE_LINES])
    try:
        return TEXT_IN_LINES.findall(lines.decode("utf-8"))
    except UnicodeDecodeError:
        return TEXT_IN_LINES.findall(lines.decode("gb18030", "ignore"))


def _shared(sheet: str, strings: str) -> list[str]:
    """The shared strings of the first rows. Some programs store them column by column, headers far apart."""
    wanted = {int(n) for n in SHARED_CELL.findall(sheet)[:GLANCE_CELLS]}
    items = END_OF_STRING.split(strings, max(wanted, default=-1) + 1) if wanted else []
    return ["".join(TEXT_IN_XML.findall(item)) for n, item in enumerate(items) if n in wanted]


def _beginning(archive: zipfile.ZipFile, part: str | None) -> str:
    if part is None:
        return ""
    with archive.open(part) as file:
        return file.read(GLANCED_PARTS[part.lower()]).decode("utf-8", "ignore")
