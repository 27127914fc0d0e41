"""The restatement log as it is read: its words, and the list handed out (更正记录)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# What the code of an item is a code of.
CODES = {"indicator": "indicator", "state": "indicator", "dimension": "dimension", "fact": "family"}
# Items with numbers, and how many decimals they show.
DIGITS = {"indicator": 1, "dimension": 1, "score": 1, "rank": 0, "fact": 0}


@cache
def restatement_texts() -> dict[str, Any]:
    """restatements.yaml: causes, families, items, presence, listing."""
    import yaml

    path = Path(__file__).with_name("restatements.yaml")
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def listing(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """What the run restates: the columns of `restatements` in columns.yaml, and two of codes.

    `item_code` and `item_of` are the codes behind `item` and `code`. Societies whose own facts changed first;
    of each, in the order of restatements.yaml.
    """
    import polars as pl

    texts = {name: text[lang] for name, text in restatement_texts()["listing"].items()}
    rows = con.sql("from restatements").pl()
    names = con.sql(
        "select society_id, name from societies union select society_id, name from not_assessed"
    ).pl()
    labels = con.sql(f"select kind, code, {lang} as text from labels").pl()
    order = {item: n for n, item in enumerate(restatement_texts()["items"])}
    kind = pl.col("item").replace_strict(CODES, default=None, return_dtype=pl.String)
    named = (
        rows.with_columns(kind=kind, position=pl.col("item").replace_strict(order, return_dtype=pl.Int64))
        .join(names.unique("society_id"), on="society_id", how="left")
        .join(labels.rename({"text": "code_text"}), on=["kind", "code"], how="left")
    )
    value_kind = pl.col("item")
    for end in ("before", "after"):
        found = labels.rename({"kind": "item", "code": end, "text": f"{end}_text"})
        named = named.join(found, on=["item", end], how="left").with_columns(
            pl.coalesce(f"{end}_text", end, _number(pl.col(f"{end}_number"), value_kind, texts)).alias(end)
        )
    causes = dict(labels.filter(pl.col("kind") == "cause").select("code", "text").iter_rows())
    items = {item: text[lang] for item, text in restatement_texts()["items"].items()}
    has_code = pl.col("item").is_in(["indicator", "state", "dimension"])
    return named.with_columns(
        first=~pl.col("is_direct").max().over("society_id"),
        title=pl.when(has_code)
        .then(pl.concat_str("code", pl.lit(" "), "code_text", ignore_nulls=True))
        .otherwise(pl.coalesce("code_text", "code")),
    ).sort("first", "society_id", "position", "code").select(
        "society_id",
        "name",
        pl.col("item").alias("item_code"),
        pl.col("code").alias("item_of"),
        pl.col("item").replace(items),
        pl.col("title").alias("code"),
        "before",
        "after",
        pl.col("causes").list.eval(pl.element().replace(causes)).list.join(texts["stop"]),
        pl.when("is_direct").then(pl.lit(texts["own"])).otherwise(pl.lit(texts["outside"])).alias("scope"),
        pl.col("files").list.join(texts["stop"]),
    )  # fmt: skip


def _number(value: pl.Expr, item: pl.Expr, texts: dict[str, str]) -> pl.Expr:
    """A number as text with the decimals of its item; facts are so many rows."""
    import polars as pl

    rows = pl.format(texts["rows"].replace("{n}", "{}"), value.cast(pl.Int64))
    shown = pl.lit(None, pl.String)
    for digits in sorted(set(DIGITS.values())):
        these = [name for name, n in DIGITS.items() if n == digits]
        number = value.round(digits) if digits else value.cast(pl.Int64)
        shown = pl.when(item.is_in(these)).then(number.cast(pl.String)).otherwise(shown)
    return pl.when(item == "fact").then(rows).otherwise(shown)
