"""How a sheet differs from the template: its header, rows among the data, hidden or copied parts."""

from __future__ import annotations

import polars as pl

from data_contracts.contract import load_contracts
from data_contracts.layout import header_text, table_fields
from models.intake.frames import Grid, as_findings, workbook_layout
from models.intake.headers import COVER, families
from models.intake.sheetxml import column_letters

# Rows a header may have: a group, a leaf, and one that somebody put above.
HEADER_DEPTH = 3


def header_findings(sheets: pl.DataFrame, columns: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """D01: a header read although it differs from the template, one with a column missing, or none."""
    version = workbook_layout()["template_version"]
    order = pl.DataFrame(
        [
            (n, f.name, i, f.header_group is not None)
            for n, c in families().items()
            for i, f in enumerate(c.fields)
        ],
        schema={"family": pl.String, "field": pl.String, "position": pl.Int64, "is_grouped": pl.Boolean},
        orient="row",
    )
    placed = columns.join(order, on=["family", "field"], maintain_order="left")
    depth = pl.col("last_header") - pl.col("first_header") + 1
    grouped, single = pl.col("row").filter("is_grouped"), pl.col("row").filter(~pl.col("is_grouped"))
    shape = placed.group_by("sheet_no").agg(
        is_shuffled=(pl.col("position").diff() < 0).any(),
        has_alias=(pl.col("rank") > 0).any(),
        # Merged as in the template, the upper cell of a column without group stands a row higher.
        is_unmerged=(grouped.min() <= single.max()).fill_null(False),
    )
    # In the template the unit line stands right above the header.
    unit_lines = rows.filter((pl.col("kind") == "unit_line") & (pl.col("row") < pl.col("first_header")))
    wedged = unit_lines.filter(pl.col("row") < pl.col("first_header") - 1)["sheet_no"].unique()
    odd = pl.col("is_shuffled") | pl.col("has_alias") | (depth >= HEADER_DEPTH)
    odd |= pl.col("sheet_no").is_in(wedged.implode()) | (pl.col("is_unmerged") & ~pl.col("is_csv"))
    changed = (
        shape.join(sheets, on="sheet_no")
        .filter(odd)
        .select("sheet_no", "sheet", "family", row=pl.col("first_header"))
    )
    unread = rows.filter((pl.col("kind") == "data") & pl.col("last_header").is_null()).select(
        "sheet_no", "sheet", "family"
    )
    unread_tables = sheets.filter(pl.col("is_csv") & pl.col("first_header").is_null()).select(
        "sheet_no", "sheet", "family"
    )
    return pl.concat(
        [
            as_findings(changed.sort("sheet_no"), code="D01", verdict="A"),
            as_findings(
                pl.concat([unread, unread_tables])
                .unique(maintain_order=True)
                .join(_template_headers(rows), on="sheet_no", how="left", maintain_order="left"),
                code="D01", verdict="R", a=version,
            ),
        ]
    )  # fmt: skip


def _template_headers(rows: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, cells: of sheets known by name alone, the cells above the data and the header due in each.

    The columns are taken in the template's order: the sender's own words for them were not understood.
    """
    is_open = pl.col("last_header").is_null() & pl.col("family").is_not_null()
    begins = pl.col("row").filter(pl.col("kind") == "data").min().over("sheet_no")
    leaves = (
        rows.filter(is_open & (pl.col("row") < begins) & (pl.col("kind") == "unrecognised"))
        .group_by("sheet_no", "family", maintain_order=True)
        .agg(row=pl.col("row").max())
    )
    due = pl.DataFrame(
        [
            (name, n, column_letters(n + 1), header_text(f))
            for name, contract in load_contracts().items()
            for n, f in enumerate(table_fields(contract))
        ],
        schema={"family": pl.String, "place": pl.Int64, "letters": pl.String, "text": pl.String},
        orient="row",
    )
    return (
        leaves.join(due, on="family", maintain_order="left")
        .group_by("sheet_no", maintain_order=True)
        .agg(cells=pl.format("{}{}={}", "letters", "row", "text").str.join("\n"))
    )


def room_for_columns(
    grid: Grid, sheets: pl.DataFrame, rows: pl.DataFrame, lacking: pl.DataFrame
) -> pl.DataFrame:
    """`lacking` with `cells`: where a missing column can be added, its header and its rows.

    That is right of everything on the sheet. Nothing is said of delimited files, in which nothing is marked.

    Args:
        grid: what was read.
        sheets: sheet_no, is_csv, last_header.
        rows: sheet_no, row, kind of every row.
        lacking: sheet_no, field, b (the header), one row a missing column.
    """
    widths = grid.cells.group_by("sheet_no").agg(width=pl.col("col").max())
    is_data = pl.col("kind") == "data"
    body = rows.group_by("sheet_no").agg(
        first=pl.col("row").filter(is_data).min(),
        last=pl.col("row").filter(is_data).max(),
    )
    heads = sheets.filter(~pl.col("is_csv")).select("sheet_no", head="last_header")
    placed = (
        lacking.join(widths, on="sheet_no", how="left", maintain_order="left")
        .join(body, on="sheet_no", how="left", maintain_order="left")
        .join(heads, on="sheet_no", how="left", maintain_order="left")
        .with_columns(col=pl.col("width").cast(pl.Int64) + 1 + pl.int_range(pl.len()).over("sheet_no"))
    )
    letters = pl.col("col").replace_strict(
        {n: column_letters(n) for n in placed["col"].drop_nulls().unique()},
        default=None,
        return_dtype=pl.String,
    )
    cells = pl.format("{}{}={}\n{}{}:{}{}", letters, "head", "b", letters, "first", letters, "last")
    return placed.with_columns(cells=cells).select(*lacking.columns, "cells")


def hidden_findings(grid: Grid, rows: pl.DataFrame) -> pl.DataFrame:
    """D31 at each hidden row of data; the number given is that of the whole sheet."""
    hidden = (
        rows.filter(pl.col("kind") == "data")
        .join(grid.hidden, on=["sheet_no", "row"], how="semi")
        .select("sheet_no", "sheet", "family", "row", a=pl.len().over("sheet_no").cast(pl.String))
    )
    return as_findings(hidden, code="D31", verdict="W")


def row_findings(rows: pl.DataFrame) -> pl.DataFrame:
    """D02: what stands among the data and is not data, blank rows included."""
    among = (pl.col("row") < pl.col("last_data")) & pl.col("is_past")
    strange = rows.filter(among & pl.col("kind").is_in(["unit_line", "note", "header"]))
    table = rows.filter((pl.col("row") <= pl.col("last_data")) & (pl.col("row") >= pl.col("last_header")))
    # A header merged over two rows leaves the second empty.
    merged = (
        pl.col("before").eq(pl.col("last_header"))
        & pl.col("first_header").eq(pl.col("last_header"))
        & (pl.col("first_header") > 1)
    )
    gaps = (
        table.with_columns(before=pl.col("row").shift(1).over("sheet_no"))
        .with_columns(before=pl.col("before") + merged.cast(pl.Int64))
        .filter(pl.col("row") - pl.col("before") > 1)
    )
    names = ("sheet_no", "sheet", "family", "row", "value")
    found = pl.concat(
        [
            strange.with_columns(value=pl.col("raw").str.slice(0, 60)).select(names),
            gaps.with_columns(row=pl.col("before") + 1, value=pl.lit("空行")).select(names),
        ]
    )
    return as_findings(found.sort("sheet_no", "row"), code="D02", verdict="A")


def sheet_findings(sheets: pl.DataFrame) -> pl.DataFrame:
    """D31: hidden sheets and copies that hold a table."""
    tables = sheets.filter(
        pl.col("family").is_not_null() & (pl.col("family") != COVER) & (pl.col("sheet") != "")
    )
    hidden = tables.filter("is_hidden").select("sheet_no", "sheet", "family", a="sheet")
    copies = (
        tables.with_columns(b=pl.col("sheet").first().over("file_id", "family"))
        .filter(pl.col("sheet") != pl.col("b"))
        .select("sheet_no", "sheet", "family", "b", a="sheet")
    )
    return pl.concat(
        [
            as_findings(hidden, code="D31", verdict="W", variant="sheet"),
            as_findings(copies, code="D31", verdict="W", variant="copy"),
        ]
    )
