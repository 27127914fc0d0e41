"""Options that every command shares, and how a command speaks: a table, a line, or JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="FENGQING_HOME", help="状态目录，默认 var/ · where state lives"),
]
LangOption = Annotated[
    str, typer.Option("--lang", envvar="FENGQING_LANG", help="zh 或 en · output language", metavar="zh|en")
]
JsonOption = Annotated[bool, typer.Option("--json", help="机器可读输出 · machine-readable output")]


def print_json(value: Any) -> None:
    """One JSON document on standard output; dates and paths as text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def say(lang: str, zh: str, en: str) -> str:
    """The Chinese or the English text."""
    return en if lang == "en" else zh
