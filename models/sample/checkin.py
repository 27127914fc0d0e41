"""Check-in exports: one delimited file a society, in the encoding its software happens to write."""

from __future__ import annotations

import polars as pl

from data_contracts.contract import load_contract

FAMILY = "education_attendance"
FIRST_LINE = 2  # 1-based line of the first record, after the headers
UTF8, GB18030 = "utf-8-sig", "gb18030"


def checkin_bytes(rows: pl.DataFrame, encoding: str) -> bytes:
    """The roster `rows` (rendered fields of education_attendance) as a file's content."""
    headers = {f.name: f.zh for f in load_contract(FAMILY).fields}
    text = rows.select(headers.keys()).rename(headers).write_csv(line_terminator="\r\n")
    return text.encode(encoding)
