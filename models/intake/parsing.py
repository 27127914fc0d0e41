"""A workbook's bytes to its sheets with calamine, in whichever process this runs."""

from __future__ import annotations

import io
import zipfile
from typing import Any, NamedTuple

from models.intake import sheetxml
from models.intake.kinds import Kind
from models.intake.limits import Limits, Refusal
from models.intake.sheetxml import Oddities
from models.intake.zips import directory, unpack, weigh

MANIFEST_PART = "META-INF/manifest.xml"


class SheetCells(NamedTuple):
    """One sheet: rows from A1, equally wide, and what calamine leaves out."""

    name: str
    is_hidden: bool
    rows: list[list[Any]]
    odd: Oddities | None


def parse(data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
    """The sheets of a workbook of any kind, whatever it may do to this process; for the confined one.

    Raises:
        Refusal: too large, encrypted, damaged, or not a workbook.
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
    return parse_sheets(data, odd, limits)


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    """Whether the list of parts of an OpenDocument says how they were enciphered."""
    return MANIFEST_PART in archive.NameToInfo and b"encryption-data" in unpack(archive, MANIFEST_PART)


def check_sheets(found: int, limits: Limits) -> None:
    """Refuse a workbook of more sheets than the limit (S13)."""
    if found > limits.sheets:
        raise Refusal("S13", "sheets", found, limits.sheets)


def parse_sheets(data: bytes, odd: dict[str, Oddities], limits: Limits) -> list[SheetCells]:
    """The sheets, with what their XML told besides (`odd`, by sheet name).

    Raises:
        Refusal: encrypted or damaged (D30), or too large (S13).
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        metadata = [(i, m) for i, m in enumerate(book.sheets_metadata) if str(m.typ).endswith("WorkSheet")]
        check_sheets(len(metadata), limits)
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
