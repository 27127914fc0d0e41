"""One returned file → its return workbook, or the list alone where nothing can be marked."""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from models.errors import FengqingError
from models.publication.returns.findings import list_lines
from models.publication.returns.marking import marked_workbook
from models.publication.returns.package import UnmarkableError
from models.publication.returns.words import sheet_names, words
from models.publication.sheets import Column, Sheet, workbook_bytes

if TYPE_CHECKING:
    import polars as pl

MARKED_SUFFIXES = (".xlsx", ".xlsm")
# What XML that is not as the standard says may raise: one such file must not stop a run, and gets a list.
MALFORMED = (LookupError, ValueError, StopIteration, ExpatError)
# Part of the bytes, so that the same return gives the same file.
NO_TIME = datetime(2000, 1, 1)


def write_return(  # noqa: PLR0913, PLR0917 - one parameter a choice
    path: Path,
    findings: pl.DataFrame,
    out_dir: Path,
    lang: str = "zh",
    due: date | None = None,
    name: str | None = None,
) -> Path | None:
    """Write what goes back to the sender, and give its path; None if nothing is returned or set aside.

    Workbooks come back marked, `<name>_退回补正.xlsx`; for other files, and for workbooks that cannot be
    opened, there is a list, `<name>_退回补正清单.xlsx`. A file of that name is replaced.

    Args:
        path: the file as received; it is only read.
        findings: of this file, with the ledger's columns (values masked).
        out_dir: where to write; made if it is not there.
        lang: language of the list and the comments, `zh` or `en`.
        due: the day by which it must be back; left blank if not known.
        name: what the sender called the file, if `path` does not say.

    Raises:
        FengqingError: the folder cannot be written.
    """
    lines = list_lines(findings, lang, due)
    if lines.is_empty():
        return None
    called = Path(name or path.name).name
    stem, suffix = os.path.splitext(called)
    endings = words()["suffix"]
    # A second round is told by a number: the sender's mended file beside it must not be replaced.
    again = re.fullmatch(f"(.*){endings['workbook']}(\\d*)", stem)
    stem, number = (again.group(1), str(int(again.group(2) or 1) + 1)) if again else (stem, "")
    try:
        content = marked_workbook(path, lines, called, lang)
        # A file without the right ending was opened by what it holds; it gets the ending it should have.
        ending = suffix.lower() if suffix.lower() in MARKED_SUFFIXES else MARKED_SUFFIXES[0]
        target = out_dir / f"{stem}{endings['workbook']}{number}{ending}"
    except (UnmarkableError, *MALFORMED):
        content = _list_only(lines, called, lang)
        target = out_dir / f"{stem}{endings['list']}{number}.xlsx"
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.tmp")
        draft.write_bytes(content)
        draft.replace(target)
    except OSError as error:
        raise FengqingError(
            "return_unwritable",
            f"无法写入 {target}（{error.strerror}），请用 --out 指定可写的目录。",
            f"Cannot write {target} ({error.strerror}); name a writable folder with --out.",
        ) from error
    return target


def _list_only(lines: pl.DataFrame, name: str, lang: str) -> bytes:
    import polars as pl

    said = words()
    columns = tuple(Column(c["key"], c["zh"], c["en"], "text", c["width"]) for c in said["columns"])
    note = said["list_only"]
    notes = Sheet(
        note["sheet"][lang],
        (Column("text", note["column"]["zh"], note["column"]["en"], "text", 100),),
        pl.DataFrame({"text": [note["text"][lang]]}),
    )
    title = said["title"][lang].format(list=sheet_names()[lang], name=name, n=lines.height)
    shown = Sheet(sheet_names()[lang], columns, lines.select(c.key for c in columns))
    return workbook_bytes([shown, notes], title, NO_TIME, lang)
