"""`fengqing runs`: the published runs of this home."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models.clock import in_beijing
from pipelines.options import HomeOption, JsonOption, LangOption, console, print_json, say


def runs(home: HomeOption = None, as_json: JsonOption = False, lang: LangOption = "zh") -> None:
    """列出已发布的评估 · List the published runs, newest first."""
    from rich.table import Table

    from models.home import Home
    from models.publication.snapshot import list_runs

    found = list_runs(Home.resolve(home))
    if as_json:
        print_json([one | {"created_at": _in_utc(one["created_at"])} for one in found])
        return
    columns = {
        "run_id": say(lang, "运行编号", "Run"),
        "year": say(lang, "年度", "Year"),
        "created_at": say(lang, "发布时间（北京时间）", "Published (Beijing time)"),
        "is_current": say(lang, "现行", "Current"),
        "previous_run_id": say(lang, "上年度运行", "Year before"),
        "restates_run_id": say(lang, "更正的运行", "Restates"),
        "is_provisional": say(lang, "试评", "Provisional"),
    }
    table = Table()
    for title in columns.values():
        table.add_column(title)
    damaged = say(lang, "无法读取（文件损坏）", "cannot be read (damaged)")
    for one in found:
        shown = {name: _shown(one[name], lang) for name in columns}
        table.add_row(*(shown if one["is_readable"] else shown | {"created_at": damaged}).values())
    console().print(table)


def _in_utc(moment: datetime | None) -> str | None:
    """For machines: with its zone."""
    return None if moment is None else f"{moment.isoformat()}Z"


def _shown(value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return say(lang, "是", "yes") if value else ""
    if isinstance(value, datetime):
        return f"{in_beijing(value):%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
