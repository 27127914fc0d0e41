"""`fengqing handbook`: write the indicator handbook from the methodology and the specifications."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import JsonOption, LangOption, print_json, say


def handbook(
    out: Annotated[Path, typer.Option("--out", help="输出目录，默认 docs/ · folder, default docs/")] = Path(
        "docs"
    ),
    year: Annotated[int, typer.Option("--year", help="评估年度 · assessment year")] = 2025,
    specs: Annotated[Path, typer.Option("--specs", help="指标规格目录 · folder of specifications")] = Path(
        "tests/spec"
    ),
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """生成指标手册 · Write the indicator handbook, in Chinese and English."""
    from models.assessment.methodology import load
    from models.errors import FengqingError
    from models.publication.handbook import LANGUAGES, file_name, render

    if not specs.is_dir():
        raise FengqingError(
            "SPECS_NOT_FOUND",
            f"没有指标规格目录 {specs}。请在项目根目录下运行，或用 --specs 指明。",
            f"There is no folder of specifications {specs}. Run in the project's root, or give --specs.",
        )
    out.mkdir(parents=True, exist_ok=True)
    methodology = load(year)
    written = [out / file_name(language) for language in LANGUAGES]
    for path, language in zip(written, LANGUAGES, strict=True):
        path.write_text(render(language, methodology, specs), encoding="utf-8")
    if as_json:
        print_json(written)
        return
    for path in written:
        typer.echo(say(lang, f"已写入 {path}", f"Wrote {path}"))
