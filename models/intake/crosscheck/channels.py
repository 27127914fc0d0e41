"""One society through two channels, and cities listed again under their province (defects 12, 34)."""

from __future__ import annotations

from functools import cache

import polars as pl

from data_contracts.contract import load_contracts
from models.intake.crosscheck.holdings import Holdings
from models.intake.frames import as_findings, no_findings
from models.intake.headers import COVER, normalised

KEY = ["society_id", "report_year"]
NATIONAL = "000000"


def register_lines(register: pl.DataFrame, sheets: pl.DataFrame, held: Holdings) -> pl.DataFrame:
    """Findings on rows of registers whose reporting line cannot be.

    D34 where the level and the line disagree, where the code says a city with separate planning and the
    line its province, or where both of them list the society: the city's row holds then. D12 where two
    other lines list it: which holds, people must settle.

    Args:
        register: typed rows of `societies` with sheet_no and row.
        sheets: sheet_no, file_id.
        held: the registers of earlier batches.
    """
    line = pl.col("reporting_line")
    is_national = pl.col("level") == "national"
    unfit = register.filter(is_national != (line == NATIONAL)).with_columns(other=pl.lit(None, pl.String))
    listed = register.join(
        sheets.select("sheet_no", source_file="file_id"), on="sheet_no", maintain_order="left"
    )
    place = pl.col("society_id").str.slice(2, 6)
    in_province = listed.filter(place.is_in(list(_provinces())) & (line == _province_of(place)))
    in_province = in_province.with_columns(variant=pl.lit("twice"), other=place)
    elsewhere = held.registers.join(listed.select("source_file").unique(), on="source_file", how="anti")
    everywhere = pl.concat(
        [
            listed.select(*KEY, "sheet_no", "row", "reporting_line"),
            elsewhere.select(*KEY, pl.lit(None, pl.UInt32).alias("sheet_no"),
                             pl.lit(None, pl.Int64).alias("row"), "reporting_line"),
        ],
        how="vertical_relaxed",
    )  # fmt: skip
    pairs = (
        listed.join(everywhere.select(*KEY, other="reporting_line").unique(maintain_order=True), on=KEY)
        .drop_nulls(["reporting_line", "other"])
        .filter(line != pl.col("other"))
    )
    is_city = _province_of(line) == pl.col("other")
    is_province = _province_of(pl.col("other")) == line
    repeated = pl.concat([in_province.select(*pairs.columns, "variant"),
                          pairs.filter(is_province).with_columns(variant=pl.lit("twice"))])  # fmt: skip
    contested = pairs.filter(~is_city.fill_null(False) & ~is_province.fill_null(False))
    return pl.concat([_told("D34", unfit), _told("D34", repeated), _told("D12", contested)])


def _told(code: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Findings on rows of a register; `other` is the line that lists the society too, if that is it."""
    labels = _labels()
    told = frame.with_columns(
        pl.col(n).replace_strict(labels, default=pl.col(n)) for n in ("reporting_line", "other")
    ).select(
        "sheet_no", "row", *(["variant"] if "variant" in frame.columns else []),
        value="reporting_line", a="other", b="reporting_line",
    )  # fmt: skip
    return as_findings(told, family="societies", field="reporting_line", code=code, verdict="Q")


def two_channels(
    cover: pl.DataFrame, names: pl.DataFrame, units: pl.DataFrame, held: Holdings
) -> pl.DataFrame:
    """D12, or D34, on the covers of reports that reached us through two channels.

    A channel is a folder or an archive, in the name under which a file came, that is called after a
    reporting line or a unit. Files under no such name say nothing of their channel.

    Args:
        cover: file_id, sheet_no, society_id, report_year.
        names: file_id, name of the files of this batch.
        units: name of the units accepted in this batch.
        held: files and units of earlier batches.
    """
    known = pl.concat([units.select("name"), held.units]).unique(maintain_order=True)
    mine = cover.drop_nulls(KEY).join(channels(names, known), on="file_id", maintain_order="left")
    if mine.is_empty():
        return no_findings()
    earlier = (
        held.files.filter(pl.col("status") == "current")
        .join(mine.select(KEY).unique(), on=KEY, how="semi", maintain_order="left")
        .join(mine.select("file_id"), on="file_id", how="anti", maintain_order="left")
    )
    before = earlier.join(channels(earlier.select("file_id", "name"), known), on="file_id")
    others = pl.concat([f.select(*KEY, other="channel") for f in (mine, before)]).unique(maintain_order=True)
    pairs = mine.join(others, on=KEY).filter(pl.col("channel") != pl.col("other"))
    is_city = (_province_of(pl.col("channel")) == pl.col("other")).fill_null(False)
    is_province = (_province_of(pl.col("other")) == pl.col("channel")).fill_null(False)
    labels = _labels()
    told = pairs.filter(~is_city).with_columns(
        code=pl.when(is_province).then(pl.lit("D34")).otherwise(pl.lit("D12")),
        variant=pl.when(is_province).then(pl.lit("twice")).otherwise(pl.lit("")),
        row=pl.lit(0, pl.Int64), value=pl.col("society_id"),
        a=pl.col("other").replace_strict(labels, default=pl.col("other")),
        b=pl.col("channel").replace_strict(labels, default=pl.col("channel")),
    )  # fmt: skip
    return as_findings(
        told.select("sheet_no", "row", "code", "variant", "value", "a", "b"),
        family=COVER, field="society_id", verdict="Q",
    )  # fmt: skip


def channels(names: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """file_id, channel: a reporting line's code or a unit's name, of the files whose path names one."""
    spelt = pl.DataFrame(
        [(s, code) for code, zh in _labels().items() for s in _spellings(code, zh)],
        schema={"part": pl.String, "channel": pl.String}, orient="row",
    )  # fmt: skip
    known = pl.concat([spelt, units.select(part=normalised(pl.col("name")), channel="name")])
    folders = pl.col("name").str.replace(r"/?[^/]*$", "").str.split("/")
    bare = pl.col("part").str.replace(r"(?i)\.(zip|7z|rar)!?$", "")
    parts = names.select("file_id", part=folders).explode("part").with_columns(part=normalised(bare))
    named = parts.join(known.unique("part"), on="part", maintain_order="left")
    return named.unique("file_id", keep="last", maintain_order=True).select("file_id", "channel")


@cache
def _labels() -> dict[str, str]:
    return {v.code: v.zh for v in load_contracts()["societies"].field("reporting_line").enum}


def _spellings(code: str, zh: str) -> set[str]:
    value = next(v for v in load_contracts()["societies"].field("reporting_line").enum if v.code == code)
    return {zh, f"{zh}省", f"{zh}市", *value.aliases}


@cache
def _provinces() -> dict[str, str]:
    """Cities with separate planning and their provinces, by the codes of the reporting lines."""
    return {c: c[:2] + "0000" for c in _labels() if c.isdigit() and not c.endswith("0000")}


def _province_of(code: pl.Expr) -> pl.Expr:
    return code.replace_strict(_provinces(), default=None, return_dtype=pl.String)
