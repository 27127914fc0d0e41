"""Check-in exports as they come: another encoding, broken bytes, rows whose session was refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.sample.checkin import FIRST_LINE, GB18030, UTF8, checkin_bytes
from models.sample.mess.record import Defect, Scope, Verdict
from models.sample.mess.spoil import Spoilt

GB_SHARE = 0.3  # check-in software that writes GB18030
BROKEN_SHARE = 0.2  # broken exports a file, as a part of the rate
BROKEN = b"\xff\xfe\xff\x81\x20\xff"  # legal in neither encoding


@dataclass(frozen=True)
class Export:
    """One export: its path in the inbox, whose it is, and its rows (rendered fields)."""

    file: str
    society_id: str
    year: int
    rows: pl.DataFrame


def spoil_checkin(
    export: Export, rate: float, workbook: Spoilt, rng: np.random.Generator
) -> tuple[bytes, list[Defect]]:
    """The file's content and its defects; rows fall with the sessions that `workbook` lost."""
    if rate <= 0:
        return checkin_bytes(export.rows, UTF8), []
    is_gb = rng.random() < GB_SHARE
    content = checkin_bytes(export.rows, GB18030 if is_gb else UTF8)
    if rng.random() < rate * BROKEN_SHARE:
        middle = len(content) // 2
        return content[:middle] + BROKEN + content[middle:], [_defect(export, "D28", "R", "file")]
    defects = [_defect(export, "D28", "A", "file")] if is_gb else []
    if workbook.orphans_all:
        return content, [*defects, _defect(export, "S03", "R", "file")]
    lines = enumerate(export.rows["session_id"].to_list(), start=FIRST_LINE)
    orphans = [
        _defect(export, "S03", "R", "row", (line, session))
        for line, session in lines
        if session in workbook.orphan_sessions
    ]
    return content, defects + orphans


def _defect(
    export: Export, code: str, verdict: Verdict, scope: Scope, line: tuple[int, str] | None = None
) -> Defect:
    row, session = line or (None, None)
    return Defect(
        file=export.file,
        sheet=None,
        row=row,
        field=None if session is None else "session_id",
        header=None,
        defect=code,
        verdict=verdict,
        scope=scope,
        original=session,
        injected=None,
        society_id=export.society_id,
        report_year=export.year,
    )
