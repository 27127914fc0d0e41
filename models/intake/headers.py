"""Header texts to contract fields: one table derived from the contracts, and one way to compare texts."""

from __future__ import annotations

from functools import cache

import polars as pl

from data_contracts.contract import Contract, load_contracts

FULL_WIDTH = (*(chr(c) for c in range(0xFF01, 0xFF5F)), "\u3000")
HALF_WIDTH = (*(chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)), " ")
INVISIBLE = r"[\s\u{00a0}\u{200b}-\u{200f}\u{feff}]"
UNIT_SUFFIX = r"\(([^()]*)\)$"
COVER = "cover"


def normalised(text: pl.Expr) -> pl.Expr:
    """Half-width, without white space, without the colon or asterisk that forms put beside a label."""
    half = text.str.replace_many(list(FULL_WIDTH), list(HALF_WIDTH))
    return half.str.replace_all(INVISIBLE, "").str.strip_chars(":*")


def cover_fields() -> Contract:
    """The annual report's contract narrowed to the fields that the cover holds, named `cover`."""
    from dataclasses import replace

    report = load_contracts()["annual_reports"]
    return replace(
        report, name=COVER, fields=tuple(f for f in report.fields if f.from_cover), rules=(), relationships=()
    )


@cache
def families() -> dict[str, Contract]:
    """All contracts, and the cover as if it were one."""
    return {**load_contracts(), COVER: cover_fields()}


@cache
def header_table() -> pl.DataFrame:
    """Every header of every family: family, field, label (normalised), rank, is_group.

    `rank` is 0 for the contract's own header and grows along the aliases; a group cell of a two-row
    header has no field.
    """
    rows: list[tuple[str, str | None, str, int, bool]] = []
    for name, contract in families().items():
        for f in contract.fields:
            rows += [(name, f.name, header, rank, False) for rank, header in enumerate(f.headers)]
        groups = {f.header_group for f in contract.fields if f.header_group}
        rows += [(name, None, group, 99, True) for group in sorted(groups)]
    schema = {
        "family": pl.String, "field": pl.String, "label": pl.String, "rank": pl.Int32, "is_group": pl.Boolean,
    }  # fmt: skip
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(normalised(pl.col("label")))
    # A header may be written without the unit that the contract's alias carries in brackets.
    bare = table.with_columns(pl.col("label").str.replace(UNIT_SUFFIX, ""))
    return pl.concat([table, bare]).unique(["family", "field", "label"], keep="first", maintain_order=True)


def match(values: pl.DataFrame) -> pl.DataFrame:
    """Which distinct values are headers: value_no, family, field, rank, is_group, unit.

    A value can be a header of several families. `unit` is what it carries in brackets, if anything.
    """
    texts = values.select("value_no", label=normalised(pl.col("text"))).filter(
        pl.col("label").str.len_chars() <= 40
    )
    unit = texts.with_columns(unit=pl.col("label").str.extract(UNIT_SUFFIX, 1))
    whole = unit.join(header_table(), on="label")
    bare = (
        unit.filter(pl.col("unit").is_not_null())
        .join(whole, on="value_no", how="anti")
        .with_columns(pl.col("label").str.replace(UNIT_SUFFIX, ""))
        .join(header_table(), on="label")
    )
    columns = ("value_no", "family", "field", "rank", "is_group", "unit")
    return pl.concat([whole.select(columns), bare.select(columns)])


@cache
def sheet_hints() -> pl.DataFrame:
    """Sheet names by which a family may be known: label (normalised), family."""
    rows = [(sheet, name) for name, c in load_contracts().items() for sheet in c.sheets]
    frame = pl.DataFrame(rows, schema={"label": pl.String, "family": pl.String}, orient="row")
    return frame.with_columns(normalised(pl.col("label")))
