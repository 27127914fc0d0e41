"""The fill-in workbook for societies, drawn from the contracts: headers, notes, drop-downs, examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts import guidance, layout
from data_contracts.contract import Contract, Field, load_contract
from data_contracts.template_cells import formats, style_of, width_of, written
from data_contracts.validation import validation

if TYPE_CHECKING:
    import polars as pl

A4, A3 = 9, 8  # the spreadsheet format's numbers for the papers
A4_CHARACTERS = 150  # columns wider than this together are illegible on A4
BLANK_ROWS = 30
BLANK_ROWS_OF = {"annual_reports": 1, "education_attendance": 300}
ROW_HEIGHT = 19
GUIDE_WIDTH = 82
# Figures of which a sum over rows means nothing.
NOT_SUMMED = frozenset({"分钟", "月", "天", "篇"})


def write_template(
    path: Path,
    lang: str = "zh",
    society: Mapping[str, Any] | None = None,
    prefill: Mapping[str, pl.DataFrame] | None = None,
) -> Path:
    """Write the workbook a society fills in.

    Headers and drop-down values are Chinese in either language, since they are what intake reads; `lang`
    chooses the language of the notes.

    Args:
        path: where to write the .xlsx.
        lang: `zh` or `en`.
        society: values of the cover by field name, such as society_id, name and report_year.
        prefill: accepted rows by family, codes as stored, to start from instead of blank rows.

    Raises:
        ValueError: an unknown language.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = _Pages(book, lang, dict(society or {}))
        page.cover()
        for sheet, contract in layout.sheet_families().items():
            given = (prefill or {}).get(contract.name)
            page.table(sheet, contract, given.to_dicts() if given is not None else [])
        page.examples()
        page.codes()
    return path


class _Pages:
    """The workbook under way: its formats, and where each code list stands."""

    def __init__(self, book: Any, lang: str, society: dict[str, Any]) -> None:
        self.book, self.lang, self.society = book, lang, society
        self.say = guidance.words(lang)
        self.words = layout.workbook()
        self.year = society.get("report_year") or "____"
        self.formats = formats(book)
        self.enums = [
            (contract, f)
            for contract in layout.sheet_families().values()
            for f in layout.table_fields(contract)
            if f.enum
        ]
        # Column on the sheet of codes, from 1.
        self.enum_columns = {(c.name, f.name): n for n, (c, f) in enumerate(self.enums, start=1)}

    def cover(self) -> None:
        sheet = self._sheet(self.words["cover_sheet"], 2)
        sheet.set_portrait()
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 48)
        start = layout.unit_row()
        contract = _cover_contract()
        for row, f in enumerate(layout.cover_fields(), start=start):
            sheet.set_row(row, 24)
            sheet.write_string(row, 0, f.zh, self.formats["head" if f.required else "head_optional"])
            sheet.write_comment(
                row, 0, guidance.note(contract, f, self.lang), self._comment_size(contract, f)
            )
            self._put(
                sheet, row, 1, written(f, self._cover_value(f), {}), "date" if f.kind == "date" else "entry"
            )
            self._validate(sheet, contract, f, row, row, 1)
        self._notes(sheet, start + len(layout.cover_fields()) + 1)

    def _cover_value(self, f: Field) -> Any:
        given = {"template_version": self.words["template_version"], "revision": 1, **self.society}
        return given.get(f.name)

    def table(self, name: str, contract: Contract, rows: list[dict[str, Any]]) -> None:
        fields = layout.table_fields(contract)
        sheet = self._sheet(name, len(fields))
        self._unit_line(sheet, len(fields))
        self._header(sheet, contract, fields)
        first = layout.first_data_row()
        last = first + max(len(rows), BLANK_ROWS_OF.get(contract.name, BLANK_ROWS)) - 1
        for row in range(first, last + 1):
            values = rows[row - first] if row - first < len(rows) else {}
            if not values:  # a row that holds long text must be free to grow
                sheet.set_row(row, ROW_HEIGHT)
            for col, f in enumerate(fields):
                self._value(sheet, row, col, f, values.get(f.name), values)
        for col, f in enumerate(fields):
            self._validate(sheet, contract, f, first, last, col)
        after = last + 1
        if contract.name != layout.COVER_FAMILY and self._total(sheet, fields, first, last):
            after += 1
        self._notes(sheet, after)
        sheet.freeze_panes(first, 1)
        sheet.repeat_rows(layout.header_row(), first - 1)

    def examples(self) -> None:
        """Every column of every table, what it asks for and an example, one column a line.

        Written downwards, not as tables: nothing on this sheet can be taken for a table and read in.
        """
        sheet = self._sheet(self.say["sheet_example"], 3, self.say["example_title"])
        top = layout.unit_row() + 1
        for col, (key, width) in enumerate(
            (("guide_column", 36), ("guide_asks", GUIDE_WIDTH), ("guide_example", 34))
        ):
            sheet.set_column(col, col, width)
            sheet.write_string(top, col, self.say[key], self.formats["head"])
        lines = [(self.words["cover_sheet"], _cover_contract(), layout.cover_fields())]
        lines += [(name, c, layout.table_fields(c)) for name, c in layout.sheet_families().items()]
        row = top + 1
        for name, contract, fields in lines:
            for f in fields:
                # Sheet and column in one cell: a label alone beside its value would read like a cover.
                sheet.write_string(row, 0, f"{name} · {guidance.label(f, self.lang)}", self.formats["cell"])
                asks = guidance.note(contract, f, self.lang, is_brief=True)
                sheet.write_string(row, 1, asks, self.formats["cell"])
                self._put(sheet, row, 2, guidance.example(f), "example")
                # A Chinese character is two wide; English is taken for as much, which errs to the tall side.
                sheet.set_row(row, ROW_HEIGHT * (1 + 2 * len(asks) // GUIDE_WIDTH))
                row += 1
        sheet.freeze_panes(top + 1, 1)
        sheet.repeat_rows(top)

    def codes(self) -> None:
        """The code tables that the drop-down lists refer to, one column each."""
        sheet = self._sheet(self.say["sheet_codes"], 12, self.say["codes_title"])
        head, first = self._codes_rows()
        for number, (contract, f) in enumerate(self.enums):
            sheet.write_string(head, number, f"{contract.zh}·{f.zh}", self.formats["head"])
            for k, value in enumerate(f.enum):
                sheet.write_string(first + k, number, value.zh, self.formats["cell"])
        sheet.set_row(head, 2 * ROW_HEIGHT)
        sheet.set_column(0, len(self.enums) - 1, 15)
        sheet.set_paper(A3)
        sheet.freeze_panes(first, 0)

    def _codes_rows(self) -> tuple[int, int]:
        return layout.unit_row() + 1, layout.unit_row() + 2

    def _sheet(self, name: str, width: int, title: str | None = None) -> Any:
        sheet = self.book.add_worksheet(name)
        title = title or self.words["title"].format(year=self.year)
        sheet.merge_range(0, 0, layout.unit_row() - 1, max(width, 2) - 1, title, self.formats["title"])
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def _unit_line(self, sheet: Any, width: int) -> None:
        line = self.words["unit_line"].format(name=self.society.get("name", ""))
        sheet.merge_range(layout.unit_row(), 0, layout.unit_row(), width - 1, line, self.formats["unit"])

    def _header(self, sheet: Any, contract: Contract, fields: tuple[Field, ...]) -> None:
        sheet.set_row(layout.header_row(), ROW_HEIGHT)
        sheet.set_row(layout.header_row() + layout.HEADER_DEPTH - 1, 2 * ROW_HEIGHT)
        if sum(map(width_of, fields)) > A4_CHARACTERS:
            sheet.set_paper(A3)
        for cell in layout.header_cells(fields):
            f = cell.field
            named = fields[cell.first_col : cell.last_col + 1]
            asked = any(n.required or n.must_answer for n in named)
            style = self.formats["head" if asked else "head_optional"]
            if cell.is_merged:
                sheet.merge_range(
                    cell.first_row, cell.first_col, cell.last_row, cell.last_col, cell.text, style
                )
            else:
                sheet.write_string(cell.first_row, cell.first_col, cell.text, style)
            if f is not None:
                sheet.set_column(cell.first_col, cell.first_col, width_of(f))
                note = guidance.note(contract, f, self.lang)
                sheet.write_comment(cell.first_row, cell.first_col, note, self._comment_size(contract, f))

    def _comment_size(self, contract: Contract, f: Field) -> dict[str, Any]:
        lines = sum(1 + len(line) // 22 for line in guidance.note(contract, f, self.lang).splitlines())
        return {"width": 300, "height": 20 * (lines + 1), "font_size": 9, "author": "", "visible": False}

    def _notes(self, sheet: Any, row: int) -> None:
        for note in (*self.words["notes"], f"{self.words['note_prefixes'][2]}{self.say['legend']}"):
            sheet.write_string(row, 0, note, self.formats["note"])
            row += 1

    def _total(self, sheet: Any, fields: tuple[Field, ...], first: int, last: int) -> bool:
        """Write the total row, unless no column can be summed."""
        from xlsxwriter.utility import xl_range

        summed = {
            col
            for col, f in enumerate(fields)
            if f.kind in ("integer", "number") and f.unit not in NOT_SUMMED
        }
        if not summed:
            return False
        for col in range(len(fields)):
            if col in summed:
                formula = f"=SUM({xl_range(first, col, last, col)})"
                sheet.write_formula(last + 1, col, formula, self.formats["total"], 0)
            else:
                label = self.words["total_label"] if col == 0 else ""
                sheet.write_string(last + 1, col, label, self.formats["total"])
        return True

    def _value(  # noqa: PLR0913, PLR0917 - where, what
        self, sheet: Any, row: int, col: int, f: Field, value: Any, states: Mapping[str, Any] | None = None
    ) -> None:
        """A stored value as the society would have written it, or a blank cell ready for one."""
        self._put(sheet, row, col, written(f, value, states or {}), style_of(f))

    def _put(self, sheet: Any, row: int, col: int, value: Any, style: str) -> None:
        if value is None or value == "":
            sheet.write_blank(row, col, None, self.formats[style])
        elif isinstance(value, date):
            sheet.write_datetime(row, col, value, self.formats[style])
        elif isinstance(value, int | float):
            sheet.write_number(row, col, value, self.formats[style])
        else:
            sheet.write_string(row, col, value, self.formats[style])

    def _validate(  # noqa: PLR0913, PLR0917 - where, what
        self, sheet: Any, contract: Contract, f: Field, first: int, last: int, col: int
    ) -> None:
        from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

        codes = None
        if number := self.enum_columns.get((contract.name, f.name)):
            start = self._codes_rows()[1]
            cells = xl_range_abs(start, number - 1, start + len(f.enum) - 1, number - 1)
            codes = f"='{self.say['sheet_codes']}'!{cells}"
        rule = validation(contract, f, self.lang, xl_rowcol_to_cell(first, col), codes)
        if rule:
            sheet.data_validation(first, col, last, col, rule)


def _cover_contract() -> Contract:
    return load_contract(layout.COVER_FAMILY)
