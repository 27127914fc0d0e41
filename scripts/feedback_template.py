"""Make the Word templates of the feedback sheet anew; they may also be edited in Word, fields kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

FOLDER = Path(__file__).parents[1] / "models" / "publication" / "templates"
HEAVY, BODY = "黑体", "仿宋"
INK, LINE, SHADE = RGBColor(0x1B, 0x26, 0x3B), "9AA5B1", "E8EEF5"
WIDTH_MM = 166


def main() -> None:
    """Write feedback.zh.docx and feedback.en.docx from their texts."""
    texts = yaml.safe_load((FOLDER / "feedback.yaml").read_text(encoding="utf-8"))
    for lang in ("zh", "en"):
        build(texts, lang).save(FOLDER / f"feedback.{lang}.docx")


def build(texts: dict[str, Any], lang: str) -> Any:
    """One template: fields in double braces are filled by models/publication/feedback.py."""
    document = Document()
    _page(document)
    _paragraph(document, texts["title"][lang], HEAVY, 18, center=True, after=2)
    _paragraph(document, "{{ name }}　{{ code }}", BODY, 12, center=True, after=2)
    _paragraph(document, "{{ run_line }}", BODY, 9, center=True, after=6)
    _paragraph(document, "{{ standing }}", BODY, 9, center=True, after=6)
    for part in texts["parts"]:
        _paragraph(document, part["heading"][lang], HEAVY, 12, before=10, after=3)
        document.paragraphs[-1].paragraph_format.page_break_before = part.get("on_new_page", False)
        if "lead" in part:
            _paragraph(document, part["lead"][lang], BODY, 9, after=3)
        if "columns" in part:
            _table(document, part, lang)
        for line in part.get("lines", {}).get(lang, []):
            _paragraph(document, line, BODY, 10.5, after=2)
    return document


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(18)
    document.styles["Normal"].paragraph_format.space_after = Pt(0)


def _paragraph(  # noqa: PLR0913 - the look of a line
    place: Any,
    text: str,
    font: str,
    size: float,
    *,
    center: bool = False,
    before: float = 0,
    after: float = 0,
) -> None:
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    if center:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(paragraph, text, font, size)


def _write(paragraph: Any, text: str, font: str, size: float) -> None:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.color.rgb = font, Pt(size), INK
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)


def _table(document: Any, part: dict[str, Any], lang: str) -> None:
    columns = part["columns"]
    table = document.add_table(rows=4, cols=len(columns))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    total = sum(c["width"] for c in columns)
    for n, column in enumerate(columns):
        table.columns[n].width = Mm(WIDTH_MM * column["width"] / total)
        texts = (column[lang], "", f"{{{{ one.{column['field']} }}}}", "")
        for row, text in enumerate(texts):
            cell = table.cell(row, n)
            cell.width = Mm(WIDTH_MM * column["width"] / total)
            _write(cell.paragraphs[0], text, HEAVY if row == 0 else BODY, 9)
            spacing = cell.paragraphs[0].paragraph_format
            spacing.space_before = spacing.space_after = Pt(2)
            if column.get("right") and row != 1:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _frame(cell, SHADE if row == 0 else None)
    _write(table.cell(1, 0).paragraphs[0], f"{{%tr for one in {part['rows']} %}}", BODY, 9)
    _write(table.cell(3, 0).paragraphs[0], "{%tr endfor %}", BODY, 9)
    _repeat_header(table.rows[0])


def _frame(cell: Any, shade: str | None) -> None:
    """A line below the cell, and a shade behind it."""
    properties = cell._element.get_or_add_tcPr()
    borders = OxmlElement("w:tcBorders")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("color", LINE)):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    properties.append(borders)
    if shade:
        fill = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", shade)):
            fill.set(qn(f"w:{name}"), value)
        properties.append(fill)


def _repeat_header(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


if __name__ == "__main__":
    main()
