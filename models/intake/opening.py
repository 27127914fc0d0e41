"""A workbook's bytes to its sheets: here if small and plain, in a confined process if perhaps a bomb."""

from __future__ import annotations

import io
import re
import zipfile

from models.intake import sheetxml
from models.intake.confined import read_confined
from models.intake.kinds import Kind
from models.intake.limits import Limits, Refusal
from models.intake.parsing import SheetCells, check_sheets, parse_sheets
from models.intake.zips import directory, unpack, weigh, with_unpacked

GB_ENCODING = "GB18030"
WORKBOOK_PART = "xl/workbook.xml"
ROOT_PART = "_rels/.rels"
# Calamine lays a sheet out as a full rectangle, so that two cells far apart cost as much as all between.
# Only rows below 10,000 and columns below AAA are near, and only where each tag plainly says so.
_FAR = re.compile(rb' r="(?:[A-Z]*\d{5}|[A-Z]{3})')
_NOT_PLAIN = re.compile(rb'<(?:c|row)(?=[\s/>])(?! r="[A-Z]{0,2}\d{1,4}"| [^<>]*? r="[A-Z]{0,2}\d{1,4}")')
# Spellings of tags and attributes that the patterns would miss, and XML that is no UTF-8.
_ODD_TAG = re.compile(rb":(?:row|c[\s/>])")
_ODD_ATTRIBUTES = (b"='", b"= ", b" =", b'"&', b"=\n", b"=\t", b"=\r", b"\x00")
# What shared strings could fill if every cell held all of them.
_MULTIPLIED_BYTES = 500_000_000


def read_workbook(data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
    """The sheets of a workbook. Macros and formulas are never run: only stored values are read.

    Raises:
        Refusal: too large, encrypted, damaged, or not a workbook.
    """
    if len(data) > limits.workbook_bytes:
        raise Refusal("S13", "", f"{len(data) / 1e6:.0f} MB")
    if kind not in ("xlsx", "xlsm"):
        return read_confined(data, kind, limits)
    with directory(io.BytesIO(data), limits, limits.parts) as archive:
        weigh(archive, len(data), limits, limits.unpacked_bytes)
        parts = _plain_parts(archive, data, limits)
        if parts is None:
            return read_confined(data, kind, limits)
        odd = sheetxml.oddities(archive, parts)
        data = with_unpacked(archive, data, parts)
    return parse_sheets(data, odd, limits)


def _plain_parts(archive: zipfile.ZipFile, data: bytes, limits: Limits) -> dict[str, bytes] | None:
    """XML of the sheets by part if the workbook can do no harm here, else None.

    Raises:
        Refusal: it names more sheets than the limit (S13).
    """
    sizes = {p.filename: p.file_size for p in archive.filelist}
    if not {ROOT_PART, WORKBOOK_PART, sheetxml.RELATIONS_PART} <= sizes.keys():
        return None
    if len(data) > limits.trusted_bytes or sum(sizes.values()) > limits.trusted_unpacked_bytes:
        return None
    root, relations, workbook = (
        unpack(archive, part) for part in (ROOT_PART, sheetxml.RELATIONS_PART, WORKBOOK_PART)
    )
    targets = sheetxml.targets(relations, sheets_only=True)
    check_sheets(max(len(targets), workbook.count(b"<sheet ")), limits)
    if not _is_plain(root, relations, len(targets)) or not sizes.keys() >= set(targets.values()):
        return None
    parts: dict[str, bytes] = {}
    # Shared strings may lie in any part; whatever is no sheet might hold them.
    strings = sum(sizes.values()) - sum(sizes.get(part, 0) for part in targets.values())
    for part in targets.values():
        xml = parts[part] = unpack(archive, part)
        if not _is_near(xml) or _is_multiplied(xml, strings):
            return None
    return parts


def _is_plain(root: bytes, relations: bytes, targets: int) -> bool:
    """Whether the relations are spelled so that all sheets are among the `targets` found in them."""
    if any(odd in relations or odd in root for odd in _ODD_ATTRIBUTES):
        return False
    return relations.count(b'/worksheet"') == targets and sheetxml.is_root_of(root, WORKBOOK_PART)


def _is_near(xml: bytes) -> bool:
    """Whether all cells of a sheet lie near its beginning."""
    # Colons are rare: looking for one and then on costs a fourth of looking for each spelling.
    return not (b"\x00" in xml or _ODD_TAG.search(xml) or _FAR.search(xml) or _NOT_PLAIN.search(xml))


def _is_multiplied(xml: bytes, strings: int) -> bool:
    """Whether the cells of a sheet, each with all shared strings, would be too much."""
    # Two bytes begin a cell: of a small sheet nothing need be counted.
    most = len(xml) // 2
    return strings * most > _MULTIPLIED_BYTES and strings * xml.count(b"<c") > _MULTIPLIED_BYTES


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: BOM, strict UTF-8, strict GB18030, in that order.

    Guessing by frequency is no help: it called short GBK texts Korean.

    Raises:
        Refusal: none of them fits (D28).
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        attempts = [("UTF-16", "utf-16")]
    else:
        attempts = [("UTF-8", "utf-8-sig"), (GB_ENCODING, "gb18030")]
    for label, codec in attempts:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, label
    raise Refusal("D28")
