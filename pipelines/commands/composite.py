"""`fengqing composite`: build a composite indicator from a methodologist's own iData and iMeta tables."""

import csv
import io
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.options import JsonOption, LangOption, console, print_json

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.composite import BuildOptions, BuildResult, Issue

LANGUAGES = ("zh", "en")
FIRST = 10


def composite(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option("--data", help="iData.csv：uCode、指标、分母、分组 · indicators, denominators, groups"),
    ],
    meta: Annotated[Path, typer.Option("--meta", help="iMeta.csv：指标树 · the indicator tree")],
    out: Annotated[Path, typer.Option("--out", help="结果目录 · directory for the five result files")],
    impute_group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="按此列分组以组均值插补 · impute by group mean")
    ] = None,
    panel: Annotated[
        str | None,
        typer.Option(metavar="latest|constant|linear", help="沿 Time 插补，取最后时点 · impute along Time"),
    ] = None,
    screen: Annotated[
        str | None, typer.Option(metavar="SHARE", help="移出覆盖率低于此值的单位 · least coverage, 0–1")
    ] = None,
    screen_on: Annotated[
        str,
        typer.Option(
            metavar="imputed|raw", help="按插补后或原始覆盖率 · coverage after or before imputation"
        ),
    ] = "imputed",
    treat: Annotated[bool, typer.Option("--treat/--no-treat", help="处理离群值 · treat outliers")] = True,
    winmax: Annotated[
        str,
        typer.Option(metavar="N", help="每列最多缩尾点数，超过则取对数 · most points winsorised before logs"),
    ] = "5",
    normalise: Annotated[
        str, typer.Option(metavar="minmax|zscore|goalposts|prank|borda", help="标准化 · normalisation")
    ] = "minmax",
    aggregate: Annotated[
        str,
        typer.Option(
            metavar="amean|gmean|hmean|copeland",
            help="合成；逐级可用逗号 · aggregation; one, or one a level (commas)",
        ),
    ] = "amean",
    scale: Annotated[
        str | None,
        typer.Option(metavar="LOW,HIGH", help="得分区间；zscore 为均值,标准差 · range; MEAN,SD for zscore"),
    ] = None,
    on_constant: Annotated[
        str,
        typer.Option(metavar="error|drop", help="常数列或空列：报错或退出合成 · constant or empty columns"),
    ] = "error",
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """用自己的数据构建综合指标 · Build a composite: impute, screen, treat, normalise, aggregate, rank."""
    from models.assessment.composite import BuildOptions, CompositeError, build
    from models.assessment.composite.frames import data_from_frame, result_frames, tree_from_frame

    if lang not in LANGUAGES:
        raise CompositeError("option", option="--lang", value=lang, allowed=LANGUAGES)
    options = BuildOptions(
        impute_group=impute_group,
        screen=None if screen is None else _number(screen, "--screen", "0–1"),
        screen_on=screen_on,
        treat=treat,
        winmax=_whole(winmax),
        normalise=normalise,
        scale=_pair(scale),
        aggregate=tuple(aggregate.split(",")) if "," in aggregate else aggregate,
        on_constant=on_constant,
    )
    tree = tree_from_frame(_read(meta))
    ready, told = data_from_frame(_read(data), tree, panel=panel)
    result = build(ready, options)
    written = _write(result_frames(result), out)
    facts = _facts(result, options, (*told, *result.issues), _missing(ready.values), written)
    if as_json:
        print_json(facts)
    else:
        _print(facts, lang)


def _number(text: str, option: str, allowed: str) -> float:
    from models.assessment.composite import CompositeError

    try:
        return float(text)
    except ValueError:
        raise CompositeError("option", option=option, value=text, allowed=allowed) from None


def _whole(text: str) -> int:
    from models.assessment.composite import CompositeError

    if not text.isascii() or not text.isdigit():
        raise CompositeError("option", option="--winmax", value=text, allowed="0, 1, 2, …")
    return int(text)


def _pair(text: str | None) -> tuple[float, float] | None:
    from models.assessment.composite import CompositeError

    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 2:
        raise CompositeError("option", option="--scale", value=text, allowed="LOW,HIGH")
    return _number(parts[0], "--scale", "LOW,HIGH"), _number(parts[1], "--scale", "LOW,HIGH")


def _read(path: Path) -> "pl.DataFrame":
    """Read a CSV as text cells: UTF-8 (with or without BOM), else GB18030, else refuse."""
    import polars as pl

    from models.assessment.composite import CompositeError
    from models.publication.sheets import unescaped

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CompositeError("file_read", path=str(path), reason=error.strerror or str(error)) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise CompositeError("file_read", path=str(path), reason="UTF-8 / GB18030 ?") from None
    header = next(csv.reader(io.StringIO(text)), [])
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise CompositeError("file_header", path=str(path), columns=repeated)
    try:
        cells = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise CompositeError("file_read", path=str(path), reason=reason) from None
    # What this command wrote may come back as data: the codes are then as they were.
    cells.columns = unescaped(pl.Series(cells.columns)).to_list()
    return cells.with_columns(unescaped(pl.all()))


def _write(frames: "dict[str, pl.DataFrame]", out: Path) -> list[str]:
    """Write the frames; codes and names that a spreadsheet would take for formulas are escaped."""
    import polars as pl

    from models.assessment.composite import CompositeError
    from models.publication.sheets import escaped

    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            safe = frame.with_columns(escaped(pl.col(pl.String)))
            safe.columns = escaped(pl.Series(frame.columns)).to_list()
            safe.write_csv(out / f"{name}.csv")
    except OSError as error:
        raise CompositeError("file_write", path=str(out), reason=error.strerror or str(error)) from None
    return [str(out / f"{name}.csv") for name in frames]


def _missing(values: Any) -> int:
    import numpy as np

    return int(np.isnan(values).sum())


def _facts(
    result: "BuildResult",
    options: "BuildOptions",
    issues: "tuple[Issue, ...]",
    missing: int,
    written: list[str],
) -> dict[str, Any]:
    from dataclasses import asdict

    kept = set(result.units)
    return {
        "units": len(result.units),
        "removed": [unit for unit in result.all_units if unit not in kept],
        "indicators": result.tree.size,
        "aggregates": list(result.tree.aggregates),
        "missing": missing,
        "imputed": _missing(result.denominated) - _missing(result.imputed),
        "options": asdict(options),
        "treatment": _treatment(result),
        "issues": [
            {
                "stage": issue.stage,
                "code": issue.code,
                "columns": list(issue.columns),
                "zh": issue.message("zh"),
                "en": issue.message("en"),
            }
            for issue in issues
        ],
        "ranking": _ranking(result),
        "files": written,
    }


def _treatment(result: "BuildResult") -> list[dict[str, Any]]:
    if result.treatment is None:
        return []
    done = result.treatment
    return [
        {"iCode": code, "high": int(high), "low": int(low), "logged": bool(logged)}
        for code, high, low, logged in zip(
            result.tree.indicators, done.high, done.low, done.logged, strict=True
        )
        if high or low or logged
    ]


def _ranking(result: "BuildResult") -> list[dict[str, Any]]:
    placed = zip(result.units, result.ranks[:, -1].tolist(), result.aggregated[:, -1].tolist(), strict=True)
    rows = [
        {"uCode": unit, "rank": None if isnan(rank) else int(rank), "score": None if isnan(score) else score}
        for unit, rank, score in placed
    ]
    return sorted(rows, key=lambda row: (row["rank"] is None, row["rank"] or 0, row["uCode"]))


def _print(facts: dict[str, Any], lang: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from models.assessment.composite.messages import label

    moved = [row for row in facts["treatment"] if not row["logged"]]
    points = sum(row["high"] + row["low"] for row in moved)
    logged = [row["iCode"] for row in facts["treatment"] if row["logged"]]
    options = facts["options"]
    method = options["aggregate"]
    lines = {
        "units": f"{facts['units']} / {facts['units'] + len(facts['removed'])}",
        "indicators": str(facts["indicators"]),
        "missing": str(facts["missing"]),
        "imputed": str(facts["imputed"]),
        "winsorised": f"{len(moved)} ({points})" if options["treat"] else label("not_treated", lang),
        "logged": ", ".join(logged) or "0",
        "method": f"{options['normalise']} · {method if isinstance(method, str) else ' → '.join(method)}",
        "files": "\n".join(facts["files"]),
    }
    summary = Table(title=label("title", lang), show_header=False)
    for key, value in lines.items():
        summary.add_row(label(key, lang), escape(value))
    ranking = Table("uCode", label("rank", lang), label("score", lang), title=label("ranking", lang))
    for row in facts["ranking"][:FIRST]:
        shown = "—" if row["score"] is None else f"{row['score']:.4f}"
        ranking.add_row(escape(row["uCode"]), "—" if row["rank"] is None else str(row["rank"]), shown)
    out = console()
    out.print(summary)
    out.print(ranking)
    if facts["issues"]:
        out.print(label("issues", lang), style="bold")
    for issue in facts["issues"]:
        out.print(f"· {escape(issue['en' if lang == 'en' else 'zh'])}")
