"""`fengqing sample`: write a fictitious nation's filings into a folder, clean or as messy as real ones."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import JsonOption, LangOption, print_json, say


def sample(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: Annotated[
        Path, typer.Option("--out", help="输出目录，内建 inbox/ · target folder; files go to inbox/ in it")
    ],
    year: Annotated[
        list[int], typer.Option("--year", help="报告年度，可重复 · report year, may be repeated")
    ],
    societies: Annotated[int, typer.Option("--societies", help="学会数 · number of societies")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 · the same seed gives the same files")] = 2025,
    mess: Annotated[float, typer.Option("--mess", help="缺陷率0–0.5 · share of rows with a defect")] = 0.1,
    lang: LangOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """生成虚构学会的报送文件 · Write the filings of a fictitious nation of societies."""
    from models.sample.generate import generate
    from pipelines import progress

    if as_json:
        print_json(generate(societies, year, seed, mess, out).as_dict())
        return
    with progress.bars(lang):
        summary = generate(societies, year, seed, mess, out, progress.current())
    rows = sum(summary.rows.values())
    typer.echo(
        say(
            lang,
            f"已在 {summary.out} 生成 {summary.societies} 个虚构学会：工作簿 {summary.workbooks} 个，"
            f"签到文件 {summary.checkin_files} 个，机关文件 {summary.authority_files} 个，"
            f"数据 {rows} 行，注入缺陷 {summary.defects} 处。",
            f"{summary.societies} fictitious societies in {summary.out}: {summary.workbooks} workbooks, "
            f"{summary.checkin_files} check-in files, {summary.authority_files} authority files, "
            f"{rows} rows, {summary.defects} injected defects.",
        )
    )
