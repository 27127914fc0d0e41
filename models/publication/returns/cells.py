"""One worksheet's XML: give cells another style, blank out personal values, hang on the comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from xml.parsers import expat
from xml.sax.saxutils import escape

from models.intake.sheetxml import column_letters, column_number
from models.publication.returns.package import RELATIONS, UnmarkableError, attributes

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Place = tuple[int, int]
"""Row and column, from 1."""

_ROW = re.compile(rb"<((?:\w+:)?)row\b([^>]*?)(?:/>|(?<!/)>(.*?)</(?:\w+:)?row\s*>)", re.DOTALL)
_CELL = re.compile(rb"<((?:\w+:)?)c\b([^>]*?)(?:/>|(?<!/)>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL)
_DATA = re.compile(rb"<((?:\w+:)?)sheetData\b[^>]*?(?:/>|(?<!/)>(.*)</(?:\w+:)?sheetData\s*>)", re.DOTALL)
_STYLE = re.compile(rb"""\ss\s*=\s*(?:"\d*"|'\d*')""")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*?/?>")
# What may stand in a worksheet after the drawing of its comments; the order is the standard's.
_AFTER_COMMENTS = frozenset(
    (
        "legacyDrawingHF",
        "drawingHF",
        "picture",
        "oleObjects",
        "controls",
        "webPublishItems",
        "tableParts",
        "extLst",
        "AlternateContent",
    )
)


def plain(text: str) -> str:
    """Text for XML: escaped, without the characters XML forbids."""
    return escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text))


def restyle(xml: bytes, places: Collection[Place], style: Callable[[int], int]) -> bytes:
    """The worksheet with the formats of some cells changed; cells that are not there are made.

    Raises:
        UnmarkableError: the rows or cells do not say where they stand.
    """
    wanted: dict[int, set[int]] = {}
    for row, col in places:
        wanted.setdefault(row, set()).add(col)
    data = _DATA.search(xml)
    if data is None or not wanted:
        return xml
    prefix, body = data.group(1), data.group(2) or b""
    columns = _column_styles(xml[: data.start()])
    done: set[int] = set()

    def row_again(match: re.Match[bytes]) -> bytes:
        number = _row_number(match.group(2))
        if number not in wanted:
            return match.group()
        done.add(number)
        cells = _cells_again(match, number, wanted[number], style, columns)
        return b"<%srow%s>%s</%srow>" % (match.group(1), match.group(2), cells, match.group(1))

    body = _ROW.sub(row_again, body)
    for number in sorted(set(wanted) - done):
        made = b"".join(
            _blank(prefix, number, col, style(columns.get(col, 0))) for col in sorted(wanted[number])
        )
        body = _insert_row(body, number, b'<%srow r="%d">%s</%srow>' % (prefix, number, made, prefix))
    head = b"<%ssheetData>" % prefix
    return xml[: data.start()] + head + body + b"</%ssheetData>" % prefix + xml[data.end() :]


def _cells_again(
    row: re.Match[bytes], number: int, wanted: set[int], style: Callable[[int], int], columns: dict[int, int]
) -> bytes:
    said = attributes(row.group(2))
    by_row = int(said["s"]) if said.get("customFormat") in ("1", "true") and "s" in said else None
    cells = {_col(c): c.group() for c in _CELL.finditer(row.group(3) or b"")}
    for col in wanted:
        if col in cells:
            match = _CELL.match(cells[col])
            assert match is not None
            old = int(attributes(match.group(2)).get("s", 0))
            opening = _STYLE.sub(b"", match.group(2)) + b' s="%d"' % style(old)
            end = b"/>" if match.group(3) is None else b">%s</%sc>" % (match.group(3), match.group(1))
            cells[col] = b"<%sc%s%s" % (match.group(1), opening, end)
        else:
            old = columns.get(col, 0) if by_row is None else by_row
            cells[col] = _blank(row.group(1), number, col, style(old))
    return b"".join(cells[col] for col in sorted(cells))


def edit_cell(
    xml: bytes, place: Place, edit: Callable[[dict[str, str], bytes], tuple[str, bytes] | None]
) -> bytes:
    """The worksheet with the content of one cell replaced.

    `edit` gets the cell's attributes and what is inside it, and gives the new type and inside, or None to
    leave it.
    """
    row, col = place
    data = _DATA.search(xml)
    for line in _ROW.finditer(xml, *(data.span() if data else (0, 0))):
        if _row_number(line.group(2)) != row:
            continue
        for cell in _CELL.finditer(xml, line.start(3), line.end(3)) if line.group(3) else ():
            said = attributes(cell.group(2))
            if _col(cell) != col or (new := edit(said, cell.group(3) or b"")) is None:
                continue
            kept = "".join(f' {k}="{v}"' for k, v in said.items() if k in ("r", "s"))
            name = cell.group(1) + b"c"
            made = b'<%s%s t="%s">%s</%s>' % (name, kept.encode(), new[0].encode(), new[1], name)
            return xml[: cell.start()] + made + xml[cell.end() :]
    return xml


def with_comments(xml: bytes, relation: str) -> bytes:
    """The worksheet with the drawing of its comments, where the standard wants it."""
    added = f'<legacyDrawing xmlns="{MAIN}" xmlns:r="{RELATIONS}" r:id="{relation}"/>'.encode()
    data = _DATA.search(xml)
    root = re.search(rb"<(?:\w+:)?worksheet\b[^>]*>", xml)
    if data is None or root is None:
        raise UnmarkableError("no sheet data")
    # Only what follows the data is parsed, under the same root: the data may be long.
    places: list[tuple[str, int]] = []
    depth = 0
    parser = expat.ParserCreate()

    def start(name: str, _: object) -> None:
        nonlocal depth
        depth += 1
        if depth == 2:  # a child of the root
            places.append((name.rsplit(":", 1)[-1], parser.CurrentByteIndex))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(root.group() + xml[data.end() :], True)
    shift = data.end() - len(root.group())
    at = next((n + shift for name, n in places if name in _AFTER_COMMENTS), None)
    if at is None:
        at = [m.start() for m in re.finditer(rb"</(?:\w+:)?worksheet\s*>", xml)][-1]
    return xml[:at] + added + xml[at:]


def address(place: Place) -> str:
    """A1 notation."""
    return f"{column_letters(place[1])}{place[0]}"


def place_of(cell: str) -> Place:
    """Row and column of an address in A1 notation."""
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d+)", cell)
    if match is None:
        raise UnmarkableError(f"cell at {cell!r}")
    return int(match.group(2)), column_number(match.group(1).upper())


def _row_number(opening: bytes) -> int:
    number = attributes(opening).get("r", "")
    if not number.isdecimal():
        raise UnmarkableError("rows without numbers")
    return int(number)


def _col(cell: re.Match[bytes]) -> int:
    return place_of(attributes(cell.group(2)).get("r", ""))[1]


def _blank(prefix: bytes, row: int, col: int, style: int) -> bytes:
    return b'<%sc r="%s" s="%d"/>' % (prefix, address((row, col)).encode(), style)


def _insert_row(body: bytes, number: int, made: bytes) -> bytes:
    at = next((m.start() for m in _ROW.finditer(body) if _row_number(m.group(2)) > number), len(body))
    return body[:at] + made + body[at:]


def _column_styles(head: bytes) -> dict[int, int]:
    """Formats of columns that have one, for cells that are not there."""
    found: dict[int, int] = {}
    for tag in _COLUMN.findall(head):
        said = attributes(tag)
        if "style" in said:
            last = min(int(said["max"]), int(said["min"]) + 500)
            found |= dict.fromkeys(range(int(said["min"]), last + 1), int(said["style"]))
    return found
