"""The findings of one checked file: their places in words, and the list as a workbook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from dashboards.i18n import DASH, Lang, Texts, lasting_labels
from data_contracts.defects import load_defects
from models.intake.check import FileReport
from models.intake.sheetxml import column_letters
from models.publication.returns.words import words
from models.publication.sheets import CONTROLS, LONGEST_TEXT, Column, Sheet, workbook_bytes

# The same findings give the same bytes, whenever the list is asked for.
CREATED = datetime(2000, 1, 1)


def cell_of(finding: dict[str, Any]) -> str | None:
    """The cell in the A1 manner; None if the finding is not of one cell."""
    if finding["row"] is None or finding["col"] is None:
        return None
    return f"{column_letters(finding['col'])}{finding['row']}"


def place(t: Texts, finding: dict[str, Any]) -> str:
    """The cell, else the row, else a dash (the sheet or file as a whole)."""
    if finding["row"] is None:
        return DASH
    return cell_of(finding) or t("filing.row", row=finding["row"])


def findings_workbook(report: FileReport, lang: Lang) -> bytes:
    """The workbook of all findings of a file: the columns of the return list, and the treatment before them.

    Repairs and warnings stand in it too; the due date is blank, for nothing has been returned yet. Values of
    personal data are masked already.
    """
    t = Texts(lang, lasting_labels(lang))
    treatment = Column(
        "treatment", Texts("zh")("column.treatment"), Texts("en")("column.treatment"), "text", 11
    )
    columns = (treatment, *(Column(kind="text", **one) for one in words()["columns"]))
    defects = load_defects()
    rows = [
        {
            "treatment": t.label("finding_verdict", one["verdict"]),
            "sheet": one["sheet"] or words()["whole_file"][lang],
            "rows": None if one["row"] is None else str(one["row"]),
            "header": one["header"],
            "value": one["value"],
            "problem": t.pick(one["message_zh"], one["message_en"]),
            "advice": defects[one["code"]].advice[lang],
            "due": None,
        }
        for one in report.findings
    ]
    frame = pl.DataFrame(rows, schema={c.key: pl.String for c in columns}).with_columns(
        pl.all().str.replace_all(CONTROLS, "").str.slice(0, LONGEST_TEXT // 2)
    )
    title = t("filing.list.sheet")
    return workbook_bytes([Sheet(title, columns, frame)], title, CREATED, lang)
