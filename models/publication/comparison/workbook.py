"""The workbook of a comparison: a summary, then what moved, sheet by sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.publication.comparison.compare import EFFECTS
from models.publication.comparison.tables import SHEETS
from models.publication.comparison.words import labels_of, result_lines, run_lines, signed, summary, words
from models.publication.sheets import Sheet, layout, sheet, workbook_bytes

if TYPE_CHECKING:
    from models.publication.comparison.compare import Comparison
    from models.publication.comparison.reading import Run


def workbook(found: Comparison, lang: str = "zh") -> bytes:
    """The bytes of the workbook; created when the newer run was, so that equal input gives equal bytes."""
    title = title_of(found, lang)
    sheets = [
        overview(found, lang),
        *(sheet(name, query(found, lang), lang) for name, query in SHEETS.items()),
    ]
    return workbook_bytes(sheets, title, found.b.created_at, lang)


def file_name(found: Comparison) -> str:
    """The workbook's name, without ending."""
    return f"{layout()['compare_societies']['file']}_{found.a.run_id}_{found.b.run_id}"


def title_of(found: Comparison, lang: str) -> str:
    """What is compared with what."""
    return {
        "zh": f"运行比较：{found.a.run_id}（前次）与 {found.b.run_id}（本次）",
        "en": f"Runs compared: {found.a.run_id} (before) and {found.b.run_id} (after)",
    }[lang]


def overview(found: Comparison, lang: str) -> Sheet:
    """The first sheet: both runs, what differs, the effects on average, how to read them."""
    texts = words()["overview"]
    rows = [(texts[name][lang], _about(run, lang)) for name, run in (("before", found.a), ("after", found.b))]
    rows += [(texts["differs"][lang], line) for line in run_lines(found, lang)]
    rows += [(texts["results"][lang], line) for line in result_lines(found, lang)]
    rows += [(texts["effects"][lang], line) for line in effect_lines(found, lang)]
    rows += [(texts["note"][lang], note.zh if lang == "zh" else note.en) for note in found.notes]
    rows += [(texts["reading"][lang], line[lang]) for line in words()["reading"]]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "content": pl.String}, orient="row")
    return sheet("notes", frame, lang)


def effect_lines(found: Comparison, lang: str) -> list[str]:
    """The mean change of the composite and of each dimension with its effects, a line each."""
    labels = labels_of(found.a, found.b, lang=lang)
    total = words()["overview"]["total"][lang]
    comma = "，" if lang == "zh" else ", "
    lines = []
    for row in summary(found).to_dicts():
        name = total if row["scope"] == "composite" else f"{row['item']} {labels['dimension', row['item']]}"
        parts = comma.join(f"{words()['effects'][e][lang]} {signed(row[e])}" for e in EFFECTS)
        lines.append(f"{name} {signed(row['change'])} = {parts} (n={row['societies_n']})")
    return lines


def _about(run: Run, lang: str) -> str:
    method = run.manifest["methodology"]
    return words()["lines"]["run"][lang].format(
        run_id=run.run_id, year=run.year, at=f"{run.created_at:%Y-%m-%d %H:%M}", id=method["id"],
        version=method["version"],
    )  # fmt: skip
