"""Open a zip without being hurt: its directory is weighed before it is read, its parts before they swell."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

from models.intake.limits import Limits, Refusal

# What may go wrong in reading a zip that is damaged, under a password, or packed in an unknown way.
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError,
    ValueError, OSError, struct.error, OverflowError, lzma.LZMAError,
)  # fmt: skip
# Bytes of the directory a part takes at most: 46 fixed, a name, extra fields.
ENTRY_BYTES = 1_000
SMALL_BYTES = 10_000_000
MB = 1_000_000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_TAIL = 66_000
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_DIRECTORY_END = struct.Struct("<4s4H2LH")
_VERSION, _NEW_YEAR_1980, _SIZES_FOLLOW, _IS_UTF_8 = 20, 0x21, 0x8, 0x800


def directory(file: IO[bytes], limits: Limits, most: int) -> zipfile.ZipFile:
    """The archive, its directory read and nothing unpacked.

    Raises:
        Refusal: damaged (D30), or more than `most` parts (S13).
    """
    try:
        _weigh_directory(file, most)
        archive = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise Refusal("D30", "damaged") from error
    if len(archive.filelist) > most:
        raise Refusal("S13", "parts", len(archive.filelist), most)
    return archive


def _weigh_directory(file: IO[bytes], most: int) -> None:
    """Refuse a directory so long that reading it would be the harm."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    file.seek(0)
    weights = []
    if (at := tail.rfind(_END)) >= 0:
        weights.append(struct.unpack_from("<L", tail, at + 12)[0])
    if (at := tail.rfind(_END_64)) >= 0:
        # Its own figures hold in place of those of the short form, which are then all ones.
        weights = [struct.unpack_from("<Q", tail, at + 40)[0]]
    if weights and min(max(weights), size) > ENTRY_BYTES * most + _TAIL:
        raise Refusal("S13", "parts", f"{max(weights) // 100}", most)


def weigh(archive: zipfile.ZipFile, packed: int, limits: Limits, total: int) -> None:
    """Refuse what claims to swell past the limits (S13).

    Args:
        archive: its directory read.
        packed: bytes of the whole file.
        limits: the sizes allowed to one part and to the ratio.
        total: the size allowed to all parts together.
    """
    unpacked = sum(p.file_size for p in archive.filelist)
    largest = max((p.file_size for p in archive.filelist), default=0)
    if unpacked > total or largest > limits.part_bytes:
        raise Refusal("S13", "", f"{unpacked / MB:.0f} MB")
    if unpacked > SMALL_BYTES and unpacked > limits.compression_ratio * packed:
        raise Refusal("S13", "ratio", unpacked // max(packed, 1), limits.compression_ratio)


def unpack(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part whole.

    A directory may lie: a part that is longer than it says is as good as damaged, and zipfile would
    cut it off in silence where another reader goes on.

    Raises:
        Refusal: damaged, encrypted, or longer than the directory says (D30).
    """
    try:
        info = archive.getinfo(name)
        if info.flag_bits & 1:
            raise Refusal("D30", "encrypted")
        if info.compress_type != zipfile.ZIP_DEFLATED:
            return archive.read(info)
        file = archive.fp
        assert file is not None
        file.seek(info.header_offset)
        name_length, extra_length = struct.unpack_from("<HH", file.read(30), 26)
        file.seek(name_length + extra_length, 1)
        data = zlib.decompressobj(-15).decompress(file.read(info.compress_size), info.file_size + 1)
    except (*UNREADABLE, KeyError) as error:
        raise Refusal("D30", "damaged") from error
    if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        raise Refusal("D30", "damaged")
    return data


def with_unpacked(archive: zipfile.ZipFile, data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The archive with these parts stored as they are, so that nobody unpacks them a second time.

    Whoever reads the archive reads the very bytes that were looked at, even where a directory names a part
    twice. The parts are put behind the rest, which stays in its place; then comes a new directory.

    Args:
        archive: its directory read; all sizes below 4 GB.
        data: the whole file.
        parts: by name, as `unpack` gives them.
    """
    pieces, at = [data[: archive.start_dir]], archive.start_dir
    places: dict[str, tuple[int, int, int, int]] = {}
    for name, part in parts.items():
        crc, spelled = archive.NameToInfo[name].CRC, name.encode()
        places[name] = (zipfile.ZIP_STORED, crc, len(part), at)
        header = _LOCAL_HEADER.pack(
            b"PK\x03\x04", _VERSION, 0, zipfile.ZIP_STORED, 0, _NEW_YEAR_1980, crc, len(part), len(part),
            len(spelled), 0,
        )  # fmt: skip
        pieces += (header, spelled, part)
        at += len(header) + len(spelled) + len(part)
    entries: list[bytes] = []
    for p in archive.filelist:
        spelled = p.orig_filename.encode("utf-8" if p.flag_bits & _IS_UTF_8 else "cp437")
        own = (p.compress_type, p.CRC, p.compress_size, p.header_offset)
        method, crc, packed, offset = places.get(p.filename, own)
        size = packed if p.filename in places else p.file_size
        flags = p.flag_bits & ~_SIZES_FOLLOW
        entries += (
            _ENTRY.pack(
                b"PK\x01\x02", _VERSION, _VERSION, flags, method, 0, _NEW_YEAR_1980, crc, packed, size,
                len(spelled), 0, 0, 0, 0, 0, offset,
            ),
            spelled,
        )  # fmt: skip
    listed = b"".join(entries)
    count = len(archive.filelist)
    end = _DIRECTORY_END.pack(_END, 0, 0, count, count, len(listed), at, 0)
    return b"".join((*pieces, listed, end))
