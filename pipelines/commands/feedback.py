"""`fengqing feedback`: the two-page feedback sheet of one society, or of all."""

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
    withheld,
)


def feedback(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: Annotated[Path, typer.Option("--out", help="输出目录 · folder for the sheets")],
    society: Annotated[
        list[str] | None,
        typer.Option(
            "--society", help="统一社会信用代码，可多次；不写则全部 · credit code, repeatable; default: all"
        ),
    ] = None,
    is_restricted: RestrictedOption = False,
    run_id: RunOption = None,
    year: YearOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """写出学会反馈单（Word）· Write societies' feedback sheets (Word)."""
    from contextlib import closing

    from models.home import Home
    from models.publication.feedback import write_all
    from models.publication.handout import open_handout
    from pipelines.progress import bars, current

    codes = [one.strip().upper() for one in society] if society else None
    opened = open_handout(Home.resolve(home), run_id, year, restricted=is_restricted)
    with closing(opened) as con, bars(lang):
        written = write_all(con, out, codes, lang, current())
    if as_json:
        print_json(written)
        return
    typer.echo(
        say(lang, f"已写出 {len(written)} 份反馈单：{out}", f"Feedback sheets: {len(written)}, in {out}")
    )
    if notice := withheld(lang, restricted=is_restricted):
        typer.echo(notice)
