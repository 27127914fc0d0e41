"""Evidence that cannot be opened: not delivered, promised for later, or on a netdisk (defect 36)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from data_contracts.contract import load_contracts
from models.intake.crosscheck.holdings import Holdings
from models.intake.crosscheck.settings import settings
from models.intake.frames import as_findings, no_findings

FIELD = "evidence"


def missing(
    accepted: Mapping[str, pl.DataFrame], sheets: pl.DataFrame, names: pl.DataFrame, held: Holdings
) -> pl.DataFrame:
    """D36, found without a network.

    A cited file is missed only where others that the same file cites came along with it, in the same
    folder or archive: attachments sent by other ways cannot be seen here.
    """
    said = settings()["attachments"]
    netdisk = "|".join(map(re.escape, said["netdisks"]))
    pending = "|".join(map(re.escape, said["pending"]))
    rows = [
        frame.select("sheet_no", "row", family=pl.lit(name), value=pl.col(FIELD)).drop_nulls("value")
        for name, frame in accepted.items()
        if FIELD in {f.name for f in load_contracts()[name].fields}
    ]
    if not rows:
        return no_findings()
    cited = pl.concat(rows)
    text = pl.col("value").str.to_lowercase()
    on_netdisk = cited.filter(text.str.contains(netdisk))
    promised = cited.filter(text.str.contains(pending) & ~text.str.contains(netdisk))
    return pl.concat(
        [
            as_findings(on_netdisk, field=FIELD, code="D36", verdict="W", variant="netdisk"),
            as_findings(promised, field=FIELD, code="D36", verdict="W"),
            as_findings(
                _undelivered(cited, sheets, names, held),
                field=FIELD,
                code="D36",
                verdict="W",
                variant="absent",
            ),
        ]
    )


def _undelivered(
    cited: pl.DataFrame, sheets: pl.DataFrame, names: pl.DataFrame, held: Holdings
) -> pl.DataFrame:
    suffixes = "|".join(settings()["attachments"]["suffixes"])
    items = (
        cited.with_columns(attachment=pl.col("value").str.split("、"))
        .explode("attachment")
        .with_columns(pl.col("attachment").str.strip_chars().str.to_lowercase())
        .filter(pl.col("attachment").str.contains(rf"^[^/]+\.(?:{suffixes})$"))
    )
    if items.is_empty():
        return cited.clear()
    known = pl.concat([names.select("file_id", "name"), held.files.select("file_id", "name")]).unique()
    placed = known.select(
        "file_id",
        folder=pl.col("name").str.replace(r"[^/]*$", ""),
        attachment=pl.col("name").str.extract(rf"(?i)([^/]+\.(?:{suffixes}))$").str.to_lowercase(),
    )
    delivered = placed.drop_nulls("attachment").select("folder", "attachment", came=pl.lit(True)).unique()
    beside = (
        items.join(sheets.select("sheet_no", "file_id"), on="sheet_no")
        .join(placed.select("file_id", "folder").unique("file_id"), on="file_id")
        .join(delivered, on=["folder", "attachment"], how="left", maintain_order="left")
    )
    return (
        beside.filter(pl.col("came").any().over("file_id") & pl.col("came").is_null())
        .select("sheet_no", "row", "family", value="attachment")
        .unique(maintain_order=True)
    )
