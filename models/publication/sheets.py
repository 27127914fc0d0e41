"""Frames → the bytes of a workbook or a CSV file, safe to open in a spreadsheet."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import FengqingError

if TYPE_CHECKING:
    import polars as pl

Texts = TypeVar("Texts", "pl.Expr", "pl.Series")

LONGEST_TEXT = 32_767  # of one cell; Excel and XlsxWriter cut the rest without a word
CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]"
# A spreadsheet takes a cell that begins so for a formula (the full-width forms too, in Chinese Excel).
DANGEROUS = r"^[=+\-@\t\r＝＋－＠]"
ESCAPED = DANGEROUS.replace("^", "^'(", 1) + ")"
LINE_POINTS = 15
FORMATS = {
    "integer": "0", "number": "#,##0.##", "score": "0.0", "share": "0.0%", "points": '+0.00;"−"0.00;0.00',
    "date": "yyyy-mm-dd",
}  # fmt: skip
NUMBERS = tuple(FORMATS)
DECIMALS = {"score": 1, "points": 2}


@dataclass(frozen=True)
class Column:
    """One column of a table: key in the frame, title, kind, width in characters."""

    key: str
    zh: str
    en: str
    kind: str
    width: float

    def title(self, lang: str) -> str:
        """The title in `zh` or `en`."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Sheet:
    """A frame to be written, with its name and columns."""

    title: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame


@cache
def layout() -> dict[str, Any]:
    """columns.yaml."""
    import yaml

    return dict(yaml.safe_load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8")))


@cache
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table of columns.yaml."""
    return tuple(Column(**entry) for entry in layout()[table]["columns"])


def sheet(table: str, frame: pl.DataFrame, lang: str = "zh") -> Sheet:
    """A frame laid out as columns.yaml says, its texts cleaned; FengqingError for one too long for a cell."""
    return lay_out(layout()[table]["sheet"][lang], columns(table), frame)


def lay_out(title: str, chosen: tuple[Column, ...], frame: pl.DataFrame) -> Sheet:
    """A frame with the columns given, its texts cleaned; FengqingError for one too long for a cell."""
    import polars as pl

    texts = [c.key for c in chosen if c.kind not in NUMBERS]
    clean = frame.select(c.key for c in chosen).with_columns(
        pl.col(texts).cast(pl.String).str.replace_all(CONTROLS, "")
    )
    for key in texts:
        # A spreadsheet counts UTF-16 units: a sign outside the basic plane, four bytes in UTF-8, is two.
        units = pl.col(key).str.len_chars() + pl.col(key).str.count_matches("[\U00010000-\U0010ffff]")
        longest = int(clean.select(units.max()).item() or 0)
        if longest > LONGEST_TEXT:
            raise FengqingError(
                "TEXT_TOO_LONG",
                f"表“{title}”列“{key}”有 {longest} 字的文本，超过单元格上限 {LONGEST_TEXT} 字，"
                "请缩短来源文本。",
                f"Table {title}, column {key} holds a text of {longest} characters; "
                f"a cell takes {LONGEST_TEXT}. Shorten it at its source.",
            )
    return Sheet(title, chosen, clean)


def headers(one: Sheet, lang: str) -> list[str]:
    """The columns' titles, cleaned like any text and each its own: a title may be a name from the data."""
    found: list[str] = []
    for column in one.columns:
        title = re.sub(CONTROLS, "", column.title(lang))
        same = sum(known == title or known.startswith(f"{title} (") for known in found)
        found.append(f"{title} ({same + 1})" if title in found else title)
    return found


def csv_bytes(one: Sheet, lang: str = "zh") -> bytes:
    """UTF-8 with a byte order mark; texts that look like formulas get a leading apostrophe."""
    import polars as pl

    heads = escaped(pl.Series(headers(one, lang), dtype=pl.String))
    shown = one.frame.select(
        _csv_column(pl.col(c.key), c.kind).alias(head) for c, head in zip(one.columns, heads, strict=True)
    )
    return shown.write_csv(include_bom=True, line_terminator="\r\n").encode("utf-8")


def _csv_column(column: pl.Expr, kind: str) -> pl.Expr:
    import polars as pl

    if kind in DECIMALS:
        return column.round(DECIMALS[kind])
    if kind == "share":
        return pl.format("{}%", (column * 100).round(1))
    if kind in NUMBERS:
        return column
    return escaped(column)


def escaped(column: Texts) -> Texts:
    """Texts that a spreadsheet would take for a formula, with a leading apostrophe; `unescaped` undoes it."""
    return column.str.replace(f"({DANGEROUS})", "'${1}")


def unescaped(column: Texts) -> Texts:
    """The texts before `escaped`: an apostrophe goes only where it stands before such a beginning."""
    return column.str.replace(ESCAPED, "${1}")


def workbook_bytes(sheets: list[Sheet], title: str, created_at: datetime, lang: str = "zh") -> bytes:
    """The workbook: typed numbers, frozen header, filter, A4 landscape. Equal input gives equal bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title, "created": created_at})
        for one in sheets:
            _write_sheet(book, one, title, lang)
    return buffer.getvalue()


def _lines(one: Sheet) -> list[int]:
    """How many lines each row needs: not every programme fits heights to wrapped text by itself."""
    import polars as pl

    texts = [c for c in one.columns if c.kind not in NUMBERS]
    # A Chinese sign has three bytes and takes two places; a Latin letter one and one.
    places = [
        ((pl.col(c.key).str.len_bytes() + pl.col(c.key).str.len_chars()) / 2, c.width - 2) for c in texts
    ]
    needed = [(taken / width).ceil().fill_null(1) for taken, width in places]
    return one.frame.select(pl.max_horizontal(1, *needed).cast(pl.Int64)).to_series().to_list()


def _write_sheet(book: Any, one: Sheet, title: str, lang: str) -> None:
    page = book.add_worksheet(one.title)
    font = "宋体" if lang == "zh" else "Calibri"
    base = {"font_name": font, "font_size": 10, "border": 1, "border_color": "#C8CDD4", "valign": "vcenter"}
    bold = {**base, "bold": True, "bg_color": "#E8EEF5", "align": "center", "text_wrap": True}
    header = book.add_format(bold)
    quoted_header = book.add_format({**bold, "quote_prefix": True})
    wrapped = {**base, "text_wrap": True, "indent": 1}
    text = book.add_format(wrapped)
    quoted = book.add_format({**wrapped, "quote_prefix": True})
    number = {kind: book.add_format({**base, "num_format": code}) for kind, code in FORMATS.items()}
    is_formula = {
        c.key: one.frame[c.key].str.contains(DANGEROUS) for c in one.columns if c.kind not in NUMBERS
    }
    for at, (column, head) in enumerate(zip(one.columns, headers(one, lang), strict=True)):
        style = number.get(column.kind, text)
        page.set_column(at, at, column.width)
        page.write_string(0, at, head, quoted_header if re.match(DANGEROUS, head) else header)
        for row, value in enumerate(one.frame[column.key].to_list(), start=1):
            if value is None:
                page.write_blank(row, at, None, style)
            elif column.kind == "date":
                page.write_datetime(row, at, value, style)
            elif column.kind in NUMBERS:
                page.write_number(row, at, value, style)
            else:
                page.write_string(row, at, value, quoted if is_formula[column.key][row - 1] else text)
    last = len(one.columns) - 1
    page.set_row(0, 32)
    for row, lines in enumerate(_lines(one), start=1):
        page.set_row(row, LINE_POINTS * lines)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(one.frame.height, 1), last)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.set_header(f"&C{title}")
    page.set_footer("&C第 &P 页，共 &N 页" if lang == "zh" else "&CPage &P of &N")
