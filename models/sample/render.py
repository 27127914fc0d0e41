"""From coded frames to what people write: Chinese labels, 是/否, joined lists, 不适用 and 未统计."""

from __future__ import annotations

import polars as pl

from data_contracts.contract import Contract, Field
from models.sample.words import layout

STATE = "__state"  # suffix of the column that says why a value is absent


def rendered(contract: Contract, frame: pl.DataFrame, keep: tuple[str, ...] = ("soc",)) -> pl.DataFrame:
    """The contract's fields in order, as written in files; `keep` names further columns to carry along.

    Numbers and dates keep their type unless the column holds words for absence.
    """
    fields = [_written(field, frame) for field in contract.fields]
    kept = [name for name in keep if name in frame.columns]
    return frame.select(*kept, *fields)


def _written(field: Field, frame: pl.DataFrame) -> pl.Expr:
    if field.name not in frame.columns:
        return pl.lit(None, pl.String).alias(field.name)
    value = pl.col(field.name)
    written: pl.Expr
    labels = {e.code: e.zh for e in field.enum}
    match field.kind:
        case "boolean":
            words = layout()["words"]
            written = pl.when(value).then(pl.lit(words["yes"][0])).when(~value).then(pl.lit(words["no"][0]))
        case "array":
            items = value.list.eval(pl.element().replace_strict(labels)) if labels else value
            written = items.list.join(layout()["list_separator"])
        case "string" if labels:
            written = value.replace_strict(labels)
        case _:
            written = value
    state = field.name + STATE
    if state not in frame.columns:
        return written.alias(field.name)
    words = {code: layout()["words"][code][0] for code in ("not_applicable", "not_counted")}
    said = pl.col(state).replace_strict(words)
    # The column now holds figures and words: its figures travel as text and `cells` makes them numbers again.
    return pl.coalesce(said, written.cast(pl.String)).alias(field.name)


def cells(field: Field, column: pl.Series) -> list[object]:
    """A rendered column as cell values: figures and dates as such, words as text."""
    values = column.to_list()
    if column.dtype == pl.String and field.kind == "integer":
        return [int(v) if v is not None and v.isdigit() else v for v in values]
    return values
