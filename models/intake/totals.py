"""Total rows: are they the sum of the rows above them (defect 3)?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.intake.frames import Grid, as_findings
from models.intake.headers import families, normalised
from models.intake.layout import Layout

SUBTOTAL = "小计"
TOLERANCE = 0.005


def check_totals(
    grid: Grid, layout: Layout, typed: Mapping[str, pl.DataFrame], faulty: pl.DataFrame
) -> pl.DataFrame:
    """A warning at each total that differs from the sum of its rows.

    A subtotal sums the rows since the last total row. Where a column has unreadable figures (`faulty`:
    sheet_no, field) the total may be right and the sum short: that is said.
    """
    rows = layout.rows.filter(pl.col("kind") == "total").select("sheet_no", "row", "family")
    figures = [
        (n, f.name) for n, c in families().items() for f in c.fields if f.kind in ("integer", "number")
    ]
    known = pl.DataFrame(figures, schema={"family": pl.String, "field": pl.String}, orient="row")
    cells = grid.cells.join(rows, on=["sheet_no", "row"]).join(grid.values, on="value_no")
    labels = (
        cells.sort("col")
        .group_by("sheet_no", "row")
        .agg(is_subtotal=normalised(pl.col("text").first()).str.starts_with(SUBTOTAL))
    )
    totals = (
        cells.join(layout.columns.select("sheet_no", "col", "field", "factor"), on=["sheet_no", "col"])
        .join(known, on=["family", "field"], how="semi")
        .join(faulty.with_columns(variant=pl.lit("partial")), on=["sheet_no", "field"], how="left")
        .with_columns(pl.col("variant").fill_null(""))
        .join(labels, on=["sheet_no", "row"])
        .with_columns(
            total=normalised(pl.col("text")).str.replace_all(",", "").cast(pl.Float64, strict=False)
        )
        .drop_nulls("total")
    )
    if totals.is_empty():
        return as_findings(totals.select("sheet_no"), code="D03", verdict="W")
    sums = _running_sums(typed, totals)
    keys = ["sheet_no", "field"]
    compared = (
        totals.sort("row")
        .join_asof(sums.sort("row"), on="row", by=keys, strategy="backward", check_sortedness=False)
        .with_columns(pl.col("upto").fill_null(0.0))
        .sort(*keys, "row")
        .with_columns(before=pl.col("upto").shift(1, fill_value=0.0).over(keys))
        .with_columns(
            sum=pl.when("is_subtotal").then(pl.col("upto") - pl.col("before")).otherwise("upto")
            / pl.col("factor")
        )
        .filter((pl.col("total") - pl.col("sum")).abs() > TOLERANCE)
    )
    return as_findings(
        compared.select(
            "sheet_no",
            "row",
            "col",
            "family",
            "field",
            "variant",
            value="text",
            a="text",
            b=_shown(pl.col("sum")),
        ),
        code="D03",
        verdict="W",
    )


def _running_sums(typed: Mapping[str, pl.DataFrame], totals: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, row, field, upto: for each data row the sum of the column down to it."""
    parts = []
    for name, fields in totals.group_by("family").agg(pl.col("field").unique()).iter_rows():
        if name not in typed:
            continue
        long = (
            typed[name]
            .filter(pl.col("sheet_no").is_in(totals["sheet_no"].unique().implode()))
            .select("sheet_no", "row", *(pl.col(f).cast(pl.Float64) for f in fields))
            .unpivot(index=["sheet_no", "row"], on=fields, variable_name="field", value_name="figure")
        )
        parts.append(long)
    schema = {"sheet_no": pl.UInt32, "row": pl.Int64, "field": pl.String, "figure": pl.Float64}
    return (
        pl.concat([pl.DataFrame(schema=schema), *parts])
        .sort("sheet_no", "field", "row")
        .with_columns(upto=pl.col("figure").fill_null(0.0).cum_sum().over("sheet_no", "field"))
        .drop("figure")
    )


def _shown(value: pl.Expr) -> pl.Expr:
    return value.round(2).cast(pl.String).str.strip_suffix(".0")
