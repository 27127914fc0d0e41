"""Rows against the rows they belong to: a child whose parent was not accepted is returned (S03)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from data_contracts.contract import Contract, Relationship, load_contracts
from models.intake.frames import as_findings

SHOWN = 200
# Parents that the cover of a file stands for: the report itself is checked, its tables follow it.
ON_COVER = ("annual_reports", "societies")


def parent_keys(
    relationship: Relationship,
    accepted: Mapping[str, pl.DataFrame],
    known: Mapping[str, pl.DataFrame] | None,
) -> list[pl.DataFrame]:
    """The keys a child may name: accepted in this batch, and before. None of them when nothing is known."""
    columns = list(relationship.to_columns)
    family = relationship.to_family
    return [
        frames[family].select(columns)
        for frames in (accepted, known or {})
        if family in frames and set(columns) <= set(frames[family].columns)
    ]


def missing_parents(
    typed: pl.DataFrame,
    contract: Contract,
    accepted: Mapping[str, pl.DataFrame],
    known: Mapping[str, pl.DataFrame] | None,
    exempt: pl.DataFrame,
) -> pl.DataFrame:
    """S03 for rows whose parent is not there.

    `exempt` (sheet_no) are sheets whose society and year the cover answers for. Without a warehouse
    (`known` is None, or lacks the family) only parents whose society and year were filed in this batch can
    be missed.
    """
    found = []
    for relationship in contract.relationships:
        keys = parent_keys(relationship, accepted, known)
        if not keys:
            continue
        columns = list(relationship.columns)
        rows = typed
        if relationship.to_family in ON_COVER and contract.name != "annual_reports":
            rows = rows.join(exempt, on="sheet_no", how="anti", maintain_order="left")
        if known is None or relationship.to_family not in known:
            scope = ["society_id", "report_year"]
            filed = pl.concat([k.select(scope) for k in keys], how="vertical_relaxed")
            rows = rows.join(filed, on=scope, how="semi", maintain_order="left")
        orphans = rows.drop_nulls(columns)
        for parents in keys:
            right = parents.rename(dict(zip(relationship.to_columns, columns, strict=True)))
            orphans = orphans.join(right, on=columns, how="anti", maintain_order="left")
        parent = load_contracts()[relationship.to_family]
        last = columns[-1] if len(columns) > 2 else columns[0]
        found.append(
            as_findings(
                orphans.select("sheet_no", "row", value=pl.col(last).cast(pl.String).str.slice(0, SHOWN)),
                family=contract.name, field=last, code="S03", verdict="R", a=parent.zh, b=parent.en,
            )
        )  # fmt: skip
    empty = as_findings(typed.select("sheet_no").clear(), code="S03", verdict="R")
    return pl.concat([empty, *found])
