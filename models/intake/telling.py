"""Findings as they are handed out: placed, masked, and worded in both languages."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from data_contracts import defects
from models.intake import privacy
from models.intake.frames import ITEM_MARK
from models.intake.headers import COVER, families
from models.intake.layout import Layout
from models.intake.sheetxml import column_letters
from models.intake.widening import Answers

AT = ["sheet_no", "row"]
# Findings quote what was found; they are not a second copy of long texts.
QUOTED_LENGTH = 200


def tell(
    findings: pl.DataFrame,
    layout: Layout,
    answers: Answers,
    typed: Mapping[str, pl.DataFrame],
    about: pl.DataFrame,
) -> pl.DataFrame:
    """Findings with their place, header, society and messages."""
    labels = pl.DataFrame(
        [(n, f.name, f.zh) for n, c in families().items() for f in c.fields],
        schema={"family": pl.String, "field": pl.String, "label": pl.String},
        orient="row",
    )
    sheets = layout.sheets.select("sheet_no", "file_id", sheet_name="sheet")
    columns = layout.columns.select("sheet_no", "field", found_col="col", found_header="header")
    places = answers.cover_places.select(
        "sheet_no", "field", place_row="row", place_col="col", place_header="header"
    )
    is_cover = pl.col("family") == COVER
    placed = (
        findings.unique(
            [*AT, "col", "field", "also", "code", "verdict", "variant"], keep="first", maintain_order=True
        )
        .join(sheets, on="sheet_no", how="left", maintain_order="left")
        .join(columns, on=["sheet_no", "field"], how="left", maintain_order="left")
        .join(places, on=["sheet_no", "field"], how="left", maintain_order="left")
        .join(labels, on=["family", "field"], how="left", maintain_order="left")
        .with_columns(
            sheet=pl.when(pl.col("sheet_name") != "").then("sheet_name"),
            row=pl.when(is_cover).then("place_row").otherwise("row"),
            col=pl.when(is_cover).then("place_col").otherwise(pl.coalesce("col", "found_col")),
            header=pl.coalesce(
                "header", pl.when(is_cover).then("place_header").otherwise("found_header"), "label"
            ),
        )
    )
    placed = _with_all_cells(placed, columns, labels)
    quoted = [pl.col(n).str.slice(0, QUOTED_LENGTH) for n in ("value", "repaired")]
    keys = _keys(typed)
    hidden = privacy.hide(placed).with_columns(quoted)
    letters = pl.col("col").replace_strict(
        {n: column_letters(n) for n in hidden["col"].drop_nulls().unique()},
        default=None,
        return_dtype=pl.String,
    )
    told = defects.fill(
        hidden.with_columns(
            cell=pl.when(pl.col("row").is_not_null()).then(letters + pl.col("row").cast(pl.String))
        ).with_columns(cells=pl.coalesce("cells", "cell"))
    )
    return (
        told.join(keys, on=AT, how="left", maintain_order="left")
        .join(
            about.select("file_id", file_society="society_id", file_year="report_year"),
            on="file_id", how="left", maintain_order="left",
        )
        .with_columns(
            society_id=pl.coalesce("file_society", "society_id"),
            report_year=pl.coalesce("file_year", "report_year"),
        )
        .select(
            "file_id", "sheet", "row", "col", "field", "header", "code", "verdict", "value", "repaired",
            "message_zh", "message_en", "society_id", "report_year", "cells",
        )
    )  # fmt: skip


def _with_all_cells(placed: pl.DataFrame, columns: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Of findings about several fields: the cells and the headers of all of them, in the fields' order."""
    several = (
        placed.with_row_index("finding")
        .filter(pl.col("also").is_not_null())
        .select("finding", *AT, "family", field=pl.concat_str("field", "also", separator=ITEM_MARK))
    )
    if several.is_empty():
        return placed
    parts = (
        several.with_columns(pl.col("field").str.split(ITEM_MARK))
        .explode("field")
        .join(columns, on=["sheet_no", "field"], how="left", maintain_order="left")
        .join(labels, on=["family", "field"], how="left", maintain_order="left")
    )
    letters = parts["found_col"].replace_strict(
        {n: column_letters(n) for n in parts["found_col"].drop_nulls().unique()},
        default=None,
        return_dtype=pl.String,
    )
    whole = (
        parts.with_columns(cell=letters + pl.col("row").cast(pl.String))
        .group_by("finding", maintain_order=True)
        .agg(
            all_cells=pl.col("cell").drop_nulls().str.join("\n"),
            all_headers=pl.coalesce("found_header", "label").str.join("、"),
        )
    )
    return (
        placed.with_row_index("finding")
        .join(whole, on="finding", how="left", maintain_order="left")
        .with_columns(
            cells=pl.coalesce("cells", pl.when(pl.col("all_cells") != "").then("all_cells")),
            header=pl.coalesce("all_headers", "header"),
        )
        .drop("finding", "all_cells", "all_headers")
    )


def _keys(typed: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """sheet_no, row, society_id, report_year of the data rows."""
    schema = {"sheet_no": pl.UInt32, "row": pl.Int64, "society_id": pl.String, "report_year": pl.Int64}
    parts = [f.select(*schema) for n, f in typed.items() if n != COVER and "society_id" in f.columns]
    return pl.concat([pl.DataFrame(schema=schema), *parts])
