"""`fengqing template`: write the workbook that a society fills in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.options import HomeOption, JsonOption, LangOption, print_json, say


def template(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: Annotated[Path, typer.Option("--out", help="输出文件 .xlsx · file to write")] = Path(
        "年度报告填报表.xlsx"
    ),
    year: Annotated[
        int | None, typer.Option("--year", help="报告年度，默认上一年 · report year, default last year")
    ] = None,
    society_id: Annotated[
        str | None, typer.Option("--society", help="统一社会信用代码 · whose cover to fill in")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="学会名称，默认取自名册 · its name, default from the register"),
    ] = None,
    prefill: Annotated[
        bool,
        typer.Option(
            "--prefill", help="预填名称与上年已接收的制度文件 · fill in the name and last year's documents"
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """生成填报表 · Write the fill-in workbook: headers, notes, drop-downs, examples."""
    from data_contracts.template import write_template
    from models.errors import FengqingError
    from models.home import Home

    year = year or date.today().year - 1
    rows: dict[str, Any] = {}
    if prefill:
        if society_id is None:
            raise FengqingError(
                "template_society_missing",
                "预填须用 --society 指明学会的统一社会信用代码。",
                "To prefill, name the society's unified social credit code with --society.",
            )
        from models.prefill import carried_over

        registered, rows = carried_over(Home.resolve(home), society_id, year)
        name = name or registered
    cover = {"society_id": society_id, "name": name, "report_year": year}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_template(out, lang, {k: v for k, v in cover.items() if v is not None}, rows)
    if as_json:
        print_json({"path": out, "year": year, "prefilled": {k: f.height for k, f in rows.items()}})
        return
    typer.echo(say(lang, f"已写入 {out}", f"Wrote {out}"))
