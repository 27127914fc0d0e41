"""Decide whether a file may be opened at all: its kind by content, its size, its zip directory."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any, Literal

from models.intake.frames import Limits
from models.intake.sheetxml import Oddities, oddities

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF_MAGIC = b"%PDF"
# The name of the stream in which Office keeps an encrypted workbook, as its directory spells it.
ENCRYPTED = "Encrypt".encode("utf-16-le")
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
GB_ENCODING = "GB18030"


class Refusal(Exception):
    """Why a file is not read: the defect code and what its message names."""

    def __init__(self, code: str, a: str = "", b: str = "") -> None:
        super().__init__(code)
        self.code, self.a, self.b = code, a, b


def kind_of(data: bytes, name: str) -> Literal["workbook", "text"]:
    """Whether the content is a workbook or delimited text.

    Raises:
        Refusal: it is neither (D30).
    """
    if not data:
        raise Refusal("D30", "空文件", "it is empty")
    if data.startswith(PDF_MAGIC):
        raise Refusal("D30", "PDF", "it is a PDF")
    if data.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return "workbook"
    if name.lower().endswith(TEXT_SUFFIXES):
        return "text"
    raise Refusal("D30", "类型未知", "its type is unknown")


def open_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip archive, its directory read and nothing unpacked.

    Raises:
        Refusal: damaged (D30), or it would swell past the limits (S13).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refusal("D30", "文件损坏", "it is damaged") from error
    parts = archive.infolist()
    unpacked = sum(p.file_size for p in parts)
    largest = max((p.file_size for p in parts), default=0)
    too_dense = unpacked > limits.part_bytes // 20 and unpacked > limits.compression_ratio * len(data)
    if len(parts) > limits.parts:
        raise Refusal("S13", f"{len(parts)}个部件")
    if unpacked > limits.unpacked_bytes or largest > limits.part_bytes or too_dense:
        raise Refusal("S13", f"{unpacked / 1e6:.0f} MB")
    return archive


def open_workbook(data: bytes, limits: Limits) -> tuple[Any, dict[str, Oddities]]:
    """A calamine workbook, and by sheet what calamine leaves out.

    Raises:
        Refusal: too large, encrypted, damaged, or not a workbook.
    """
    import python_calamine as calamine

    if len(data) > limits.workbook_bytes:
        raise Refusal("S13", f"{len(data) / 1e6:.0f} MB")
    odd: dict[str, Oddities] = {}
    try:
        if data.startswith(ZIP_MAGIC):
            with open_archive(data, limits) as archive:
                odd = oddities(archive)
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)), odd
    except calamine.PasswordError as error:
        raise Refusal("D30", "已加密", "it has a password") from error
    except calamine.CalamineError as error:
        if data.startswith(OLE_MAGIC) and ENCRYPTED in data[:100_000]:
            raise Refusal("D30", "已加密", "it has a password") from error
        raise Refusal("D30", "文件损坏或不是工作簿", "it is damaged or not a workbook") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        # Parts that do not unpack: damaged, or (RuntimeError) under a zip password.
        raise Refusal("D30", "文件损坏", "it is damaged") from error


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
