"""`fengqing runs`: the published runs of this home."""

from __future__ import annotations

from typing import Any

from pipelines.options import HomeOption, JsonOption, LangOption, console, print_json, say


def runs(home: HomeOption = None, as_json: JsonOption = False, lang: LangOption = "zh") -> None:
    """列出已发布的评估 · List the published runs, newest first."""
    from rich.table import Table

    from models.home import Home
    from models.publication.snapshot import list_runs

    found = list_runs(Home.resolve(home))
    if as_json:
        print_json(found)
        return
    columns = {
        "run_id": say(lang, "运行编号", "Run"),
        "year": say(lang, "年度", "Year"),
        "created_at": say(lang, "发布时间", "Published"),
        "is_current": say(lang, "现行", "Current"),
        "previous_run_id": say(lang, "上年度运行", "Year before"),
        "restates_run_id": say(lang, "更正的运行", "Restates"),
        "is_provisional": say(lang, "试评", "Provisional"),
    }
    table = Table()
    for title in columns.values():
        table.add_column(title)
    for one in found:
        table.add_row(*(_shown(one[name], lang) for name in columns))
    console().print(table)


def _shown(value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return say(lang, "是", "yes") if value else ""
    return "" if value is None else str(value)
