"""`fengqing sensitivity`: which uncertainty a run's ranks and selection, or one society's score, hang on."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.options import (
    HomeOption,
    JsonOption,
    LangOption,
    RestrictedOption,
    RunOption,
    YearOption,
    console,
    print_json,
    say,
)

if TYPE_CHECKING:
    import polars as pl


def sensitivity(  # noqa: PLR0913, PLR0917 - one parameter an option
    society: Annotated[
        str | None,
        typer.Option(
            "--society", help="统一社会信用代码；不写则为整次评估 · one society; else the whole run"
        ),
    ] = None,
    base: Annotated[
        int | None,
        typer.Option("--base", help="基础样本数，2的幂 · base sample, a power of two (with --society)"),
    ] = None,
    is_restricted: RestrictedOption = False,
    run_id: RunOption = None,
    year: YearOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """结果取决于什么：索博尔指数 · What a result hangs on: Sobol' indices with intervals."""
    from models.home import Home
    from models.publication.sensitivity import require_exact, run_sensitivity, society_sensitivity
    from models.publication.snapshot import open_snapshot

    if society is not None and not is_restricted:
        require_exact(Home.resolve(home), run_id, year, society.strip().upper())
    with closing(open_snapshot(Home.resolve(home), run_id, year)) as con:
        found = (
            run_sensitivity(con)
            if society is None
            else society_sensitivity(con, society.strip().upper(), base)
        )
        labels = {
            (kind, code): text
            for kind, code, text in con.sql(
                f"select kind, code, {'en' if lang == 'en' else 'zh'} from labels"
            ).fetchall()
        }
    if as_json:
        print_json(found.to_dicts())
        return
    if found.is_empty():
        console().print(say(lang, "各次抽样的结果都相同，没有可分解的差异。", "No draw changes the result."))
        return
    _print(found, labels, lang)


def _print(found: pl.DataFrame, labels: dict[tuple[str, str], str], lang: str) -> None:
    from rich.table import Table

    out = console()
    for (output,), rows in found.group_by("output", maintain_order=True):
        table = Table(title=labels.get(("output", str(output)), str(output)))
        table.add_column(say(lang, "来源", "Input"))
        for head in say(
            lang, "单独（一阶）|区间|合计（总）|区间", "Alone (first)|interval|In all (total)|interval"
        ).split("|"):
            table.add_column(head, justify="right")
        for row in rows.sort("total", descending=True).iter_rows(named=True):
            cells = [labels.get(("input", row["input"]), row["input"])]
            for name in ("first", "total"):
                cells += [f"{row[name]:.2f}", f"{row[f'{name}_low']:.2f} – {row[f'{name}_high']:.2f}"]
            table.add_row(*cells)
        out.print(table)
    out.print(
        say(
            lang,
            "合计值越大，结果越取决于该来源；接近0的可以放心固定。",
            "The larger the total, the more hangs on it; what is near 0 can safely be fixed.",
        )
    )
