"""Texts nearly the same as last year's, or as another society's (defect 42)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.intake.crosscheck.fingerprints import shingles
from models.intake.crosscheck.holdings import Holdings, text_fields
from models.intake.crosscheck.settings import settings
from models.intake.frames import as_findings, no_findings

PLACE = ["family", "field"]


def copied_texts(accepted: Mapping[str, pl.DataFrame], held: Holdings) -> pl.DataFrame:
    """D42 on texts of this batch: against the society's own of the year before, then against the peers’."""
    said = settings()["similarity"]
    mine = [
        accepted[family].select(
            "sheet_no", "row", "society_id", "report_year",
            family=pl.lit(family), field=pl.lit(field), text=pl.col(field),
        )
        for family, field in text_fields() if family in accepted
    ]  # fmt: skip
    if not mine:
        return no_findings()
    here = pl.concat(mine).filter(pl.col("text").str.len_chars() >= said["minimum_length"])
    if here.is_empty():
        return no_findings()
    years = here.select(year=pl.concat_list("report_year", pl.col("report_year") - 1)).explode("year")["year"]
    recent = held.texts.filter(pl.col("report_year").is_in(years.unique().implode()))
    known = recent.join(here, on=["society_id", "report_year"], how="anti").select(
        pl.lit(None, pl.UInt32).alias("sheet_no"), pl.lit(None, pl.Int64).alias("row"),
        pl.all().exclude("sheet_no", "row"),
    )  # fmt: skip
    every = pl.concat([here, known.select(here.columns)], how="vertical_relaxed").with_row_index("text_no")
    bands = held.fingerprints.bands(every["text"])
    every = every.join(bands, on="text", maintain_order="left")
    pairs = pl.concat([_years(every), _peers(every)]).join(
        every.drop_nulls("sheet_no").select("text_no"), on="text_no", how="semi"
    )
    close = _jaccard(pairs, every, said["shingle"]).filter(pl.col("jaccard") >= said["threshold"])
    told = (
        close.sort("text_no", "variant", "other")  # last year's ("") before a peer's
        .unique("text_no", keep="first", maintain_order=True)
        .join(every, on="text_no", maintain_order="left")
        .join(every.select(other="text_no", a="society_id"), on="other", maintain_order="left")
        .drop_nulls("sheet_no")
    )
    return as_findings(
        told.select("sheet_no", "row", "family", "field", "variant", "a", value="text"),
        code="D42",
        verdict="W",
    )


def _years(every: pl.DataFrame) -> pl.DataFrame:
    """text_no, other, variant: texts beside the same society's of the year before."""
    before = every.select(*PLACE, "society_id", report_year=pl.col("report_year") + 1, other="text_no")
    return every.join(before, on=[*PLACE, "society_id", "report_year"]).select(
        "text_no", "other", variant=pl.lit("")
    )


def _peers(every: pl.DataFrame) -> pl.DataFrame:
    """Likely pairs of different societies: texts that share a band of their MinHash signature.

    Each text is put beside the first of the bucket, the first beside the second society's: a text that
    ten thousand societies copied makes ten thousand pairs, not fifty million. Only buckets that hold a text
    of this batch are looked into.
    """
    bucket = ["band", "hash", *PLACE]
    columns = ["text_no", "society_id", "sheet_no", *PLACE]
    bands = every.select(*columns, "band", hash="bands").explode("band", "hash")
    bands = bands.join(bands.drop_nulls("sheet_no").select(bucket).unique(), on=bucket, how="semi")
    crowded = bands.filter(pl.col("society_id").n_unique().over(bucket) > 1).sort("text_no")
    first = pl.col("text_no").first().over(bucket)
    chief = pl.col("society_id").first().over(bucket)
    is_own = pl.col("society_id") == chief
    second = pl.col("text_no").filter(~is_own).first().over(bucket)
    return (
        crowded.select("text_no", other=pl.when(is_own).then(second).otherwise(first))
        .unique()
        .with_columns(variant=pl.lit("peer"))
    )


def _jaccard(pairs: pl.DataFrame, every: pl.DataFrame, size: int) -> pl.DataFrame:
    """`pairs` with the exact Jaccard index of the two sets of shingles of that size."""
    paired = pl.concat([pairs["text_no"], pairs["other"]]).unique().implode()
    runs = shingles(every.filter(pl.col("text_no").is_in(paired)), size)
    sizes = runs.group_by("text_no").len("size")
    theirs = runs.select(other="text_no", hash="hash")
    both = (
        pairs.select("text_no", "other").unique().join(runs, on="text_no")
        .join(theirs, on=["other", "hash"]).group_by("text_no", "other").len("both")
    )  # fmt: skip
    return (
        pairs.join(both, on=["text_no", "other"])
        .join(sizes, on="text_no")
        .join(sizes.select(other="text_no", other_size="size"), on="other")
        .with_columns(
            jaccard=pl.col("both") / (pl.col("size").cast(pl.Int64) + pl.col("other_size") - pl.col("both"))
        )
    )
