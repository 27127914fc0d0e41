"""Findings → the lines of the return list: what to mend, where, and how; what only follows is said once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from data_contracts.defects import load_defects
from models.publication.returns.words import words

if TYPE_CHECKING:
    import polars as pl

GRAVE = ("R", "Q")
PERSONAL = "D38"
NEEDED = ("sheet", "row", "col", "header", "code", "verdict", "value", "message_zh", "message_en")
# Of findings noted before there was such a column, the one cell is what row and column say.
CELLS = "cells"


def list_lines(findings: pl.DataFrame, lang: str = "zh", due: date | None = None) -> pl.DataFrame:
    """The lines of one file's return list, those on the whole file first and followers last.

    Args:
        findings: of one file, as the ledger `findings` or a `FileReport` has them (values masked).
        lang: `zh` or `en`.
        due: the day by which the file must be back, if it is known.

    Returns:
        sheet, rows, header, value, problem, advice, due (texts as shown), and code, at_sheet, at_row,
        at_col: the cell to go to, cells: all to be marked (as in the ledger), and is_follower for what needs
        no mending of its own. at_col is null where no single cell is at fault; at_sheet and at_row too where
        it is the whole file.
    """
    import polars as pl

    said = words()
    if CELLS not in findings.columns:
        findings = findings.with_columns(pl.lit(None, pl.String).alias(CELLS))
    grave = findings.filter(pl.col("verdict").is_in(GRAVE)).select(
        # A frame made of a few dicts may not know the type of a column without values.
        pl.col(n).cast(pl.Int64 if n in ("row", "col") else pl.String)
        for n in (*NEEDED, CELLS)
    )
    grave = grave.unique(maintain_order=True)
    advice = {code: d.advice[lang] for code, d in load_defects().items()}
    by_code = pl.col("code").replace_strict(said["once_a"], default="cell", return_dtype=pl.String)
    # Lines with equal `per` become one: for a follower of the file all, for one of a value that value's.
    per = pl.concat_str(
        *(pl.col(n).cast(pl.String).fill_null("") for n in ("sheet", "value", "col")), separator="\x1f"
    )  # fmt: skip
    numbered = grave.with_row_index("n").with_columns(
        listed=by_code,
        per=pl.when(by_code == "file").then(pl.lit("")).when(by_code == "value").then(per)
        .otherwise(pl.col("n").cast(pl.String)),
        message=pl.col(f"message_{lang}"),
        order=pl.when(by_code == "file").then(2).when(pl.col("sheet").is_null()).then(0).otherwise(1),
    )  # fmt: skip
    lines = (
        numbered.group_by("code", "verdict", "listed", "per", maintain_order=True)
        .agg(
            pl.col("n", "order", "sheet", "row", "col", "header", "value", "message", CELLS).first(),
            at=pl.col("row").drop_nulls().unique().sort(),
            size=pl.len(),
        )
        .sort("order", "n")
    )
    is_file = pl.col("listed") == "file"
    # Few lines by now: one a fault, or one a value.
    rows = [_ranges(at) for at in lines["at"].to_list()]
    more = [
        said["followers"][lang].format(message=m, n=n) if n > 1 else m
        for m, n in lines.select("message", "size").iter_rows()
    ]
    told = lines.with_columns(shown=pl.Series(rows, dtype=pl.String), more=pl.Series(more, dtype=pl.String))
    return told.select(
        sheet=pl.when(is_file).then(None).otherwise("sheet").fill_null(said["whole_file"][lang]),
        rows=pl.when(is_file).then(pl.lit("")).otherwise("shown"),
        header=pl.col("header").fill_null(""),
        value=pl.col("value").fill_null(""),
        problem=pl.when(pl.col("listed") == "cell").then("message").otherwise("more"),
        advice=pl.col("code").replace_strict(advice, return_dtype=pl.String),
        due=pl.lit(due.isoformat() if due else ""),
        code="code",
        at_sheet=pl.when(~is_file).then("sheet"),
        at_row=pl.when(~is_file).then("row"),
        at_col=pl.when(~is_file).then("col"),
        cells=pl.when(~is_file).then(CELLS),
        is_follower=is_file,
    )  # fmt: skip


def in_order_of(lines: pl.DataFrame, sheets: list[str]) -> pl.DataFrame:
    """The lines in the order of the workbook's sheets; those on the whole file first, followers last."""
    import polars as pl

    place = pl.col("at_sheet").replace_strict(
        {name: n for n, name in enumerate(sheets)}, default=-1, return_dtype=pl.Int64
    )
    return lines.sort(
        "is_follower", place, pl.col("at_row"), pl.col("at_col"), maintain_order=True, nulls_last=False
    )


def _ranges(numbers: list[int]) -> str:
    """7–9、12 for 7, 8, 9, 12."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "、".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
