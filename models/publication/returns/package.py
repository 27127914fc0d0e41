"""The parts of an .xlsx or .xlsm package, edited as bytes: what is not edited stays as it was sent.

openpyxl would load and write anew the whole workbook, and lose what it does not know: shapes, cached values
of formulas, newer validations, rich text. Macros are a part like any other here; they are never run.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from html import unescape
from pathlib import Path

from models.intake.limits import Limits, Refusal
from models.intake.zips import directory, unpack, weigh

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "[Content_Types].xml"
# Past this a clerk does not mend by hand: the list alone is given.
LARGEST_UNPACKED = 60_000_000
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # equal input gives equal bytes
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*?/?>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class UnmarkableError(Exception):
    """The file cannot be marked; the list alone is given."""


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of one opening tag, entities resolved."""
    return {k.decode(): unescape((a or b).decode("utf-8")) for k, a, b in _ATTRIBUTE.findall(tag)}


class Package:
    """The parts by name, and the relations between them."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.workbook = self.related("", "officeDocument")
        if self.workbook is None or not self.workbook.endswith(".xml"):
            raise UnmarkableError("not an Office Open XML workbook")
        if b"purl.oclc.org" in self.xml(self.workbook):
            raise UnmarkableError("strict Open XML")

    @classmethod
    def read(cls, path: Path) -> Package:
        """The package in a file. Raises UnmarkableError if it is none, damaged, encrypted or too large."""
        limits = Limits()
        try:
            with path.open("rb") as file:
                if file.read(4) != b"PK\x03\x04":
                    raise UnmarkableError("not a zip package")
                with directory(file, limits, limits.parts) as archive:
                    weigh(archive, path.stat().st_size, limits, LARGEST_UNPACKED)
                    names = [i.filename for i in archive.infolist() if not i.is_dir()]
                    return cls({name: unpack(archive, name) for name in names})
        except Refusal as refusal:
            raise UnmarkableError(str(refusal)) from refusal

    def xml(self, part: str) -> bytes:
        """The text of an XML part in UTF-8, without a document type."""
        xml = self.parts.get(part)
        if xml is None:
            raise UnmarkableError(f"no part {part}")
        if xml.startswith(b"\xef\xbb\xbf"):
            xml = xml[3:]
        if xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise UnmarkableError(f"{part}: unusual XML")
        declared = re.match(rb"""<\?xml[^>]*?encoding=["']([^"']+)""", xml)
        if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii"):
            raise UnmarkableError(f"{part}: not UTF-8")
        return xml

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """Id, kind (the last word of its type) and part of each relation inside the package."""
        rels = _rels(part)
        if rels not in self.parts:
            return []
        found = []
        for tag in _RELATION.findall(self.xml(rels)):
            said = attributes(tag)
            if said.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), said["Target"]))
                found.append((said["Id"], said["Type"].rsplit("/", 1)[-1], target.lstrip("/")))
        return found

    def related(self, part: str, kind: str) -> str | None:
        """The first part related so, if any."""
        return next((target for _, k, target in self.relations(part) if k == kind), None)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation and give its id."""
        rels = _rels(part)
        xml = self.xml(rels) if rels in self.parts else (
            b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns='
            b'"http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        )  # fmt: skip
        name = _unused("rIdReturn", xml.decode())
        tag = f'Relationship xmlns="{RELATIONS.replace("officeDocument", "package")}" '
        tag += f'Id="{name}" Type="{RELATIONS}/{kind}" Target="/{target}"'
        self.parts[rels] = before_end(xml, b"Relationships", f"<{tag}/>".encode())
        return name

    def unrelate(self, part: str, target: str) -> None:
        """Remove a part, its relation and its content type."""
        ids = {i.encode() for i, _, t in self.relations(part) if t == target}
        rels = _rels(part)
        self.parts[rels] = _RELATION.sub(
            lambda m: b"" if attributes(m.group())["Id"].encode() in ids else m.group(), self.xml(rels)
        )
        override = rb"<(?:\w+:)?Override\b[^>]*?PartName=\"/" + re.escape(target.encode()) + rb"\"[^>]*?/>"
        self.parts[TYPES] = re.sub(override, b"", self.xml(TYPES))
        self.parts.pop(target, None)

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """Add a part of a content type of its own."""
        self.parts[part] = content
        space = "http://schemas.openxmlformats.org/package/2006/content-types"
        tag = f'<Override xmlns="{space}" PartName="/{part}" ContentType="{content_type}"/>'
        self.parts[TYPES] = before_end(self.xml(TYPES), b"Types", tag.encode())

    def free_name(self, stem: str, ending: str) -> str:
        """A part name not yet taken."""
        return next(n for k in range(1, 10_000) if (n := f"{stem}{k}{ending}") not in self.parts)

    def to_bytes(self) -> bytes:
        """The package as a file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts.items():
                info = zipfile.ZipInfo(name, FIXED_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return buffer.getvalue()


def before_end(xml: bytes, element: bytes, added: bytes) -> bytes:
    """The XML with something added as the last child of its root, or of its last such element."""
    closing = list(re.finditer(rb"</(?:\w+:)?" + element + rb"\s*>", xml))
    if closing:
        return xml[: closing[-1].start()] + added + xml[closing[-1].start() :]
    empty = re.search(rb"<((?:\w+:)?" + element + rb")\b([^>]*)/>", xml)
    if empty is None:
        raise UnmarkableError(f"no element {element.decode()}")
    name, said = empty.groups()
    return xml[: empty.start()] + b"<%s%s>%s</%s>" % (name, said, added, name) + xml[empty.end() :]


def _rels(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _unused(stem: str, text: str) -> str:
    return next(n for k in range(1, 10_000) if f'"{(n := f"{stem}{k}")}"' not in text)
