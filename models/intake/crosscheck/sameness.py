"""The same document filed twice: under two kinds, or by two societies (S16)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.intake.crosscheck.holdings import DOCUMENT, Holdings
from models.intake.frames import as_findings, no_findings

FAMILY = "documents"


def same_documents(accepted: Mapping[str, pl.DataFrame], held: Holdings) -> pl.DataFrame:
    """S16 on documents whose checksum another one has.

    The same document of the same kind in another year of the same society is no repetition.
    """
    here = accepted.get(FAMILY)
    if here is None or here["doc_sha256"].null_count() == here.height:
        return no_findings()
    mine = here.drop_nulls("doc_sha256").select("sheet_no", "row", *DOCUMENT)
    known = held.documents.join(mine, on=["society_id", "report_year"], how="anti").select(
        pl.lit(None, pl.UInt32).alias("sheet_no"), pl.lit(None, pl.Int64).alias("row"), *DOCUMENT
    )
    every = pl.concat([mine, known], how="vertical_relaxed").with_columns(
        doc_sha256=pl.col("doc_sha256").str.to_lowercase()
    )
    lists = every.group_by("doc_sha256").agg(
        societies=pl.col("society_id").n_unique(), kinds=pl.col("doc_type").n_unique(),
        within=pl.struct("society_id", "report_year").is_duplicated().any(),
        titles=pl.struct("society_id", "doc_id", "title"),
    )  # fmt: skip
    twice = every.drop_nulls("sheet_no").join(
        lists.filter((pl.col("societies") > 1) | (pl.col("kinds") > 1) | pl.col("within")),
        on="doc_sha256", maintain_order="left",
    )  # fmt: skip
    other = (
        twice.explode("titles")
        .filter(
            (pl.col("titles").struct.field("society_id") != pl.col("society_id"))
            | (pl.col("titles").struct.field("doc_id") != pl.col("doc_id"))
        )
        .unique(["sheet_no", "row"], keep="first", maintain_order=True)
    )
    twin = pl.col("titles").struct
    other_title = twin.field("society_id") + " " + twin.field("title")
    return as_findings(
        other.select("sheet_no", "row", value="title", a=other_title),
        family=FAMILY, field="doc_sha256", code="S16", verdict="W",
    )  # fmt: skip
