"""`fengqing compare`: two published runs beside one another, and what moved every score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.errors import FengqingError
from pipelines.options import (
    HomeOption,
    JsonOption,
    LangOption,
    RestrictedOption,
    console,
    print_json,
    say,
    withheld,
)

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.home import Home
    from models.publication.comparison import Comparison

MOVERS, FILES, PARAMETERS, ROWS = 10, 12, 30, 3


def compare(  # noqa: PLR0913, PLR0917 - one parameter an option
    run_a: Annotated[str, typer.Argument(help="前次运行编号或年度 · the run before (or a year)")],
    run_b: Annotated[str, typer.Argument(help="本次运行编号或年度 · the run after (or a year)")],
    society: Annotated[
        str | None, typer.Option("--society", help="统一社会信用代码：逐维度逐指标 · one society in detail")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="导出 xlsx 的目录 · folder for the workbook")
    ] = None,
    is_restricted: RestrictedOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """比较两次运行：差异、变动分解、原因 · Compare two runs: differences, changes split, reasons."""
    from models.home import Home
    from models.publication.comparison import compare as find
    from models.publication.comparison.withheld import withheld as without
    from models.publication.handout import open_handout
    from models.publication.snapshot import open_snapshot

    state = Home.resolve(home)
    with (
        closing(open_snapshot(state, **_meant(run_a))) as a,
        closing(open_snapshot(state, **_meant(run_b))) as b,
        closing(open_handout(state, **_meant(run_a), restricted=is_restricted)) as shown_a,
        closing(open_handout(state, **_meant(run_b), restricted=is_restricted)) as shown_b,
        _warehouse(state) as warehouse,
    ):
        # A change is split by the exact figures of everybody; what of it is told is another question.
        found = find(a, b, warehouse)
        notice = withheld(lang, restricted=is_restricted)
        if not is_restricted:
            found = without(found, shown_a, shown_b)
        code = society.strip().upper() if society else None
        if code:
            _require(found, code)
        path = _write(found, out, lang) if out else None
        if as_json:
            print_json({**_plain(found, code, path), "notice": notice})
        elif code:
            _print_society(found, code, lang)
        else:
            _print(found, lang)
        if notice and not as_json:
            console(markup=False).print(notice, soft_wrap=True)
        if path and not as_json:
            console(markup=False).print(say(lang, "已导出：", "Written: ") + str(path), soft_wrap=True)


def _meant(text: str) -> dict[str, Any]:
    return {"year": int(text)} if text.isdigit() and len(text) == 4 else {"run_id": text}


@contextmanager
def _warehouse(home: Home) -> Iterator[DuckDBPyConnection | None]:
    """The warehouse, if this home has one: only needed where counting rules differ."""
    from models.warehouse import open_reader

    if not home.warehouse.exists():
        yield None
        return
    with open_reader(home) as con:
        yield con


def _require(found: Comparison, society: str) -> None:
    known = f"select 1 from societies where society_id = '{society}'" if society.isalnum() else None
    if known is None or not any(run.con.sql(known).fetchall() for run in (found.a, found.b)):
        raise FengqingError(
            "SOCIETY_UNKNOWN",
            f"两次运行中都没有信用代码为 {society} 的学会；请核对代码。",
            f"Neither run has a society {society}; check the code.",
        )


def _write(found: Comparison, folder: Path, lang: str) -> Path:
    from models.publication.comparison.workbook import file_name, workbook

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_name(found)}.xlsx"
    path.write_bytes(workbook(found, lang))
    return path


def _plain(found: Comparison, society: str | None, path: Path | None) -> dict[str, Any]:
    """Everything as JSON: of one society, or of the runs with the composite and dimensions of all."""
    import polars as pl

    from models.publication.comparison.words import summary

    def of(frame: pl.DataFrame) -> list[dict[str, Any]]:
        if society and "society_id" in frame.columns:
            frame = frame.filter(pl.col("society_id") == society)
        return frame.to_dicts()

    runs = [
        {"run_id": r.run_id, "year": r.year, "created_at": r.created_at, **r.manifest}
        for r in (found.a, found.b)
    ]
    wide = found.effects if society else found.effects.filter(pl.col("scope") != "indicator")
    return {
        "runs": runs,
        "notes": [{"code": n.code, "zh": n.zh, "en": n.en} for n in found.notes],
        "summary": summary(found).to_dicts(),
        "parameters": found.parameters.to_dicts(),
        "inputs": of(found.inputs),
        "effects": of(wide),
        "standing": of(found.standing),
        "states": of(found.states) if society else [],
        "presence": of(found.presence),
        "facts": of(found.facts),
        "file": None if path is None else str(path),
    }


def _print(found: Comparison, lang: str) -> None:
    from models.publication.comparison import words
    from models.publication.comparison.workbook import effect_lines, title_of

    out = console(markup=False, highlight=False)
    out.print(title_of(found, lang))
    for line in words.run_lines(found, lang):
        out.print(f"  {line}")
    _print_parameters(found, lang)
    _print_files(found, lang)
    for line in words.result_lines(found, lang):
        out.print(f"  {line}")
    _print_notes(found, lang)
    out.print(say(lang, "平均变动及其分解（分）", "Mean change and its split (points)"))
    for line in effect_lines(found, lang):
        out.print(f"  {line}")
    rows = words.movers(found, MOVERS)
    told = words.reasons(found, rows["society_id"].to_list(), lang)
    names = dict(found.b.con.sql("select society_id, name from societies").fetchall())
    table = _table(lang, "变动最大的学会|前次|本次|变动|原因", "Largest movers|Before|After|Change|Reason")
    for row in rows.to_dicts():
        table.add_row(
            _text(f"{names[row['society_id']]} {row['society_id']}"),
            words.number(row["before"]), words.number(row["after"]), words.signed(row["change"]),
            _text(told[row["society_id"]]),
        )  # fmt: skip
    out.print(table)


def _print_parameters(found: Comparison, lang: str) -> None:
    if found.parameters.is_empty():
        return
    table = _table(lang, "参数|前次|本次", "Parameter|Before|After")
    for row in found.parameters.head(PARAMETERS).to_dicts():
        table.add_row(*(_text(row[c] or "—") for c in (lang, "before", "after")))
    console().print(table)
    _more(found.parameters.height - PARAMETERS, lang)


def _print_files(found: Comparison, lang: str) -> None:
    from models.publication.comparison.tables import inputs

    # Between two years every file is another: names say something within one year only.
    if found.a.year != found.b.year or found.inputs.is_empty():
        return
    table = _table(lang, "变动|文件", "Change|File")
    for row in inputs(found, lang).head(FILES).to_dicts():
        table.add_row(row["change"], _text(row["name"]))
    console().print(table)
    _more(found.inputs.height - FILES, lang)


def _print_notes(found: Comparison, lang: str) -> None:
    for note in found.notes:
        console(markup=False).print(say(lang, f"注意：{note.zh}", f"Mind: {note.en}"))


def _more(n: int, lang: str) -> None:
    if n > 0:
        console().print(say(lang, f"  另有 {n} 项（--out 导出全部）", f"  and {n} more (--out writes all)"))


def _print_society(found: Comparison, society: str, lang: str) -> None:
    import polars as pl

    from models.publication.comparison import tables, words
    from models.publication.comparison.compare import EFFECTS
    from models.publication.comparison.workbook import title_of

    out = console(markup=False, highlight=False)
    is_it = pl.col("society_id") == society
    labels = words.labels_of(found.a, found.b, lang=lang)
    out.print(title_of(found, lang))
    _print_notes(found, lang)
    for row in tables.presence(found, lang).filter(is_it).to_dicts():
        out.print(f"{row['name']}  {society}  {row['presence']}：{row['reason']}")
        return
    ((name,),) = found.b.con.sql(
        "select name from societies where society_id = $1", params=[society]
    ).fetchall()
    out.print(f"{name}  {society}")
    out.print("  " + words.reasons(found, [society], lang)[society])
    for line in _standing(found, society, labels, lang):
        out.print(f"  {line}")
    effects = [words.words()["effects"][e][lang] for e in EFFECTS]
    heads = "|".join([say(lang, "维度|前次|本次|变动", "Dimension|Before|After|Change"), *effects])
    table = _table(lang, heads, heads)
    for row in found.effects.filter(is_it, pl.col("scope") != "indicator").to_dicts():
        title = say(lang, "综合得分", "Score")
        if row["scope"] == "dimension":
            title = f"{row['item']} {labels['dimension', row['item']]}"
        table.add_row(_text(title), *_figures(row, EFFECTS))
    out.print(table)
    heads = "|".join(
        [
            say(
                lang,
                "指标（影响综合得分）|状态|前次|本次|变动",
                "Indicator (points of score)|State|Before|After|Change",
            ),
            *effects,
        ]
    )
    table = _table(lang, heads, heads)
    moved = tables.indicators(found, lang).filter(is_it)
    for row in moved.to_dicts():
        states = [row["state_before"], row["state_after"]]
        same = states[0] == states[1]
        shown = "" if states == [None, None] else (states[1] if same else f"{states[0]} → {states[1]}")
        table.add_row(_text(row["title"]), _text(shown), *_figures(row, EFFECTS))
    out.print(table)
    _print_rows(found, society, moved, lang)


def _standing(found: Comparison, society: str, labels: dict[tuple[str, str], str], lang: str) -> list[str]:
    import polars as pl

    names = {
        "band": say(lang, "等次", "Band"), "rank": say(lang, "组内名次", "Rank in group"),
        "peer_group": say(lang, "同类组", "Peer group"), "decision": say(lang, "推荐结论", "Decision"),
        "reason_code": say(lang, "结论理由", "Reason"),
    }  # fmt: skip
    kinds = {"reason_code": "reason"}
    lines = []
    for row in found.standing.filter(pl.col("society_id") == society).to_dicts():
        for column, title in names.items():
            pair = [row[f"{column}_{end}"] for end in ("before", "after")]
            if pair[0] != pair[1]:
                shown = [
                    labels.get((kinds.get(column, column), str(v)), "—" if v is None else str(v))
                    for v in pair
                ]
                lines.append(f"{title}：{shown[0]} → {shown[1]}")
    return lines


def _print_rows(found: Comparison, society: str, moved: pl.DataFrame, lang: str) -> None:
    """The rows behind the indicators that moved most, before and after."""
    from models.publication.explain import SOURCES
    from models.publication.figures import trimmed

    out = console(markup=False, highlight=False)
    query = SOURCES.format(c="c.society_id = $1 and c.indicator = $2")
    for code in moved["indicator"].head(ROWS).to_list():
        for run, title in ((found.a, say(lang, "前次", "before")), (found.b, say(lang, "本次", "after"))):
            rows = run.con.sql(query, params=[society, code]).pl()
            counted = say(lang, f"{rows.height} 行", f"{rows.height} rows")
            out.print(f"{code} {title}：{counted}")
            for row in rows.head(ROWS).to_dicts():
                place = " ".join(str(row[c]) for c in ("file", "sheet", "row") if row[c] is not None)
                counts = "/".join(trimmed(row[c], lang, 3) for c in ("numerator", "denominator"))
                out.print(f"    {counts}  {row['label'] or ''}  {place}")


def _figures(row: dict[str, Any], effects: tuple[str, ...]) -> list[str]:
    from models.publication.comparison.words import number, signed

    return [number(row["before"]), number(row["after"]), *(signed(row[c]) for c in ("change", *effects))]


def _table(lang: str, zh: str, en: str) -> Any:
    from rich.table import Table

    table = Table()
    for head in say(lang, zh, en).split("|"):
        table.add_column(head, overflow="fold")
    return table


def _text(text: str) -> str:
    from rich.markup import escape

    return escape(text)
