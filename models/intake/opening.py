"""A workbook's bytes to its sheets: here if small and plain, in a confined process if perhaps a bomb."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, NamedTuple

from models.intake import sheetxml
from models.intake.kinds import Kind
from models.intake.limits import Limits, Refusal
from models.intake.sheetxml import Oddities
from models.intake.zips import directory, unpack, weigh

GB_ENCODING = "GB18030"
WORKBOOK_PART = "xl/workbook.xml"
MANIFEST_PART = "META-INF/manifest.xml"
ROOT_PART = "_rels/.rels"
# Calamine lays a sheet out as a full rectangle, so that two cells far apart cost as much as all between.
# Only rows below 10,000 and columns below AAA are near, and only where each tag plainly says so.
_FAR = re.compile(rb' r="(?:[A-Z]*\d{5}|[A-Z]{3})')
_NOT_PLAIN = re.compile(rb'<(?:c|row)(?=[\s/>])(?! r="[A-Z]{0,2}\d{1,4}"| [^<>]*? r="[A-Z]{0,2}\d{1,4}")')
# Spellings of tags and attributes that the patterns would miss, and XML that is no UTF-8.
_ODD_TAGS = (b"\x00", b":row", b":c ", b":c>")
_ODD_ATTRIBUTES = (b"='", b"= ", b" =", b'"&', b"=\n", b"=\t", b"=\r", b"\x00")
# What shared strings could fill if every cell held all of them.
_MULTIPLIED_BYTES = 500_000_000


class SheetCells(NamedTuple):
    """One sheet: rows from A1, equally wide, and what calamine leaves out."""

    name: str
    is_hidden: bool
    rows: list[list[Any]]
    odd: Oddities | None


def read_workbook(data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
    """The sheets of a workbook. Macros and formulas are never run: only stored values are read.

    Raises:
        Refusal: too large, encrypted, damaged, or not a workbook.
    """
    from models.intake.confined import read_confined

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
    return _parse(data, odd, limits)


def parse(data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
    """As `read_workbook`, wherever this runs; for the confined process.

    Raises:
        Refusal: as `read_workbook`.
    """
    odd: dict[str, Oddities] = {}
    if kind in ("xlsx", "xlsm", "xlsb", "ods"):
        with directory(io.BytesIO(data), limits, limits.parts) as archive:
            weigh(archive, len(data), limits, limits.unpacked_bytes)
            if kind == "ods" and _is_encrypted(archive):
                raise Refusal("D30", "encrypted")
            if kind in ("xlsx", "xlsm"):
                names = [p.filename for p in archive.filelist if sheetxml.is_sheet(p.filename)]
                odd = sheetxml.oddities(archive, {name: unpack(archive, name) for name in names})
    return _parse(data, odd, limits)


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    """Whether the list of parts of an OpenDocument says how they were enciphered."""
    return MANIFEST_PART in archive.NameToInfo and b"encryption-data" in unpack(archive, MANIFEST_PART)


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
    _check_sheets(max(len(targets), workbook.count(b"<sheet ")), limits)
    if not _is_plain(root, relations, len(targets)) or not sizes.keys() >= set(targets.values()):
        return None
    parts: dict[str, bytes] = {}
    # Shared strings may lie in any part; whatever is no sheet might hold them.
    strings = sum(sizes.values()) - sum(sizes.get(part, 0) for part in targets.values())
    for part in targets.values():
        xml = parts[part] = unpack(archive, part)
        if not _is_near(xml) or strings * xml.count(b"<c") > _MULTIPLIED_BYTES:
            return None
    return parts


def _is_plain(root: bytes, relations: bytes, targets: int) -> bool:
    """Whether the relations are spelled so that all sheets are among the `targets` found in them."""
    if any(odd in relations or odd in root for odd in _ODD_ATTRIBUTES):
        return False
    return relations.count(b'/worksheet"') == targets and sheetxml.is_root_of(root, WORKBOOK_PART)


def _is_near(xml: bytes) -> bool:
    """Whether all cells of a sheet lie near its beginning."""
    return not (any(odd in xml for odd in _ODD_TAGS) or _FAR.search(xml) or _NOT_PLAIN.search(xml))


def _check_sheets(found: int, limits: Limits) -> None:
    if found > limits.sheets:
        raise Refusal("S13", "sheets", found, limits.sheets)


def _parse(data: bytes, odd: dict[str, Oddities], limits: Limits) -> list[SheetCells]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        metadata = [(i, m) for i, m in enumerate(book.sheets_metadata) if str(m.typ).endswith("WorkSheet")]
        _check_sheets(len(metadata), limits)
        sheets: list[SheetCells] = []
        cells = 0
        for index, meta in metadata:
            rows = _rows(book, index, meta.name, limits)
            cells += len(rows) * len(rows[0]) if rows else 0
            if cells > limits.cells_a_workbook:
                raise Refusal("S13", "cells", cells, limits.cells_a_workbook)
            is_hidden = not str(meta.visible).endswith("Visible")
            # Only a damaged workbook has sheets without a name or with the same: places must stay unique.
            is_taken = not meta.name or any(meta.name == s.name for s in sheets)
            name = f"{meta.name}#{index + 1}" if is_taken else meta.name
            sheets.append(SheetCells(name, is_hidden, rows, odd.get(meta.name)))
        return sheets
    except calamine.PasswordError as error:
        raise Refusal("D30", "encrypted") from error
    except calamine.CalamineError as error:
        raise Refusal("D30", "damaged") from error
    except BaseException as error:
        # A fault in the Rust below shows as a panic, which is no Exception: the file is to blame.
        if type(error).__name__ == "PanicException":
            raise Refusal("D30", "damaged") from None
        raise


def _rows(book: Any, index: int, name: str, limits: Limits) -> list[list[Any]]:
    import python_calamine as calamine

    try:
        sheet = book.get_sheet_by_index(index)
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError) as error:
        raise Refusal("D30", "sheet", name) from error
    height, width = sheet.total_height + 1, sheet.total_width + 1
    if height > limits.rows_a_sheet + 1:
        raise Refusal("S13", "rows", height, limits.rows_a_sheet)
    if height * width > limits.cells_a_sheet:
        raise Refusal("S13", "cells", height * width, limits.cells_a_sheet)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    return rows


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
