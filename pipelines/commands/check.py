"""`fengqing check`: judge files before they are sent, change nothing, say what to correct and where."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.options import HomeOption, JsonOption, LangOption, print_json, say

if TYPE_CHECKING:
    from models.intake.check import FileReport

# Verdict letter: words in both languages, style. The grave ones first.
LETTERS = {
    "Q": ("隔离", "set aside", "bold red"),
    "R": ("退回", "returned", "red"),
    "W": ("提示", "warning", "yellow"),
    "A": ("已修正", "repaired", "dim"),
}
NO_REGISTER = (
    "未比对学会名册（没有已入库的名册）：代码是否在册、旧名称、他人代码和分支机构均未核对，收件时核对。",
    "No register was consulted (none has been ingested): whether the code is registered, former names, codes "
    "of other bodies and branches were not checked; intake checks them.",
)
COUNTS = {
    "accepted": ("接收", "accepted"),
    "returned": ("退回", "returned"),
    "quarantined": ("隔离", "set aside"),
    "non_data": ("非数据", "not data"),
}


def check(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: Annotated[list[Path], typer.Argument(help="待检查的文件或目录 · files or folders to check")],
    home: HomeOption = None,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="退回补正件的目录，默认与原文件同处 · folder of return workbooks"),
    ] = None,
    no_return: Annotated[
        bool, typer.Option("--no-return", help="不写退回补正件 · write no return workbook")
    ] = False,
) -> None:
    """报送前自查文件，不入库；有误的写出退回补正件 · Check files before they are sent; nothing is loaded."""
    from models.home import Home
    from models.intake.check import check as check_files

    reports = check_files(files, Home.resolve(home))
    written = [None] * len(reports) if no_return else _give_back(reports, out, lang)
    if as_json:
        print_json(
            [{**_as_json(r), "return": str(p) if p else None} for r, p in zip(reports, written, strict=True)]
        )
    else:
        for report, path in zip(reports, written, strict=True):
            _show(report, lang)
            if path:
                typer.echo(say(lang, "退回补正件：", "Return workbook: ") + str(path))
        if not all(r.is_register_consulted for r in reports):
            typer.echo(say(lang, *NO_REGISTER), err=True)
    if not all(r.is_clean for r in reports):
        raise typer.Exit(1)


def _give_back(reports: "list[FileReport]", out: Path | None, lang: str) -> list[Path | None]:
    """Write the return workbook of each file in which anything is returned; its path, or None."""
    from collections import Counter
    from datetime import date

    import polars as pl

    from models.publication.returns import write_return
    from models.publication.returns.deadline import due_on

    names = Counter(report.path.name for report in reports)
    written: list[Path | None] = []
    for report in reports:
        if report.is_clean:
            written.append(None)
            continue
        # Files of one name from several folders may meet in one.
        name = f"{report.file_id[:8]}_{report.path.name}" if out and names[report.path.name] > 1 else None
        found = pl.DataFrame(report.findings, infer_schema_length=None)
        due = due_on(date.today(), report.report_year)
        written.append(write_return(report.path, found, out or report.path.parent, lang, due, name))
    return written


def _as_json(report: "FileReport") -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(report), "is_clean": report.is_clean}


def _show(report: "FileReport", lang: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from models.intake.sheetxml import column_letters

    console = Console(highlight=False)
    counts = " · ".join(f"{say(lang, *words)} {report.rows[name]}" for name, words in COUNTS.items())
    refused = say(lang, "未受理 · ", "refused · ") if report.status == "refused" else ""
    read = say(lang, f"读入 {report.rows['rows_read']} 行：", f"{report.rows['rows_read']} rows read: ")
    # Text, not markup: names and values are the sender's, brackets and all.
    console.print(Text(str(report.path), "bold"), Text(f"{refused}{read}{counts}"), sep="\n")
    if not report.findings:
        console.print(Text(say(lang, "未发现问题。", "Nothing to correct."), "green"))
        return
    table = Table(show_edge=False, pad_edge=False)
    for zh, en in (
        ("判定", "verdict"),
        ("代码", "code"),
        ("位置", "place"),
        ("列名", "column"),
        ("说明", "message"),
    ):
        table.add_column(say(lang, zh, en), overflow="fold", no_wrap=zh in ("判定", "代码"))
    order = list(LETTERS)
    for finding in sorted(report.findings, key=lambda f: order.index(f["verdict"])):
        zh, en, style = LETTERS[finding["verdict"]]
        column = column_letters(finding["col"]) if finding["col"] else ""
        place = f"{finding['sheet'] or ''} {column}{finding['row'] or ''}".strip()
        cells = (
            say(lang, zh, en),
            finding["code"],
            place,
            finding["header"] or "",
            finding[f"message_{lang}"],
        )
        table.add_row(*(Text(cell, style) for cell in cells))
    console.print(table)
