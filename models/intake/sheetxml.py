"""What calamine does not tell: cells that hold a formula's error, and hidden rows, read from the XML."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass

_SHEET = re.compile(rb"<sheet\b[^>]*?/?>")
_RELATION = re.compile(rb"<Relationship\b[^>]*?/?>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_ERROR_CELL = re.compile(rb'<c\b[^>]*?\bt="e"[^>]*>(.*?)</c>', re.DOTALL)
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*?\bhidden="(?:1|true)"[^>]*>')
_ADDRESS = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True)
class Oddities:
    """Of one sheet: (row, column, text) of each error cell, and the numbers of its hidden rows."""

    errors: tuple[tuple[int, int, str], ...]
    hidden: tuple[int, ...]


def oddities(archive: zipfile.ZipFile) -> dict[str, Oddities]:
    """By sheet name, for the sheets of an xlsx that have any; empty for other kinds of workbook."""
    odd: dict[str, Oddities] = {}
    for part in archive.namelist():
        if not part.startswith("xl/worksheets/sheet"):
            continue
        xml = archive.read(part)
        if b't="e"' in xml or b"hidden=" in xml:
            odd[part] = Oddities(tuple(_errors(xml)), tuple(_hidden(xml)))
    if not odd:
        return {}
    return {name: odd[part] for name, part in _sheet_parts(archive).items() if part in odd}


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → part of the archive."""
    from html import unescape

    targets: dict[str, str] = {}
    for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        attributes = _attributes(tag)
        target = attributes.get("Target", "")
        targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    sheets = map(_attributes, _SHEET.findall(archive.read("xl/workbook.xml")))
    return {unescape(s.get("name", "")): targets.get(s.get("r:id", ""), "") for s in sheets}


def _attributes(tag: bytes) -> dict[str, str]:
    return {k.decode(): v.decode("utf-8", "replace") for k, v in _ATTRIBUTE.findall(tag)}


def _errors(xml: bytes) -> list[tuple[int, int, str]]:
    found = []
    for match in _ERROR_CELL.finditer(xml):
        opening = match.group(0).split(b">", 1)[0]
        address = _ADDRESS.fullmatch(_attributes(opening).get("r", ""))
        value = _VALUE.search(match.group(1))
        if address and value:
            row, col = int(address.group(2)), column_number(address.group(1))
            found.append((row, col, value.group(1).decode("utf-8", "replace")))
    return found


def _hidden(xml: bytes) -> list[int]:
    return [int(_attributes(tag).get("r", "0")) for tag in _HIDDEN_ROW.findall(xml)]


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
