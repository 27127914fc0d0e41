"""`fengqing export`: write a run's lists again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import (
    HomeOption,
    JsonOption,
    LangOption,
    RestrictedOption,
    RunOption,
    YearOption,
    print_json,
    say,
)


def export(  # noqa: PLR0913, PLR0917 - one parameter an option
    run_id: RunOption = None,
    year: YearOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="输出目录 · folder, default: <home>/exports/<run>")
    ] = None,
    approval_no: Annotated[
        str | None,
        typer.Option(
            "--approval-no",
            envvar="FENGQING_APPROVAL_NO",
            help="批准文号，填写后公示稿方可排名 · approval number that allows a ranked public list",
        ),
    ] = None,
    is_restricted: RestrictedOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """导出一览表、推荐名单与公示稿 · Write the yearly table, the internal list and the public list."""
    from models.home import Home
    from models.publication.exports import export as write

    written = write(Home.resolve(home), run_id, year, out, approval_no, restricted=is_restricted)
    if as_json:
        print_json(written)
        return
    typer.echo(say(lang, f"已导出 {len(written)} 个文件：", f"Files written: {len(written)}"))
    for path in written:
        typer.echo(f"  {path}")
