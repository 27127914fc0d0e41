"""`fengqing audit`: read the audit log, checked against its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.options import HomeOption, JsonOption, LangOption, console, print_json, say

if TYPE_CHECKING:
    from models.audit import Entry


def audit(
    last: Annotated[int, typer.Option("--last", min=1, help="最近多少条 · how many of the newest")] = 50,
    who: Annotated[str | None, typer.Option("--who", help="只看此人 · of this person only")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """查看审计日志，并核对是否被改动 · Read the audit log and check that nobody changed it."""
    from collections import deque

    from rich.table import Table

    from models.audit import entries
    from models.home import Home
    from models.visible import visible

    # Read to the end, whoever is asked for: every line is checked.
    checked = 0
    found: deque[Entry] = deque(maxlen=last)
    for one in entries(Home.resolve(home)):
        checked = one.number
        if who is None or one.who == who:
            found.append(one)
    if as_json:
        print_json([one.as_dict() for one in found])
        return
    table = Table()
    for zh, en in (("序号", "No."), ("时间（UTC）", "When (UTC)"), ("何人", "Who"), ("角色", "Role"),
                   ("操作", "Action"), ("对象", "What"), ("运行", "Run")):  # fmt: skip
        table.add_column(say(lang, zh, en))
    for one in found:
        texts = (one.who, one.role, one.action, one.what, one.run_id or "")
        table.add_row(str(one.number), one.at[:19], *map(visible, texts))
    # Names and addresses are data: no mark-up in them, and no escape sequence.
    out = console(markup=False, highlight=False)
    out.print(table)
    out.print(say(lang, f"共 {checked} 行，逐行核对无误。", f"{checked} lines in all; the chain holds."))
