"""Reports against the register: is the society known, and is the name its own (defects 10, 11, 13)?"""

from __future__ import annotations

import polars as pl

from models.intake.crosscheck.settings import settings
from models.intake.frames import as_findings
from models.intake.headers import COVER

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
    # A branch is told of by `branches`.
    differing = differing.filter(pl.col("is_former") | is_other | ~pl.col("name").str.contains(_branch()))
    differing = differing.with_columns(
        code=pl.when("is_former").then(pl.lit("D11")).otherwise(pl.lit("D10")),
        verdict=pl.when(is_other).then(pl.lit("Q")).otherwise(pl.lit("W")),
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
        a="society_id",
        b="registered",
    )  # fmt: skip
    renamed = differing.filter("is_kept").select("file_id", "registered")
    return renamed, as_findings(found, family="cover")


def branches(covers: pl.DataFrame, register: pl.DataFrame | None) -> pl.DataFrame:
    """D13 on covers that a branch filled in under its own name, the parent's or any other code.

    A branch is known by the end of its name, unless the register has the code under just that name or
    knew it by it before.

    Args:
        covers: sheet_no, society_id, report_year, name.
        register: society_id, report_year, name, former_names; None where there is none.
    """
    named = covers.drop_nulls("name").filter(pl.col("name").str.contains(_branch()))
    if register is not None and named.height:
        own = register.select(
            *KEY, name=pl.concat_list("name", pl.col("former_names").fill_null([])), is_own=pl.lit(True)
        ).explode("name")
        named = named.join(own.unique(), on=[*KEY, "name"], how="anti", maintain_order="left")
        registered = register.select(*KEY, parent="name").unique(KEY)
        named = named.join(registered, on=KEY, how="left", maintain_order="left")
    else:
        named = named.with_columns(parent=pl.lit(None, pl.String))
    # The beginning of the name that is a society's; as registered, where the code is the parent's.
    said = pl.col("name").str.extract(_branch())
    is_of = pl.col("name").str.starts_with(pl.col("parent")).fill_null(False)
    return as_findings(
        named.select(
            "sheet_no", row=pl.lit(0, pl.Int64), value="name", a=pl.when(is_of).then("parent").otherwise(said)
        ),
        family=COVER, field="name", code="D13", verdict="Q",
    )  # fmt: skip


def _branch() -> str:
    """A society's name, then a branch's: the first group is the society."""
    said = settings()
    return rf"^(.*(?:{'|'.join(said['bodies'])})).*(?:{'|'.join(said['branches'])})$"
