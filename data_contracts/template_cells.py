"""Cells of the fill-in workbook: what stands in them, how wide, and in which format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_contracts import guidance, layout
from data_contracts.contract import Field

DATE_WIDTH = 12
TEXT_WIDTHS = (11, 18, 26)  # codes, short texts, long texts


def written(f: Field, value: Any, states: Mapping[str, Any]) -> Any:
    """A stored value as the society would have written it: labels, words, or why there is none."""
    known = layout.workbook()
    if value is None:
        for state, word in guidance.state_words().items():
            if f.name in (states.get(f"{state}_fields") or ()):
                return word
        return None
    labels = {v.code: v.zh for v in f.enum}
    if f.kind == "boolean":
        return known["words"]["yes" if value else "no"][0]
    if f.kind == "array":
        return str(known["list_separator"]).join(labels.get(item, item) for item in value)
    return labels.get(value, value)


def style_of(f: Field) -> str:
    """The format of an entry."""
    if f.kind == "date":
        return "date"
    if f.kind in ("integer", "number") or f.enum or f.kind == "boolean":
        return "centred"
    return "cell"


def width_of(f: Field) -> int:
    """Column width in half-width characters: headers wrap into two lines, long texts into several."""
    if f.kind in ("string", "array") and not (f.enum and f.kind == "string"):
        return TEXT_WIDTHS[sum((f.max_length or 0) >= n for n in (21, 200)) if f.kind == "string" else 1]
    longest = max((len(v.zh) for v in f.enum), default=0)
    header = min(len(layout.header_text(f)), 12) + 4
    return max(DATE_WIDTH if f.kind == "date" else 8, header, min(2 * longest + 4, 24))


def formats(book: Any) -> dict[str, Any]:
    """The formats of the workbook, by name."""
    box = {"border": 1, "border_color": "#9AA7B2", "valign": "vcenter", "font_size": 10}
    head = {**box, "bold": True, "align": "center", "text_wrap": True}
    styles: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
        "unit": {"valign": "vcenter", "font_size": 10},
        "head": {**head, "bg_color": "#C9DAEA"},
        "head_optional": {**head, "bg_color": "#EEF3F7", "bold": False},
        "cell": {**box, "num_format": "@", "text_wrap": True},
        "entry": {**box, "align": "left", "indent": 1},
        "centred": {**box, "align": "center"},
        "date": {**box, "align": "left", "num_format": "yyyy-mm-dd"},
        "total": {**box, "bold": True, "align": "center", "bg_color": "#F5F5F5"},
        "example": {**box, "italic": True, "font_color": "#5A6570", "text_wrap": True, "align": "left"},
        "note": {"font_size": 9, "font_color": "#5A6570"},
    }
    return {name: book.add_format(style) for name, style in styles.items()}
