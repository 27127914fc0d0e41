"""What a file is, by its content and never by its name."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import IO, Literal

from models.intake.limits import Limits, Refusal
from models.intake.zips import directory

Kind = Literal["xlsx", "xlsm", "xlsb", "ods", "xls", "text", "zip"]

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names that a file of each kind may rightly end in.
SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "xlsx": (".xlsx", ".xltx", ".xlsm", ".xltm"),
    "xlsm": (".xlsm", ".xltm"),
    "xlsb": (".xlsb",),
    "ods": (".ods", ".ots", ".fods"),
    "xls": (".xls", ".xlt", ".et", ".ett"),
    "text": (".csv", ".tsv", ".tab", ".txt"),
    "zip": (".zip",),
}
# Pictures of paper: there is nothing in them to be read as figures.
SCANS = (
    (0, b"%PDF", "PDF"),
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (6, b"\x00\x00\x00\x00", "BMP"),
    (8, b"WEBP", "WEBP"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
)
OTHER_ARCHIVES = (
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)
PAGES = (
    b"<!doctype html", b"<html", b"<head", b"<meta", b"<style", b"<body", b"<table", b"<?xml", b"<!--",
    b"mime-version:",
)  # fmt: skip
# Streams of old Office files, as their directory spells them.
STREAMS = (
    ("EncryptedPackage", "encrypted"), ("WordDocument", "Word"), ("PowerPoint Document", "PowerPoint"),
)  # fmt: skip
TEXT_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# The first part of every package that office programs write; a sender's archive never begins so.
PACKAGE_PARTS = (
    b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"word/", b"ppt/", b"mimetype",
)  # fmt: skip
# Parts that make a package something else than a plain workbook.
OTHER_NAMES = (b"vbaProject", b"vbaproject", b"workbook.bin", b"word/", b"ppt/", b"mimetype", b"OFD.xml")
HEAD = 4_096
TAIL = 16_384


def kind_of(data: bytes, name: str, limits: Limits | None = None) -> Kind:
    """The kind of a file's content; `name` only decides whether unmarked bytes may be text.

    Raises:
        Refusal: it is nothing that can be read (D30), or its directory is too large (S13).
    """
    head = data[:HEAD]
    if not head.strip(b"\x00 \t\r\n") and not data.strip(b"\x00 \t\r\n"):
        raise Refusal("D30", "empty")
    if data.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return _kind_of_zip(data, limits or Limits())
    if data.startswith(OLE_MAGIC):
        return _kind_of_ole(data)
    _refuse_by_magic(head)
    if suffix_of(name) in SUFFIXES["text"] or _is_table(head):
        return "text"
    raise Refusal("D30", "unknown")


def is_misnamed(kind: Kind, name: str) -> bool:
    """Whether the name promises another kind of content."""
    return suffix_of(name) not in SUFFIXES[kind]


def suffix_of(name: str) -> str:
    """The ending of a name, small letters, with its dot."""
    return PurePosixPath(name).suffix.lower()


def is_archive(file: IO[bytes], limits: Limits) -> bool:
    """Whether an open file is a zip of files, and not an office document, which is a zip as well.

    What is damaged or too large counts as an archive if its beginning does not look like a document's.
    """
    start = file.read(HEAD)
    file.seek(0)
    if start.startswith(EMPTY_ZIP_MAGIC):
        return True
    if not start.startswith(ZIP_MAGIC):
        return False
    if _begins_as_package(start):
        return False
    try:
        with directory(file, limits, limits.members) as archive:
            return "[Content_Types].xml" not in archive.NameToInfo and "mimetype" not in archive.NameToInfo
    except Refusal:
        return True
    finally:
        file.seek(0)


def _begins_as_package(start: bytes) -> bool:
    first = start[30 : 30 + int.from_bytes(start[26:28], "little")]
    return first.startswith(PACKAGE_PARTS)


def _refuse_by_magic(head: bytes) -> None:
    for at, magic, label in SCANS:
        if head[at:].startswith(magic) and (label != "BMP" or head.startswith(b"BM")):
            raise Refusal("D30", "scan", label)
    for magic, label in OTHER_ARCHIVES:
        if head.startswith(magic):
            raise Refusal("D30", "archive_kind", label)
    if head.startswith(b"{\\rtf"):
        raise Refusal("D30", "document", "RTF")
    plain = head.replace(b"\x00", b"") if head.startswith(TEXT_BOMS[1:]) else head
    for bom in TEXT_BOMS:
        plain = plain.removeprefix(bom)
    if plain.lstrip().lower().startswith(PAGES):
        raise Refusal("D30", "page")


def _is_table(head: bytes) -> bool:
    """Whether bytes under a name that is not a text's are a table in text after all."""
    for bom, codec in zip(TEXT_BOMS, ("utf-8", "utf-16", "utf-16"), strict=True):
        if head.startswith(bom):
            text = head.decode(codec, "ignore")
            break
    else:
        if b"\x00" in head:
            return False
        text = ""
        for codec in ("utf-8", "gb18030"):
            try:
                text = head[: head.rfind(b"\n") + 1 or None].decode(codec)
                break
            except UnicodeDecodeError:
                continue
    first = next((line for line in text.splitlines() if line.strip()), "")
    return any(mark in first for mark in ",\t;，") and all(c.isprintable() or c == "\t" for c in first[1:])


def _kind_of_ole(data: bytes) -> Kind:
    for stream, label in STREAMS:
        if stream.encode("utf-16-le") in data:
            if label == "encrypted":
                raise Refusal("D30", "encrypted")
            raise Refusal("D30", "document", label)
    return "xls"


def _kind_of_zip(data: bytes, limits: Limits) -> Kind:
    # The names of the parts stand at the end: enough to know the usual workbook at a glance.
    tail = data[-TAIL:]
    if b"xl/workbook.xml" in tail and _begins_as_package(data) and not any(n in tail for n in OTHER_NAMES):
        return "xlsx"
    if is_archive(io.BytesIO(data), limits):
        return "zip"
    with directory(io.BytesIO(data), limits, limits.parts) as archive:
        return _kind_of_package(archive)


def _kind_of_package(archive: zipfile.ZipFile) -> Kind:
    names = {name.lower() for name in archive.NameToInfo}
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsm" if "xl/vbaproject.bin" in names else "xlsx"
    for folder, label in (("word/", "Word"), ("ppt/", "PowerPoint")):
        if any(name.startswith(folder) for name in names):
            raise Refusal("D30", "document", label)
    if "ofd.xml" in names:
        raise Refusal("D30", "scan", "OFD")
    if "encrypted-package" in names:
        raise Refusal("D30", "encrypted")
    if "content.xml" in names:
        return "ods"
    raise Refusal("D30", "damaged")
