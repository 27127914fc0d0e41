"""Options that every command shares, and how a command speaks: a table, a line, or JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

# A pipe or a file has no width: wide enough that no file name or sheet is broken over two lines.
PIPE_WIDTH = 200

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="FENGQING_HOME", help="状态目录，默认 var/ · where state lives"),
]
LangOption = Annotated[
    str, typer.Option("--lang", envvar="FENGQING_LANG", help="zh 或 en · output language", metavar="zh|en")
]
RunOption = Annotated[str | None, typer.Option("--run-id", help="运行编号 · run, default: the latest year's")]
YearOption = Annotated[int | None, typer.Option("--year", help="报告年度 · report year")]
RestrictedOption = Annotated[
    bool,
    typer.Option(
        "--restricted",
        help="限有权查阅案件者：数值准确，含案件行 · for those cleared: exact figures, rows of cases",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="机器可读输出 · machine-readable output")]


def print_json(value: Any) -> None:
    """One JSON document on standard output; dates and paths as text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def console(**options: Any) -> Console:
    """Standard output for tables: as wide as the terminal, or wide when it is a pipe or a file.

    `options` are rich's own.
    """
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, **options)


def withheld(lang: str, *, restricted: bool) -> str | None:
    """What is said below figures of a run that hold small counts of cases back; None where they do not."""
    from models.publication.coarse import rules

    return None if restricted else str(rules()["notice"]["en" if lang == "en" else "zh"])


def say(lang: str, zh: str, en: str) -> str:
    """The Chinese or the English text."""
    return en if lang == "en" else zh
