"""The list as a worksheet's XML: the first sheet of the marked workbook, each line linked to its cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from models.intake.sheetxml import column_letters
from models.publication.returns.cells import MAIN, address, plain
from models.publication.returns.words import sheet_names, words
from models.publication.sheets import DANGEROUS

if TYPE_CHECKING:
    import polars as pl

TITLE_ROWS = 3  # title, guide, header
LINKED = ("sheet", "rows", "header")
_LINE_POINTS = 14
LONGEST = 32_000


def list_sheet(
    lines: pl.DataFrame, name: str, formats: Mapping[str, int], first_sheet: str, lang: str
) -> bytes:
    """The worksheet of a return list.

    Args:
        lines: from `list_lines`.
        name: of the file, for the title.
        formats: numbers of the formats head, text, quoted, link.
        first_sheet: where lines about the whole file lead.
        lang: `zh` or `en`.
    """
    said = words()
    columns: list[dict[str, Any]] = said["columns"]
    last = column_letters(len(columns))
    title = said["title"][lang].format(list=sheet_names()[lang], name=name, n=lines.height)
    rows = [
        _row(1, 24, [_text("A1", title, formats["head"])]),
        _row(2, 32, [_text("A2", said["guide"][lang], formats["text"])]),
        _row(3, 22, [_text(address((3, n)), c[lang], formats["head"]) for n, c in enumerate(columns, 1)]),
    ]
    links = []
    risky = lines.select(lines[c["key"]].str.contains(DANGEROUS) for c in columns).rows()
    for n, (line, is_risky) in enumerate(
        zip(lines.iter_rows(named=True), risky, strict=True), TITLE_ROWS + 1
    ):
        cells, height = [], 1
        for col, column in enumerate(columns, 1):
            text, key = line[column["key"]], column["key"]
            is_link = key in LINKED and text != ""
            style = "quoted" if is_risky[col - 1] else "link" if is_link else "text"
            cells.append(_text(address((n, col)), text, formats[style]))
            height = max(height, *(1 + _width(part) // (column["width"] - 2) for part in text.split("\n")))
            if is_link:
                links.append(
                    f'<hyperlink ref="{address((n, col))}" location={quoteattr(_target(line, first_sheet))}/>'
                )
        rows.append(_row(n, min(6 + _LINE_POINTS * height, 400), cells))
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{c["width"]}" customWidth="1"/>' for n, c in enumerate(columns, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}">'
        '<sheetPr><tabColor rgb="FFFF7F50"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{last}{TITLE_ROWS + lines.height}"/>'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{TITLE_ROWS}" topLeftCell="A{TITLE_ROWS + 1}" activePane="bottomLeft" '
        'state="frozen"/>'
        '<selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{widths}</cols><sheetData>{''.join(rows)}</sheetData>"
        f'<mergeCells count="2"><mergeCell ref="A1:{last}1"/><mergeCell ref="A2:{last}2"/></mergeCells>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.4" right="0.4" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _target(line: dict[str, Any], first_sheet: str) -> str:
    sheet = (line["at_sheet"] or first_sheet).replace("'", "''")
    first = line["cells"].partition("\n")[0].partition("=")[0] if line["cells"] else None
    place = first or address((line["at_row"] or 1, line["at_col"] or 1))
    return f"'{sheet}'!{place}"


def _row(number: int, height: int, cells: list[str]) -> str:
    return f'<row r="{number}" ht="{height}" customHeight="1">{"".join(cells)}</row>'


def _text(at: str, text: str, style: int) -> str:
    # Text, whatever it begins with: an inline string is never a formula.
    inside = f'<t xml:space="preserve">{plain(text[:LONGEST])}</t>'
    return f'<c r="{at}" s="{style}" t="inlineStr"><is>{inside}</is></c>'


def _width(text: str) -> int:
    """Places it takes: a Chinese sign takes two."""
    return (len(text) + len(text.encode())) // 2
