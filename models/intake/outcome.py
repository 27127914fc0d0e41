"""Findings to verdicts, and the four ledgers of a judged batch: accepted, rows, findings, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import load_contracts
from models.errors import FengqingError
from models.intake.covers import IDENTIFYING
from models.intake.frames import Grid, SourceFile, as_findings, workbook_layout
from models.intake.headers import COVER
from models.intake.layout import Layout
from models.intake.telling import tell
from models.intake.widening import Answers
from models.ledger import ROW_ID_LENGTH

AT = ["sheet_no", "row"]
VERDICTS = {"accepted": None, "returned": "R", "quarantined": "Q"}


@dataclass(frozen=True)
class Judged:
    """What became of a batch.

    `accepted`: by family, in `Contract.polars_schema()`. `rows`: file_id, sheet, row, verdict, family,
    non_data_kind, row_id of every row read. `findings`: file_id, sheet, row, col, field, header, code,
    verdict, value, repaired, message_zh, message_en, society_id, report_year. `files`: file_id, name,
    origin, society_id, report_year, revision, status, rows_read, accepted, returned, quarantined,
    non_data.
    """

    accepted: dict[str, pl.DataFrame]
    rows: pl.DataFrame
    findings: pl.DataFrame
    files: pl.DataFrame


def verdicts(findings: pl.DataFrame, data: pl.DataFrame, sheets: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, row, family, verdict of data rows.

    Quarantine outweighs return. A finding without a row counts for its whole sheet, one without a
    sheet for the whole file; one on the cover for the annual report.
    """
    grave = findings.filter(pl.col("verdict").is_in(["R", "Q"])).select(
        "sheet_no", "row", "family", "verdict"
    )
    files = sheets.select("sheet_no", "file_id", "sheet")
    on_cover = grave.filter(pl.col("family") == COVER).join(files, on="sheet_no").select("file_id", "verdict")
    of_rows = grave.filter((pl.col("family") != COVER).fill_null(True))
    by_row = of_rows.drop_nulls("row").select(*AT, "verdict")
    whole = of_rows.filter(pl.col("row").is_null()).join(files, on="sheet_no")
    by_sheet = whole.filter(pl.col("sheet") != "").select("sheet_no", "verdict")
    by_file = whole.filter(pl.col("sheet") == "").select("file_id", "verdict")
    reports = data.join(files, on="sheet_no").filter(pl.col("family") == "annual_reports")
    everything = pl.concat(
        [
            by_row,
            data.select(AT).join(by_sheet, on="sheet_no").select(*AT, "verdict"),
            data.select(AT).join(files, on="sheet_no").join(by_file, on="file_id").select(*AT, "verdict"),
            reports.join(on_cover, on="file_id").select(*AT, "verdict"),
        ]
    )
    worst = everything.group_by(AT).agg(letter=pl.col("verdict").sort().first())  # Q sorts before R
    names = {letter: name for name, letter in VERDICTS.items() if letter}
    return (
        data.join(worst, on=AT, how="left", maintain_order="left")
        .with_columns(verdict=pl.col("letter").replace_strict(names, default="accepted"))
        .select(*AT, "family", "verdict")
    )


def assemble(  # noqa: PLR0913, PLR0917 - everything that was gathered on the way
    files: Sequence[SourceFile],
    grid: Grid,
    layout: Layout,
    answers: Answers,
    cover: pl.DataFrame,
    typed: Mapping[str, pl.DataFrame],
    findings: pl.DataFrame,
    taken: Mapping[str, pl.DataFrame],
) -> Judged:
    """The ledgers. Checks that the rows of each file add up."""
    all_rows = pl.concat([layout.rows, answers.rows])
    data = all_rows.filter(pl.col("kind") == "data").drop("kind")
    judged = verdicts(findings, data, layout.sheets)
    rows = _rows(all_rows, judged, layout.sheets)
    empty = _without_tables(files, grid, data, layout)
    findings = pl.concat([findings, empty])
    about = _files(files, grid, layout, cover, typed, rows, findings)
    check_row_equation(about)
    return Judged(
        accepted={name: _accepted(name, frame, layout.sheets) for name, frame in taken.items()},
        rows=rows.drop("sheet_no"),
        findings=tell(findings, layout, answers, typed, about),
        files=about,
    )


def check_row_equation(files: pl.DataFrame) -> None:
    """Rows read = accepted + returned + quarantined + non-data, for every file.

    Raises:
        FengqingError: it does not hold.
    """
    wrong = files.filter(
        pl.col("rows_read") != pl.sum_horizontal("accepted", "returned", "quarantined", "non_data")
    )
    if wrong.height:
        name = wrong["name"][0]
        raise FengqingError(
            "row_equation",
            f"“{name}”等{wrong.height}个文件的行数不平：读入行数不等于各类判定之和。请保留文件并报告。",
            f"Rows of {wrong.height} file(s), “{name}” first, do not add up. Keep the files and report this.",
        )


def _rows(all_rows: pl.DataFrame, judged: pl.DataFrame, sheets: pl.DataFrame) -> pl.DataFrame:
    is_data = pl.col("kind") == "data"
    row_id = pl.format("{}/{}/{}", pl.col("file_id").str.slice(0, ROW_ID_LENGTH), "sheet", "row")
    return (
        all_rows.join(sheets.select("sheet_no", "file_id", "sheet"), on="sheet_no", maintain_order="left")
        .join(judged.select(*AT, "verdict"), on=AT, how="left", maintain_order="left")
        .select(
            "sheet_no",
            "file_id",
            "sheet",
            "row",
            verdict=pl.when(is_data).then("verdict").otherwise(pl.lit("non_data")),
            family=pl.when(is_data & (pl.col("family") != COVER)).then("family"),
            non_data_kind=pl.when(~is_data).then("kind"),
            row_id=pl.when(is_data).then(row_id),
        )
    )


def _accepted(name: str, frame: pl.DataFrame, sheets: pl.DataFrame) -> pl.DataFrame:
    schema = load_contracts()[name].polars_schema()
    return (
        frame.join(sheets.select("sheet_no", "file_id", "sheet"), on="sheet_no", maintain_order="left")
        .with_columns(
            row_id=pl.format("{}/{}/{}", pl.col("file_id").str.slice(0, ROW_ID_LENGTH), "sheet", "row"),
            source_file="file_id",
            source_sheet="sheet",
            source_row="row",
        )
        .select(pl.col(n).cast(t) for n, t in schema.items())
    )


def _without_tables(
    files: Sequence[SourceFile], grid: Grid, data: pl.DataFrame, layout: Layout
) -> pl.DataFrame:
    """S11 for files that could be read and hold no row of data."""
    bearing = layout.sheets.join(data.select("sheet_no").unique(), on="sheet_no", how="semi")[
        "file_id"
    ].to_list()
    known = {*bearing, *grid.refused}
    lost = [f.file_id for f in files if f.file_id not in known]
    first = (
        layout.sheets.filter(pl.col("file_id").is_in(lost)).unique("file_id", keep="first").select("sheet_no")
    )
    return as_findings(first, code="S11", verdict="R", a=workbook_layout()["template_version"])


def _files(  # noqa: PLR0913, PLR0917
    files: Sequence[SourceFile],
    grid: Grid,
    layout: Layout,
    cover: pl.DataFrame,
    typed: Mapping[str, pl.DataFrame],
    rows: pl.DataFrame,
    findings: pl.DataFrame,
) -> pl.DataFrame:
    sheets = layout.sheets
    # Counted from what was read, not from what was judged: the equation must be able to fail.
    read_rows = pl.concat(
        [
            grid.cells.join(sheets.filter(~pl.col("is_csv")), on="sheet_no", how="semi").select(AT).unique(),
            *(t.select("sheet_no", pl.col("row")) for t in grid.tables),
        ]
    ).join(sheets.select("sheet_no", "file_id"), on="sheet_no")
    counts = rows.group_by("file_id").agg(
        *((pl.col("verdict") == v).sum().cast(pl.Int64).alias(v) for v in (*VERDICTS, "non_data"))
    )
    spoilt = findings.filter(
        (pl.col("verdict").is_in(["R", "Q"]))
        & ((pl.col("family") == COVER) & pl.col("field").is_in(IDENTIFYING) | (pl.col("code") == "S11"))
    ).join(sheets.select("sheet_no", "file_id"), on="sheet_no")["file_id"]
    said = cover.select("file_id", "society_id", "report_year", "revision", origin=pl.lit("society"))
    names = pl.DataFrame(
        [(f.file_id, f.name) for f in files], schema={"file_id": pl.String, "name": pl.String}, orient="row"
    )
    origins = pl.concat([said, _of_tables(typed, sheets, said)], how="diagonal")
    return (
        names.join(origins, on="file_id", how="left", maintain_order="left")
        .join(read_rows.group_by("file_id").len("rows_read"), on="file_id", how="left", maintain_order="left")
        .join(counts, on="file_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("rows_read", *VERDICTS, "non_data").cast(pl.Int64).fill_null(0),
            status=pl.when(pl.col("file_id").is_in([*spoilt.to_list(), *grid.refused]))
            .then(pl.lit("refused"))
            .otherwise(pl.lit("current")),
        )
        .select(
            "file_id", "name", "origin", "society_id", "report_year", "revision", "status", "rows_read",
            *VERDICTS, "non_data",
        )
    )  # fmt: skip


def _of_tables(typed: Mapping[str, pl.DataFrame], sheets: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """file_id, origin, and society and year where all rows of the file agree, of files without a cover."""
    parts = [
        frame.select(
            "sheet_no",
            society_id=pl.col("society_id") if "society_id" in frame.columns else pl.lit(None, pl.String),
            report_year="report_year",
            origin=pl.lit(_origin(name)),
        )
        for name, frame in typed.items()
        if name != COVER
    ]
    schema = {"sheet_no": pl.UInt32, "society_id": pl.String, "report_year": pl.Int64, "origin": pl.String}
    rows = pl.concat([pl.DataFrame(schema=schema), *parts]).join(
        sheets.select("sheet_no", "file_id"), on="sheet_no"
    )

    def only(name: str) -> pl.Expr:
        values = pl.col(name).drop_nulls()
        return pl.when(values.n_unique() == 1).then(values.first()).alias(name)

    return (
        rows.join(said, on="file_id", how="anti")
        .group_by("file_id")
        .agg(only("society_id"), only("report_year"), origin=pl.col("origin").sort().first())
    )


def _origin(family: str) -> str:
    """Who sends a table that comes without a cover."""
    origins = load_contracts()[family].origins
    return next(o for o in ("authority", "checkin", "society") if o in origins)
