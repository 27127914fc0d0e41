"""Shingles of texts and their MinHash signatures, by which texts that are nearly alike meet."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.intake.crosscheck.settings import settings

BANDS, ROWS = 16, 4
# Fixed, so that the same texts meet in the same bands in every run.
SEED = 20230090


class Fingerprints:
    """Signatures of texts, each text's worked out once, however often it is looked at.

    They depend on the text alone, so they outlive a batch: kept through an ingest, a batch costs what its own
    texts cost, not what the whole year's do.
    """

    def __init__(self) -> None:
        self._known = pl.DataFrame(
            schema={"text": pl.String, "band": pl.List(pl.Int32), "bands": pl.List(pl.UInt64)}
        )

    def bands(self, texts: pl.Series) -> pl.DataFrame:
        """text, band, bands: of each distinct text that has shingles, its bands' numbers and their hashes."""
        wanted = pl.DataFrame({"text": texts.unique(maintain_order=True)})
        new = wanted.join(self._known, on="text", how="anti", maintain_order="left")
        if new.height:
            self._known = pl.concat([self._known, _signed(new)])
        return self._known.join(wanted, on="text", how="semi").drop_nulls("bands")


def _signed(texts: pl.DataFrame) -> pl.DataFrame:
    numbered = texts.with_row_index("text_no")
    signed = _bands(shingles(numbered, settings()["similarity"]["shingle"]))
    lists = signed.group_by("text_no", maintain_order=True).agg("band", bands="hash")
    return numbered.join(lists, on="text_no", how="left", maintain_order="left").drop("text_no")


def shingles(texts: pl.DataFrame, size: int) -> pl.DataFrame:
    """text_no, hash: the distinct runs of `size` characters of each text, white space and marks left out."""
    bare = texts.select("text_no", text=pl.col("text").str.replace_all(r"[\s\p{P}]", ""))
    starts = bare.with_columns(
        at=pl.int_ranges(0, (pl.col("text").str.len_chars().cast(pl.Int64) - size + 1).clip(0))
    ).explode("at")
    return (
        starts.drop_nulls("at")
        .select("text_no", hash=pl.col("text").str.slice(pl.col("at"), size).hash(SEED))
        .unique(maintain_order=True)
    )


def _bands(runs: pl.DataFrame) -> pl.DataFrame:
    """text_no, band, hash: the MinHash signature of each text, a hash a band."""
    ordered = runs.sort("text_no")
    numbers, starts = np.unique(ordered["text_no"].to_numpy(), return_index=True)
    values = ordered["hash"].to_numpy()
    rng = np.random.default_rng(SEED)
    odd = rng.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    shift = rng.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)
    if not len(values):
        return pl.DataFrame(schema={"text_no": pl.UInt32, "band": pl.Int32, "hash": pl.UInt64})
    # Multiplication modulo 2^64: one hash function a line of the signature.
    signature = np.stack(
        [np.minimum.reduceat(values * m + c, starts) for m, c in zip(odd, shift, strict=True)]
    )
    parts = []
    for band in range(BANDS):
        lines = pl.DataFrame(dict(zip("abcd", signature[band * ROWS : (band + 1) * ROWS], strict=True)))
        parts.append(
            pl.DataFrame({"text_no": numbers}).with_columns(
                pl.lit(band, pl.Int32).alias("band"),
                lines.select(hash=pl.struct(pl.all()).hash(SEED))["hash"],
            )
        )
    return pl.concat(parts)
