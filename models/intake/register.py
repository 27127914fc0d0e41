"""Reports against the register: is the society known, and is the name its own (defects 10, 11, 13)?"""

from __future__ import annotations

import polars as pl

from models.intake.frames import as_findings

BRANCH = r"(专业委员会|专委会|工作委员会|分会|分支机构|代表处|研究部)$"
KEY = ["society_id", "report_year"]
REGISTER_COLUMNS = (*KEY, "name", "former_names")


def register_of(known: pl.DataFrame | None, accepted: pl.DataFrame | None) -> pl.DataFrame | None:
    """The register to judge by: rows accepted before and in this batch. None if there is neither."""
    parts = [f.select(REGISTER_COLUMNS) for f in (accepted, known) if f is not None and f.height]
    if not parts and known is None:
        return None
    if not parts:
        assert known is not None
        return known.select(REGISTER_COLUMNS)
    return pl.concat(parts).unique(KEY, keep="first", maintain_order=True)


def check_names(covers: pl.DataFrame, register: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Names on covers against the register.

    Args:
        covers: file_id, sheet_no, society_id, report_year, name.
        register: society_id, report_year, name, former_names.

    Returns:
        file_id and the register's name for the reports filed under another name; findings on the
        cover (family `cover`, row 0).
    """
    named = covers.drop_nulls([*KEY, "name"]).join(
        register.rename({"name": "registered"}), on=KEY, maintain_order="left"
    )
    differing = named.filter(pl.col("name") != pl.col("registered"))
    # The name of another body of the same year: the code, not the name, is the mistake.
    owners = register.select("report_year", "name", owner="society_id").unique(["report_year", "name"])
    differing = differing.join(
        owners, on=["report_year", "name"], how="left", maintain_order="left"
    ).with_columns(is_former=pl.col("former_names").list.contains(pl.col("name")).fill_null(False))
    is_other = pl.col("owner").is_not_null() & ~pl.col("is_former")
    is_branch = (
        ~pl.col("is_former")
        & ~is_other
        & pl.col("name").str.starts_with(pl.col("registered"))
        & pl.col("name").str.contains(BRANCH)
    )
    differing = differing.with_columns(
        code=pl.when("is_former")
        .then(pl.lit("D11"))
        .when(is_branch)
        .then(pl.lit("D13"))
        .otherwise(pl.lit("D10")),
        verdict=pl.when(is_other | is_branch).then(pl.lit("Q")).otherwise(pl.lit("W")),
    ).with_columns(
        variant=pl.when((pl.col("code") == "D10") & (pl.col("verdict") == "W"))
        .then(pl.lit("unlike"))
        .otherwise(pl.lit("")),
        is_kept=pl.col("verdict") == "W",
    )
    found = differing.select(
        "sheet_no", "code", "verdict", "variant",
        row=pl.lit(0, pl.Int64), field=pl.lit("name"), value="name",
        repaired=pl.when("is_kept").then("registered"),
        a=pl.when(pl.col("code") == "D13").then("registered").otherwise("society_id"),
        b="registered",
    )  # fmt: skip
    renamed = differing.filter("is_kept").select("file_id", "registered")
    return renamed, as_findings(found, family="cover")
