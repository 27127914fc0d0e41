"""Sessions beside those of other societies, their rosters and one another (defect 27, S15, S17)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.intake.crosscheck.holdings import SESSION, Holdings
from models.intake.crosscheck.settings import settings
from models.intake.frames import as_findings, no_findings

FAMILY = "education_sessions"
ROSTER = "education_attendance"
ID = ["society_id", "report_year", "session_id"]
SAME = ["label", "held_on", "mode"]


def double_reports(accepted: Mapping[str, pl.DataFrame], held: Holdings) -> pl.DataFrame:
    """D27 on the organiser's row of a session that its host reports too.

    Where the organiser's row came earlier, on the host's. The same name, day, mode and, roughly, number
    of participants: names alone are often those of a nationwide programme.
    """
    here = accepted.get(FAMILY)
    if here is None or here.is_empty():
        return no_findings()
    said = settings()["double_report"]
    mine = _compared(here.select("sheet_no", "row", *SESSION))
    known = _compared(held.sessions.join(here, on=["society_id", "report_year"], how="anti"))
    known = known.select(pl.lit(None, pl.UInt32).alias("sheet_no"), pl.lit(None, pl.Int64).alias("row"),
                         pl.all().exclude("sheet_no", "row"))  # fmt: skip
    every = pl.concat([mine, known.select(mine.columns)], how="vertical_relaxed")
    every = every.join(_names(accepted, held), on="society_id", how="left", maintain_order="left")
    hosts = every.filter(pl.col("role").is_in(said["host_roles"]))
    others = every.filter(pl.col("role").is_in(said["other_roles"]))
    pairs = others.join(hosts, on=SAME, suffix="_host").filter(
        (pl.col("society_id") != pl.col("society_id_host")) & _alike(said["figures_within"])
    )
    theirs = pairs.drop_nulls("sheet_no").select("sheet_no", "row", value="name", a="who_host")
    late = pairs.filter(pl.col("sheet_no").is_null() & pl.col("sheet_no_host").is_not_null()).select(
        sheet_no="sheet_no_host", row="row_host", value="name_host", a="who"
    )
    return as_findings(
        pl.concat([theirs, late]).unique(["sheet_no", "row"], keep="first", maintain_order=True),
        family=FAMILY, field="name", code="D27", verdict="W",
    )  # fmt: skip


def _compared(frame: pl.DataFrame) -> pl.DataFrame:
    bare = pl.col("name").str.replace_all(r"[\s\p{P}]", "")
    return frame.with_columns(
        label=bare, total=pl.sum_horizontal("onsite_n", "online_unique_n", ignore_nulls=True)
    )


def _alike(within: float) -> pl.Expr:
    a, b = pl.col("total").cast(pl.Float64), pl.col("total_host").cast(pl.Float64)
    return (a - b).abs() <= within * pl.max_horizontal(a, b)


def _names(accepted: Mapping[str, pl.DataFrame], held: Holdings) -> pl.DataFrame:
    """society_id, who: what a society is called, or its code where nobody has said."""
    said = [f.select("society_id", who="name") for n in ("societies", "annual_reports")
            if (f := accepted.get(n)) is not None]  # fmt: skip
    earlier = [held.registers.select("society_id", who="name")]
    return pl.concat([*said, *earlier]).unique("society_id", keep="first", maintain_order=True)


def rosters(accepted: Mapping[str, pl.DataFrame], held: Holdings) -> pl.DataFrame:
    """S15 on the first line of a roster that holds clearly more or fewer persons than the session had."""
    roster, here = accepted.get(ROSTER), accepted.get(FAMILY)
    if roster is None or roster.is_empty():
        return no_findings()
    said = settings()["roster"]
    figures = [*ID, "onsite_n", "online_unique_n"]
    parts = [f.select(figures) for f in (here, held.sessions) if f is not None]
    known = pl.concat(parts, how="vertical_relaxed").unique(ID, keep="first", maintain_order=True)
    counted = roster.group_by(ID, maintain_order=True).agg(
        n=pl.col("person_key").n_unique().cast(pl.Int64),
        sheet_no=pl.col("sheet_no").first(),
        row=pl.col("row").first(),
    )
    total = pl.col("onsite_n") + pl.col("online_unique_n")
    beside = counted.join(known, on=ID, maintain_order="left").with_columns(total=total).drop_nulls("total")
    gap = (pl.col("n") - pl.col("total")).abs()
    off = beside.filter(
        (pl.col("n") >= said["minimum"]) & (gap > said["slack"]) & (gap > said["within"] * pl.col("total"))
    )
    return as_findings(
        off.select("sheet_no", "row", value="session_id", a=pl.col("n").cast(pl.String),
                   b=pl.col("total").cast(pl.String)),
        family=ROSTER, field="session_id", code="S15", verdict="W",
    )  # fmt: skip


def split_sessions(accepted: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """S17 on the later rows of a session that its society seems to have filed as several.

    Two rows have one name but for its serial number, and either all figures alike or the day.
    """
    here = accepted.get(FAMILY)
    if here is None or here.is_empty():
        return no_findings()
    said = settings()["split_session"]
    people = pl.sum_horizontal("onsite_n", "online_unique_n", ignore_nulls=True)
    society = ["society_id", "report_year"]
    known = (
        here.filter(people >= said["minimum"])
        .sort("sheet_no", "row")
        .with_columns(
            stem=pl.col("name").str.replace_all(said["serials"], "").str.replace_all(r"[\s\p{P}]", "")
        )
    )
    found = [no_findings()]
    for variant, alike in (("figures", ["stem", "mode", *said["figures"]]), ("day", ["held_on", "stem"])):
        first = pl.col("session_id").first().over(*society, *alike)
        again = known.with_columns(first=first).filter(pl.col("session_id") != pl.col("first"))
        found.append(
            as_findings(
                again.select("sheet_no", "row", value="session_id", a="first"),
                family=FAMILY, field="session_id", code="S17", verdict="W", variant=variant,
            )
        )  # fmt: skip
    return pl.concat(found).unique(["sheet_no", "row"], keep="first", maintain_order=True)
