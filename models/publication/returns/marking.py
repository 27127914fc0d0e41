"""The sender's own workbook with the faulty cells coloured and commented, and the list as first sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from models.intake.privacy import hide_numbers
from models.publication.returns import comments
from models.publication.returns.cells import MAIN, Place, place_of, restyle, with_comments
from models.publication.returns.findings import PERSONAL, in_order_of
from models.publication.returns.package import (
    RELATIONS,
    TYPES,
    Package,
    UnmarkableError,
    attributes,
    before_end,
)
from models.publication.returns.personal import hide_personal
from models.publication.returns.sheet import list_sheet
from models.publication.returns.styles import Styles
from models.publication.returns.words import sheet_names, words

if TYPE_CHECKING:
    import polars as pl

# Of a column to be added no more rows are marked: the comment on its header says it for all.
MOST_ROWS = 1_000
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?/?>")
_SELECTED = re.compile(rb"""\stabSelected\s*=\s*(?:"[^"]*"|'[^']*')""")
_VIEW = re.compile(rb"<(?:\w+:)?workbookView\b[^>]*>")
_OPENED_AT = re.compile(rb"""\s(?:activeTab|firstSheet)\s*=\s*(?:"[^"]*"|'[^']*')""")
_LOCAL = re.compile(rb"""(\slocalSheetId\s*=\s*["'])(\d+)""")
_DRAWING = re.compile(rb"<(?:\w+:)?legacyDrawing\b[^>]*>")


def marked_workbook(path: Path, lines: pl.DataFrame, name: str, lang: str = "zh") -> bytes:
    """The workbook as it was sent but for its faulty cells, and with the list as first sheet.

    The marks of an earlier return are taken away where the fault is gone. Cells with personal information
    (D38) are masked.

    Args:
        path: .xlsx or .xlsm.
        lines: from `list_lines`.
        name: of the file, for the list's title.
        lang: `zh` or `en`.

    Raises:
        UnmarkableError: it is another kind of file, damaged, or so unusual that it is left alone.
    """
    package = Package.read(path)
    sheets = _worksheets(package)
    own = set(sheet_names().values())
    theirs = {name: part for name, part in sheets.items() if name not in own}
    if not theirs:
        raise UnmarkableError("no worksheet")
    if hide_numbers(list(theirs)) != list(theirs):
        # Findings know such a sheet by its masked name, and a marked copy would repeat the number.
        raise UnmarkableError("a personal number in the name of a sheet")
    lines = in_order_of(lines, list(theirs))
    styles_part = package.related(package.workbook or "", "styles")
    styles = Styles(package.xml(styles_part or ""))
    marks = _marks(lines, theirs, lang)
    personal = lines.filter(code=PERSONAL).select("at_sheet", "at_row", "at_col").drop_nulls().rows()
    hide_personal(package, [(theirs[s], (row, col)) for s, row, col in personal if s in theirs])
    for part in theirs.values():
        _mark(package, part, marks.get(part, {}), styles)
    content = list_sheet(lines, name, styles.list_formats(), next(iter(theirs)), lang)
    earlier = next((part for name, part in sheets.items() if name in own), None)
    if earlier:
        package.parts[earlier] = content
        package.parts.pop(_rels_of(earlier), None)
    else:
        _add_first(package, content, sheet_names()[lang])
    _open_at_first(package)
    package.parts[styles_part or ""] = styles.to_bytes()
    return package.to_bytes()


def _worksheets(package: Package) -> dict[str, str]:
    """Sheet name → part, in the workbook's order; chart sheets left out."""
    workbook = package.workbook or ""
    targets = {i: target for i, kind, target in package.relations(workbook) if kind == "worksheet"}
    found = {}
    for tag in _SHEET.findall(package.xml(workbook)):
        said = attributes(tag)
        number = next((v for k, v in said.items() if k.endswith(":id")), "")
        if number in targets:
            found[said["name"]] = targets[number]
    return found


def _marks(lines: pl.DataFrame, sheets: dict[str, str], lang: str) -> dict[str, dict[Place, str]]:
    """By part and place the text of the comment; several faults of a cell in one."""
    said = words()
    marks: dict[str, dict[Place, str]] = {}
    for line in lines.iter_rows(named=True):
        places = places_of(line)
        if line["at_sheet"] not in sheets or not places:
            continue
        text = said["comment"][lang].format(problem=line["problem"], advice=line["advice"])
        if line["code"] == PERSONAL:
            text += said["masked"][lang]
        if line["due"]:
            text += said["comment_due"][lang].format(due=line["due"])
        there = marks.setdefault(sheets[line["at_sheet"]], {})
        for place, due in places.items():
            whole = text + (said["write_here"][lang].format(text=due) if due else "")
            there[place] = f"{there[place]}\n\n{whole}" if place in there else whole
    return marks


def places_of(line: Mapping[str, Any]) -> dict[Place, str | None]:
    """The cells that a line marks, and what belongs in each if that is known."""
    if not line["cells"]:
        # A fault of a whole row is marked where the row begins.
        return {} if line["at_row"] is None else {(line["at_row"], line["at_col"] or 1): None}
    found: dict[Place, str | None] = {}
    for item in str(line["cells"]).split("\n"):
        cells, _, due = item.partition("=")
        first, _, last = cells.partition(":")
        (top, left), (bottom, right) = place_of(first), place_of(last or first)
        for row in range(top, min(bottom, top + MOST_ROWS - 1) + 1):
            found |= {(row, col): due or None for col in range(left, right + 1)}
    return found


def _mark(package: Package, part: str, texts: dict[Place, str], styles: Styles) -> None:
    xml = package.xml(part)
    notes = package.related(part, "comments")
    said = package.xml(notes) if notes else comments.EMPTY
    said, gone, shortened = comments.drop_own(said)
    mended = (gone | shortened) - set(texts)
    xml = restyle(xml, mended, styles.unmarked)
    xml = restyle(xml, texts, styles.marked)
    if texts or gone or shortened:
        said, new = comments.append(said, texts)
        if notes is None:
            notes = package.free_name("xl/commentsReturn", ".xml")
            package.relate(part, "comments", notes)
            package.add(notes, said, f"{_KIND}comments+xml")
        package.parts[notes] = said
        boxes = {place: text for place, text in texts.items() if place in new}
        xml = _draw(package, part, xml, gone, boxes)
    package.parts[part] = _SELECTED.sub(b"", xml)


def _draw(package: Package, part: str, xml: bytes, gone: set[Place], boxes: dict[Place, str]) -> bytes:
    """Add the boxes of comments to the sheet's drawing, or make one; the worksheet's XML."""
    there = _DRAWING.search(xml)
    if there:
        wanted = next((v for k, v in attributes(there.group()).items() if k.endswith(":id")), "")
        drawing = next(target for number, _, target in package.relations(part) if number == wanted)
        package.parts[drawing] = comments.draw(comments.undraw(package.xml(drawing), gone), boxes)
        return xml
    drawing = package.free_name("xl/drawings/vmlDrawingReturn", ".vml")
    package.parts[drawing] = comments.draw(comments.EMPTY_DRAWING, boxes)
    types = package.xml(TYPES)
    if re.search(rb"""Extension=["']vml["']""", types, re.IGNORECASE) is None:
        tag = (
            b'<Default xmlns="http://schemas.openxmlformats.org/package/2006/content-types" Extension="vml" '
            b'ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        )
        package.parts[TYPES] = before_end(types, b"Types", tag)
    return with_comments(xml, package.relate(part, "vmlDrawing", drawing))


def _add_first(package: Package, content: bytes, name: str) -> None:
    workbook = package.workbook or ""
    part = package.free_name("xl/worksheets/sheetReturn", ".xml")
    package.add(part, content, f"{_KIND}worksheet+xml")
    relation = package.relate(workbook, "worksheet", part)
    xml = package.xml(workbook)
    numbers = [int(attributes(tag)["sheetId"]) for tag in _SHEET.findall(xml)]
    tag = (
        f'<sheet xmlns="{MAIN}" xmlns:r="{RELATIONS}" name={quoteattr(name)} sheetId="{max(numbers) + 1}" '
        f'r:id="{relation}"/>'
    )
    opening = re.search(rb"<(?:\w+:)?sheets\b[^>]*>", xml)
    if opening is None:
        raise UnmarkableError("no sheets")
    xml = xml[: opening.end()] + tag.encode() + xml[opening.end() :]
    # Names bound to a sheet say its number, which is one more now.
    package.parts[workbook] = _LOCAL.sub(lambda m: m.group(1) + b"%d" % (int(m.group(2)) + 1), xml)


def _open_at_first(package: Package) -> None:
    workbook = package.workbook or ""
    xml = package.xml(workbook)
    package.parts[workbook] = _VIEW.sub(lambda m: _OPENED_AT.sub(b"", m.group()), xml)


def _rels_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"
