"""`fengqing dictionary`: write the data dictionary and the table of defects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import JsonOption, LangOption, print_json, say

# The examples of the table of defects are the corpus's: in a checkout only.
CORPUS = Path(__file__).parents[2] / "tests" / "corpus"


def dictionary(
    out: Annotated[Path, typer.Option("--out", help="输出目录，默认 docs/ · folder, default docs/")] = Path(
        "docs"
    ),
    xlsx: Annotated[bool, typer.Option("--xlsx", help="另写工作簿 · also write a workbook")] = False,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """生成数据字典 · Write the data dictionary, in Chinese and English."""
    from data_contracts import defect_table
    from data_contracts.dictionary import LANGUAGES, file_name, markdown, write_workbook

    out.mkdir(parents=True, exist_ok=True)
    written = [out / file_name(language) for language in LANGUAGES]
    for path, language in zip(written, LANGUAGES, strict=True):
        path.write_text(markdown(language), encoding="utf-8")
    if CORPUS.is_dir():
        shown = defect_table.examples(CORPUS)
        for spoken in defect_table.LANGUAGES:
            path = out / defect_table.file_name(spoken)
            path.write_text(defect_table.markdown(spoken, shown), encoding="utf-8")
            written.append(path)
    if xlsx:
        written.append(write_workbook(out / "dictionary.xlsx"))
    if as_json:
        print_json(written)
        return
    for path in written:
        typer.echo(say(lang, f"已写入 {path}", f"Wrote {path}"))
