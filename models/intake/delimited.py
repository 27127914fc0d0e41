"""Delimited text to wide frames of text columns, with line numbers, many files at once."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

import polars as pl

DELIMITERS = (",", "\t", ";", "，")
HEAD_LINES = 12
HEAD_LENGTH = 20_000
# One column beyond the header's: what lands there shows that a row has too many fields.
SPARE = 1


def _first_lines(text: str) -> list[str]:
    """The first lines that are not blank, among them the header."""
    return list(islice(_lines(text), HEAD_LINES))


def _lines(text: str) -> Iterator[str]:
    # One after the other: mostly no more than the first is asked for.
    lines = io.StringIO(text[:HEAD_LENGTH], newline="\n")
    return (line.removesuffix("\n") for line in lines if line.strip())


def delimiter_of(text: str) -> str:
    """The delimiter most frequent in the first line (a comma if there is none)."""
    return max(DELIMITERS, key=next(_lines(text), "").count)


def head(text: str) -> list[tuple[int, list[str]]]:
    """The first records with the number of the line each starts on."""
    return _records(text[:HEAD_LENGTH], HEAD_LINES)


def tables(texts: Sequence[tuple[int, str]]) -> list[pl.DataFrame]:
    """(sheet_no, text) pairs to frames of sheet_no, row, c1, c2 …, blank lines left out.

    Files that share their first line share a frame. Texts without quotes, as exports have them, are
    split by Polars in one go; the others by the csv module.
    """
    groups: dict[tuple[str, str, bool], list[tuple[int, str]]] = defaultdict(list)
    for sheet_no, text in texts:
        first = next(_lines(text), "")
        groups[first, delimiter_of(first), '"' in text].append((sheet_no, text))
    return [
        (_split_records(members) if is_quoted else _split_lines(members, delimiter))
        for (_, delimiter, is_quoted), members in groups.items()
    ]


def _split_lines(members: list[tuple[int, str]], delimiter: str) -> pl.DataFrame:
    firsts = (line for _, text in members for line in _first_lines(text))
    width = max((line.count(delimiter) for line in firsts), default=0) + 1
    names = _names(width + SPARE)
    lines = (
        pl.DataFrame(members, schema={"sheet_no": pl.UInt32, "line": pl.String}, orient="row")
        .with_columns(pl.col("line").str.split("\n"))
        .with_columns(row=pl.int_ranges(1, pl.col("line").list.len() + 1, dtype=pl.Int64))
        .explode("line", "row")
    )
    # The last column takes all that is left over; delimiters alone at a line's end are nothing.
    cut = pl.col("line").str.strip_chars_end(delimiter).str.splitn(delimiter, width + SPARE)
    wide = lines.select("sheet_no", "row", cut.struct.rename_fields(names).alias("cut")).unnest("cut")
    return _without_blanks(wide, names)


def _split_records(members: list[tuple[int, str]]) -> pl.DataFrame:
    numbers: list[int] = []
    rows: list[int] = []
    records: list[list[str]] = []
    for sheet_no, text in members:
        for row, record in _records(text):
            numbers.append(sheet_no)
            rows.append(row)
            records.append(record)
    width = max(map(len, records), default=1)
    names = _names(width)
    columns = {
        name: [record[i] if i < len(record) else None for record in records] for i, name in enumerate(names)
    }
    schema = {"sheet_no": pl.UInt32, "row": pl.Int64, **dict.fromkeys(names, pl.String)}
    return _without_blanks(pl.DataFrame({"sheet_no": numbers, "row": rows, **columns}, schema=schema), names)


def _records(text: str, limit: int | None = None) -> list[tuple[int, list[str]]]:
    # A quote that is never closed swallows the rest of the file: one long field, not an error.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    found: list[tuple[int, list[str]]] = []
    start = 1
    for record in reader:
        if limit is not None and len(found) == limit:
            break
        if record:
            found.append((start, record))
        start = reader.line_num + 1
    return found


def _names(width: int) -> list[str]:
    return [f"c{i}" for i in range(1, width + 1)]


def _without_blanks(wide: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Cells of white space become null; rows of nothing but nulls are not rows."""
    blanked = wide.with_columns(
        pl.when(pl.col(name).str.contains(r"\S")).then(pl.col(name)) for name in names
    )
    return blanked.filter(pl.any_horizontal(pl.col(names).is_not_null()))
