"""`fengqing check`: judge files before they are sent, change nothing, say what to correct and where."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.options import HomeOption, JsonOption, LangOption, print_json, say

if TYPE_CHECKING:
    from models.intake.check import FileReport

# Verdict letter: words in both languages, style. The grave ones first.
LETTERS = {
    "Q": ("隔离", "quarantined", "bold red"),
    "R": ("退回", "returned", "red"),
    "W": ("提示", "warning", "yellow"),
    "A": ("已修正", "repaired", "dim"),
}
COUNTS = {
    "accepted": ("接收", "accepted"),
    "returned": ("退回", "returned"),
    "quarantined": ("隔离", "quarantined"),
    "non_data": ("非数据", "not data"),
}


def check(
    files: Annotated[list[Path], typer.Argument(help="待检查的文件或目录 · files or folders to check")],
    home: HomeOption = None,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """报送前自查文件，不入库 · Check files before they are sent; nothing is loaded."""
    from models.home import Home
    from models.intake.check import check as check_files

    reports = check_files(files, Home.resolve(home))
    if as_json:
        print_json([_as_json(r) for r in reports])
    else:
        for report in reports:
            _show(report, lang)
    if not all(r.is_clean for r in reports):
        raise typer.Exit(1)


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
    read = say(lang, f"读入 {report.rows['rows_read']} 行", f"{report.rows['rows_read']} rows read")
    # Text, not markup: names and values are the sender's, brackets and all.
    console.print(Text(str(report.path), "bold"), Text(f"{refused}{read}：{counts}"), sep="\n")
    if not report.findings:
        console.print(Text(say(lang, "未发现问题。", "Nothing to correct."), "green"))
        return
    table = Table(show_edge=False, pad_edge=False)
    for zh, en in (
        ("判定", "verdict"),
        ("代码", "code"),
        ("位置", "place"),
        ("列名", "header"),
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
