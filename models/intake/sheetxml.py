"""What calamine does not tell: cells that hold a formula's error, and hidden rows, read from the XML."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from models.intake.zips import unpack

RELATIONS_PART = "xl/_rels/workbook.xml.rels"
SHEET_FOLDER = "xl/worksheets/sheet"

# No pattern may run over the end of a tag: on hostile XML that would take time without end.
_SHEET = re.compile(rb"<sheet\b[^<>]*+>")
_RELATION = re.compile(rb"<Relationship\b[^<>]*+>")
_ATTRIBUTE = re.compile(rb'([\w:]++)="([^"]*+)"')
_ERROR_CELL = re.compile(
    rb'<c\b(?=[^<>]*?\bt="e")([^<>]*+)>(?:<f\b[^<>]*+(?:/>|>[^<]*+</f>|>))?<v>([^<]*+)</v>'
)
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^<>]*?\bhidden="(?:1|true)")[^<>]*+>')
_ROW_NUMBER = re.compile(r"[0-9]{1,7}")
_ADDRESS = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True)
class Oddities:
    """Of one sheet: (row, column, text) of each error cell, and the numbers of its hidden rows."""

    errors: tuple[tuple[int, int, str], ...]
    hidden: tuple[int, ...]


def is_sheet(part: str) -> bool:
    """Whether a part of an xlsx is a sheet, by where programs put them."""
    return part.startswith(SHEET_FOLDER) and part.endswith(".xml")


def oddities(archive: zipfile.ZipFile, parts: Mapping[str, bytes]) -> dict[str, Oddities]:
    """By sheet name, for the sheets of an xlsx that have any.

    `parts`: XML of the sheets, by part.
    """
    odd = {
        part: Oddities(tuple(_errors(xml)), tuple(_hidden(xml)))
        for part, xml in parts.items()
        if b't="e"' in xml or b"hidden=" in xml
    }
    if not odd:
        return {}
    return {name: odd[part] for name, part in _sheet_parts(archive).items() if part in odd}


def is_root_of(xml: bytes, part: str) -> bool:
    """Whether the package's relations name that part as the document, and no other."""
    tags = map(_attributes, _RELATION.findall(xml))
    found = [t.get("Target", "") for t in tags if t.get("Type", "").endswith("/officeDocument")]
    return [target.removeprefix("/") for target in found] == [part]


def targets(xml: bytes, sheets_only: bool = False) -> dict[str, str]:
    """Relation id → part of the archive, from the relations of the workbook."""
    found: dict[str, str] = {}
    for tag in _RELATION.findall(xml):
        attributes = _attributes(tag)
        if sheets_only and not attributes.get("Type", "").endswith("/worksheet"):
            continue
        target = attributes.get("Target", "")
        found[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → part of the archive."""
    from html import unescape

    parts = targets(unpack(archive, RELATIONS_PART))
    sheets = map(_attributes, _SHEET.findall(unpack(archive, "xl/workbook.xml")))
    return {unescape(s.get("name", "")): parts.get(s.get("r:id", ""), "") for s in sheets}


def _attributes(tag: bytes) -> dict[str, str]:
    return {k.decode("utf-8", "replace"): v.decode("utf-8", "replace") for k, v in _ATTRIBUTE.findall(tag)}


def _errors(xml: bytes) -> list[tuple[int, int, str]]:
    found = []
    for match in _ERROR_CELL.finditer(xml):
        address = _ADDRESS.fullmatch(_attributes(match.group(1)).get("r", ""))
        if address:
            row, col = int(address.group(2)), column_number(address.group(1))
            found.append((row, col, match.group(2).decode("utf-8", "replace")))
    return found


def _hidden(xml: bytes) -> list[int]:
    numbers = (_attributes(tag).get("r", "") for tag in _HIDDEN_ROW.findall(xml))
    return [int(n) for n in numbers if _ROW_NUMBER.fullmatch(n)]


def column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
