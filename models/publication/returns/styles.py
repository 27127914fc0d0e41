"""Cell styles added to a workbook: the marked copy of any style, and those of the list."""

from __future__ import annotations

import re

from models.publication.returns.cells import MAIN
from models.publication.returns.package import UnmarkableError, attributes

MARK_COLOUR = "FFFFC9B3"  # a light orange: seen in print too, and no theme's own
HEAD_COLOUR = "FFE8EEF5"


class Styles:
    """styles.xml: cell formats are added at its end, so that those in use keep their numbers."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        # xf must be counted inside cellXfs only: cellStyleXfs has its own.
        body = _section(xml, b"cellXfs")
        self._formats = [m.group() for m in re.finditer(_element(b"xf"), body.group(2), re.DOTALL)]
        self._added: dict[bytes, list[bytes]] = {b"fonts": [], b"fills": [], b"borders": []}
        self._marked: dict[int, int] = {}
        self._bare: dict[int, int] = {}
        self._mark_fill = self._mark_fills()[0] if self._mark_fills() else self._fill(MARK_COLOUR)

    def marked(self, style: int) -> int:
        """The same format with the mark's colour."""
        if style not in self._marked:
            self._marked[style] = self._with_fill(style, self._mark_fill)
        return self._marked[style]

    def unmarked(self, style: int) -> int:
        """The same format without the mark's colour; a format that has not got it stays as it is."""
        if int(self._said(style).get("fillId", 0)) != self._mark_fill:
            return style
        if style not in self._bare:
            self._bare[style] = self._with_fill(style, 0)
        return self._bare[style]

    def list_formats(self) -> dict[str, int]:
        """Formats of the list: `head`, `text`, `quoted` (never taken for a formula), `link`."""
        space = f'xmlns="{MAIN}"'
        size = '<sz val="10"/>'
        face = '<name val="宋体"/><family val="3"/>'
        plain = self._add(b"fonts", f"<font {space}>{size}{face}</font>")
        bold = self._add(b"fonts", f"<font {space}><b/>{size}{face}</font>")
        blue = self._add(b"fonts", f'<font {space}><u/>{size}<color rgb="FF0563C1"/>{face}</font>')
        sides = "".join(f'<{s} style="thin"><color rgb="FFC8CDD4"/></{s}>' for s in ("left", "right", "top",
                        "bottom"))  # fmt: skip
        box = self._add(b"borders", f"<border {space}>{sides}<diagonal/></border>")
        head = self._fill(HEAD_COLOUR)

        def made(font: int, fill: int = 0, extra: str = "", across: str = "left") -> int:
            return self._new(
                f'<xf {space} numFmtId="49" fontId="{font}" fillId="{fill}" borderId="{box}" xfId="0" '
                f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" '
                f'applyAlignment="1"{extra}>'
                f'<alignment horizontal="{across}" vertical="center" wrapText="1"/></xf>'
            )

        return {
            "head": made(bold, head, across="center"),
            "text": made(plain),
            "quoted": made(plain, extra=' quotePrefix="1"'),
            "link": made(blue),
        }

    def to_bytes(self) -> bytes:
        """styles.xml with what was added."""
        xml = self._xml
        for name, added in (*self._added.items(), (b"cellXfs", self._formats)):
            section = _section(xml, name)
            whole = name == b"cellXfs"
            count = len(added) if whole else len(_children(section.group(2), name)) + len(added)
            opening = re.sub(rb'count="\d*"', b'count="%d"' % count, section.group(1))
            body = b"".join(added) if whole else section.group(2) + b"".join(added)
            xml = xml[: section.start()] + opening + body + section.group(3) + xml[section.end() :]
        return xml

    def _mark_fills(self) -> list[int]:
        """Numbers of fills in the mark's colour, from an earlier return."""
        fills = _children(_section(self._xml, b"fills").group(2), b"fills")
        return [n for n, fill in enumerate(fills) if MARK_COLOUR.encode() in fill.upper()]

    def _said(self, style: int) -> dict[str, str]:
        if style >= len(self._formats):
            raise UnmarkableError(f"no format {style}")
        return attributes(self._formats[style].split(b">", 1)[0])

    def _with_fill(self, style: int, fill: int) -> int:
        self._said(style)
        opening, rest = re.match(rb"(<[\w:]+[^>]*?)(/?>.*)", self._formats[style], re.DOTALL).groups()  # type: ignore[union-attr]
        opening = re.sub(rb"""\s(?:fillId|applyFill)\s*=\s*("[^"]*"|'[^']*')""", b"", opening)
        return self._new(opening.decode() + f' fillId="{fill}" applyFill="1"' + rest.decode())

    def _new(self, xf: str) -> int:
        self._formats.append(xf.encode())
        return len(self._formats) - 1

    def _fill(self, colour: str) -> int:
        pattern = f'<patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor indexed="64"/>'
        return self._add(b"fills", f'<fill xmlns="{MAIN}">{pattern}</patternFill></fill>')

    def _add(self, section: bytes, xml: str) -> int:
        before = len(_children(_section(self._xml, section).group(2), section))
        self._added[section].append(xml.encode())
        return before + len(self._added[section]) - 1


def _section(xml: bytes, name: bytes) -> re.Match[bytes]:
    pattern = rb"(<(?:\w+:)?%s\b[^>]*(?<!/)>)(.*?)(</(?:\w+:)?%s\s*>)" % (name, name)
    found = re.search(pattern, xml, re.DOTALL)
    if found is None:
        raise UnmarkableError(f"styles without {name.decode()}")
    return found


def _element(name: bytes) -> bytes:
    return rb"<(?:\w+:)?%s\b[^>]*?(?:/>|(?<!/)>.*?</(?:\w+:)?%s\s*>)" % (name, name)


def _children(body: bytes, section: bytes) -> list[bytes]:
    return [m.group() for m in re.finditer(_element(section[:-1]), body, re.DOTALL)]
