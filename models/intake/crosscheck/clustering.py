"""Figures that are round too often, and dates crowded at the end of quarters (defect 43)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from models.intake.crosscheck.settings import settings
from models.intake.frames import as_findings, no_findings

KEY = ["society_id", "report_year"]


def clustered(accepted: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """D43 on the first row of a society whose figures or dates cluster. Nil is not counted as round."""
    said = settings()["clustering"]
    found = [no_findings()]
    for family, names in said["figures"].items():
        if family in accepted:
            found.append(_rounded(accepted[family], family, names, said))
    for family, name in said["dates"].items():
        if family in accepted:
            found.append(_at_quarter_ends(accepted[family], family, name, said))
            found.append(_at_year_end(accepted[family], family, name, said["year_end"]))
    return pl.concat(found)


def _rounded(frame: pl.DataFrame, family: str, names: list[str], said: dict[str, Any]) -> pl.DataFrame:
    figures = (
        frame.unpivot(names, index=[*KEY, "sheet_no", "row"], value_name="figure")
        .filter(pl.col("figure") > 0)
        .with_columns(is_hit=pl.col("figure") % said["round_to"] == 0)
    )
    return _told(figures, said["minimum_figures"], said["share"], family, names[0], "rounded")


def _at_quarter_ends(frame: pl.DataFrame, family: str, name: str, said: dict[str, Any]) -> pl.DataFrame:
    day = pl.col(name)
    left = (day.dt.truncate("1q").dt.offset_by("1q") - day).dt.total_days()
    dates = frame.drop_nulls(name).with_columns(is_hit=left <= said["quarter_end_days"])
    return _told(dates, said["minimum_dates"], said["share"], family, name, "quarter_end")


def _at_year_end(frame: pl.DataFrame, family: str, name: str, said: dict[str, Any]) -> pl.DataFrame:
    """A whole year's activities in its last days: few need be there for that to be odd."""
    left = (pl.date(pl.col(name).dt.year(), 12, 31) - pl.col(name)).dt.total_days()
    dates = frame.drop_nulls(name).with_columns(is_hit=left < said["days"])
    crowded = dates.filter(pl.col("is_hit").sum().over(KEY) >= said["minimum"])
    return _told(crowded, said["minimum"], said["share"], family, name, "year_end")


def _told(  # noqa: PLR0913, PLR0917 - what is counted, from when on, and where it is told
    frame: pl.DataFrame, minimum: int, share: float, family: str, field: str, variant: str
) -> pl.DataFrame:
    counted = frame.sort("sheet_no", "row").group_by(KEY, maintain_order=True).agg(
        pl.col("sheet_no", "row").first(), n=pl.len(), hits=pl.col("is_hit").sum()
    )  # fmt: skip
    odd = counted.filter((pl.col("n") >= minimum) & (pl.col("hits") >= share * pl.col("n")))
    return as_findings(
        odd.select("sheet_no", "row", a=pl.col("hits").cast(pl.String), b=pl.col("n").cast(pl.String)),
        family=family, field=field, code="D43", verdict="W", variant=variant,
    )  # fmt: skip
