"""What a file's cover says, applied to every row of the file; and what a bad cover does to them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from data_contracts.contract import load_contracts
from models.intake.cleaning.clean import Cleaned
from models.intake.frames import as_findings, workbook_layout
from models.intake.headers import COVER, families
from models.intake.layout import Layout
from models.intake.widening import Answers

# Without these a file belongs to no society, no year, no template: nothing in it can be used.
IDENTIFYING = ("society_id", "report_year", "template_version")


def cover_answers(answers: Answers) -> pl.DataFrame:
    """The covers as a wide frame like the others, at row 0 of their sheet."""
    return answers.cover.drop("file_id").with_columns(row=pl.lit(0, pl.Int64))


def covers(answers: Answers, cleaned: Cleaned) -> pl.DataFrame:
    """file_id, sheet_no and the cover's typed fields, one row a file that has a cover."""
    typed = cleaned.typed[COVER]
    return answers.cover.select("file_id", "sheet_no").with_columns(typed.drop("sheet_no", "row"))


def apply_cover(
    typed: Mapping[str, pl.DataFrame], cover: pl.DataFrame, sheets: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Give each row of a file the cover's values in the columns the contract takes from it.

    Rows of files without a cover keep what their own columns say.
    """
    files = sheets.select("sheet_no", "file_id")
    known = cover.select(
        "file_id", pl.lit(True).alias("has_cover"), *(f.name for f in families()[COVER].fields)
    )
    done: dict[str, pl.DataFrame] = {}
    for name, frame in typed.items():
        fields = [f for f in families()[name].fields if f.from_cover]
        if name == COVER or not fields or cover.is_empty():
            done[name] = frame
            continue
        said = files.join(
            known.select("file_id", "has_cover", *(pl.col(f.name).alias(f"cover_{f.name}") for f in fields)),
            on="file_id",
        ).drop("file_id")
        done[name] = (
            frame.join(said, on="sheet_no", how="left", maintain_order="left")
            .with_columns(
                pl.when("has_cover").then(f"cover_{f.name}").otherwise(f.name).alias(f.name) for f in fields
            )
            .select(frame.columns)
        )
    reports = done.get("annual_reports")
    if reports is not None and not cover.is_empty():
        done["annual_reports"] = _with_words(reports, cleaned_words(cover), files)
    return done


def cleaned_words(cover: pl.DataFrame) -> pl.DataFrame:
    """file_id and the names of cover fields answered 不适用 or 未统计."""
    return cover.select("file_id", na="not_applicable_fields", nc="not_counted_fields")


def _with_words(reports: pl.DataFrame, words: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    joined = reports.join(files, on="sheet_no", maintain_order="left").join(
        words, on="file_id", how="left", maintain_order="left"
    )
    return joined.with_columns(
        not_applicable_fields=pl.col("not_applicable_fields").list.concat(pl.col("na").fill_null([])),
        not_counted_fields=pl.col("not_counted_fields").list.concat(pl.col("nc").fill_null([])),
    ).select(reports.columns)


def check_covers(cover: pl.DataFrame, layout: Layout, wide_cover: pl.DataFrame) -> pl.DataFrame:
    """D37 for an old template; S12 for a report without its table 1."""
    said = workbook_layout()
    old = cover.filter(
        pl.col("template_version").is_not_null()
        & ~pl.col("template_version").is_in(said["accepted_versions"])
    ).select("sheet_no", value="template_version", row=pl.lit(0, pl.Int64))
    filed = layout.rows.filter((pl.col("family") == "annual_reports") & (pl.col("kind") == "data")).join(
        layout.sheets.select("sheet_no", "file_id"), on="sheet_no"
    )
    lacking = cover.join(filed, on="file_id", how="anti").select("sheet_no")
    report = load_contracts()["annual_reports"]
    return pl.concat(
        [
            as_findings(
                old,
                family=COVER,
                field="template_version",
                code="D37",
                verdict="R",
                a=said["template_version"],
            ),
            as_findings(lacking, code="S12", verdict="W", a=report.zh),
        ]
    )


def follow_cover(
    findings: pl.DataFrame, data: pl.DataFrame, sheets: pl.DataFrame, cover: pl.DataFrame
) -> pl.DataFrame:
    """S02 for the rows of files whose cover, or whose report, cannot be taken at all.

    Args:
        findings: so far; those on covers have family `cover`.
        data: sheet_no, row, family of every data row.
        sheets: sheet_no, file_id.
        cover: file_id of the files that have one.
    """
    files = sheets.select("sheet_no", "file_id")
    on_cover = findings.filter(
        (pl.col("family") == COVER)
        & pl.col("verdict").is_in(["R", "Q"])
        & (pl.col("field").is_in(IDENTIFYING) | (pl.col("verdict") == "Q") & (pl.col("code") != "D38"))
    )
    unknown = findings.filter(
        (pl.col("family") == "annual_reports") & (pl.col("code") == "S03") & (pl.col("verdict") == "R")
    )
    spoilt = (
        pl.concat([on_cover.select("sheet_no", "verdict"), unknown.select("sheet_no", "verdict")])
        .join(files, on="sheet_no")
        .group_by("file_id")
        .agg(verdict=pl.col("verdict").sort().first())  # Q sorts before R
    )
    rows = data.join(files, on="sheet_no", maintain_order="left")
    followers = (
        rows.filter(pl.col("family").is_null() | (pl.col("family") != "annual_reports"))
        .join(spoilt, on="file_id", maintain_order="left")
        .select("sheet_no", "row", "family", "verdict")
    )
    # Tables that take society and year from a cover, in a file that has none and does not say itself.
    society_only = [n for n, c in load_contracts().items() if c.origins == frozenset({"society"})]
    homeless = (
        rows.filter(pl.col("family").is_in(society_only))
        .join(cover.select("file_id"), on="file_id", how="anti", maintain_order="left")
        .select("sheet_no", "row", "family")
    )
    return pl.concat(
        [
            as_findings(followers, code="S02"),
            as_findings(homeless, code="S02", verdict="R", variant="no_cover"),
        ]
    )
