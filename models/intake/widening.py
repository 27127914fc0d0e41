"""Cells to answers: one wide frame a family, columns named as the contract's fields, still as text."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl

from data_contracts.contract import Contract
from models.intake.frames import TEXT_MARK, Grid
from models.intake.headers import COVER, families, match
from models.intake.layout import Layout

AT = ("sheet_no", "row")
# A row that is one text longer than this is a remark.
LONG = 20


@dataclass(frozen=True)
class Answers:
    """Wide text frames by family (sheet_no, row, one text column a field) and rows of delimited files.

    `cover`: file_id, sheet_no, then the cover's fields as text. `cover_places`: sheet_no, row, col,
    field, header of each cover value. `rows`: sheet_no, row, kind, family of the delimited files.
    """

    wide: dict[str, pl.DataFrame]
    cover: pl.DataFrame
    cover_places: pl.DataFrame
    rows: pl.DataFrame
    loose: pl.DataFrame


def widen(grid: Grid, layout: Layout) -> Answers:
    """Put every cell of a data row under its field."""
    parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
    loose = [_from_cells(grid, layout, parts)]
    rows = _from_tables(grid, layout, parts, loose)
    cover, places = _cover(grid, layout)
    wide = {name: pl.concat(frames) for name, frames in parts.items()}
    return Answers(wide, cover, places, rows, pl.concat(loose))


def _from_cells(grid: Grid, layout: Layout, parts: dict[str, list[pl.DataFrame]]) -> pl.DataFrame:
    """Workbooks: scatter cell positions into a field × row matrix, then gather the texts."""
    # Sheets whose header was not found have rows of data, but nothing can be made of their columns.
    headed = layout.sheets.filter(pl.col("first_header").is_not_null()).select("sheet_no")
    data = (
        layout.rows.filter(pl.col("kind") == "data")
        .select(*AT, "family")
        .join(headed, on="sheet_no", how="semi", maintain_order="left")
    )
    cells = (
        grid.cells.join(data, on=AT, maintain_order="left")
        .join(
            layout.columns.select("sheet_no", "col", "field"),
            on=["sheet_no", "col"],
            how="left",
            maintain_order="left",
        )
        .join(grid.values, on="value_no", maintain_order="left")
    )
    for name, contract in families().items():
        rows = data.filter(pl.col("family") == name).select(AT)
        if rows.is_empty() or name == COVER:
            continue
        own = cells.filter((pl.col("family") == name) & pl.col("field").is_not_null()).join(
            rows.with_row_index("place"), on=AT, maintain_order="left"
        )
        order = {f.name: i for i, f in enumerate(contract.fields)}
        field_no = own["field"].replace_strict(order, return_dtype=pl.Int64).to_numpy()
        position = np.full((len(order), rows.height), -1, dtype=np.int64)
        position[field_no, own["place"].to_numpy()] = np.arange(own.height)
        # Figures kept as text are told apart from figures until cleaning has logged them.
        figures = [f.name for f in contract.fields if f.kind in ("integer", "number")]
        marked = (pl.col("ctype") == "str") & pl.col("field").is_in(figures)
        text = own.select(text=pl.when(marked).then(TEXT_MARK + pl.col("text")).otherwise("text"))["text"]
        columns = [
            text.gather(pl.Series(position[i]).replace(-1, None)).alias(f.name)
            for i, f in enumerate(contract.fields)
        ]
        parts[name].append(rows.with_columns(columns))
    return cells.filter(pl.col("field").is_null()).select(*AT, "col", "text")


def _from_tables(
    grid: Grid, layout: Layout, parts: dict[str, list[pl.DataFrame]], loose: list[pl.DataFrame]
) -> pl.DataFrame:
    """Delimited files: rename the columns; files of the same mapping stay in one frame."""
    mappings = (
        {
            key[0]: tuple(zip(part["col"].to_list(), part["field"].to_list(), strict=True))
            for key, part in layout.columns.sort("sheet_no", "col")
            .partition_by("sheet_no", as_dict=True)
            .items()
        }
        if grid.tables
        else {}
    )
    about = layout.sheets.filter("is_csv").select("sheet_no", "family", "hint", "last_header")
    known = {s: (f, h) for s, f, _, h in about.iter_rows()}
    kinds: list[pl.DataFrame] = []
    for table in grid.tables:
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for sheet_no in table["sheet_no"].unique(maintain_order=True):
            groups[(*known[sheet_no], mappings.get(sheet_no, ()))].append(sheet_no)
        for (family, header_row, mapping), members in groups.items():
            part = table.filter(pl.col("sheet_no").is_in(members)) if len(groups) > 1 else table
            kinds.append(_table_rows(part, family, header_row))  # type: ignore[arg-type]
            if isinstance(family, str) and header_row is not None:
                body = part.filter(kinds[-1]["kind"] == "data")
                parts[family].append(_renamed(body, families()[family], dict(mapping)))  # type: ignore[call-overload]
                loose.append(_unmapped(body, {c for c, _ in mapping}))  # type: ignore[attr-defined]
    schema = {"sheet_no": pl.UInt32, "row": pl.Int64, "kind": pl.String, "family": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *kinds])


def _table_rows(table: pl.DataFrame, family: str | None, header_row: int | None) -> pl.DataFrame:
    if header_row is None:
        is_first = pl.col("row") == pl.col("row").min().over("sheet_no")
        kind = pl.when(is_first).then(pl.lit("unrecognised")).otherwise(pl.lit("data"))
    else:
        first = pl.coalesce(_leading(table))
        total, note, long = _openings(table.select(first=first)["first"])
        kind = (
            pl.when(pl.col("row") < header_row).then(pl.lit("title"))
            .when(pl.col("row") == header_row).then(pl.lit("header"))
            .when(_is_among(first, total)).then(pl.lit("total"))
            .when(_is_among(first, note) | _is_alone(table, first, long)).then(pl.lit("note"))
            .otherwise(pl.lit("data"))
        )  # fmt: skip
    return table.select("sheet_no", "row", kind=kind, family=pl.lit(family, pl.String))


def _leading(table: pl.DataFrame) -> list[str]:
    """The columns in which the first filled cell of any row lies: up to the first column without a gap."""
    names = table.columns[2:]
    whole = next((i for i, name in enumerate(names) if not table[name].null_count()), len(names) - 1)
    return names[: whole + 1]


def _openings(first: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Which texts at the beginning of rows make a total or a note, and which are long, each text once.

    Rows of a table begin with few different texts, most often one society's code: to look at each row costs
    more than all else that is done with it here.
    """
    from models.intake.layout import is_note, is_total

    texts = first.unique().to_frame("first")
    text = pl.col("first")
    is_long = text.str.len_chars() > LONG
    return tuple(texts.filter(said)["first"] for said in (is_total(text), is_note(text), is_long))  # type: ignore[return-value]


def _is_alone(table: pl.DataFrame, first: pl.Expr, long: pl.Series) -> pl.Expr:
    """Whether a row is nothing but one long text."""
    filled = pl.sum_horizontal(pl.col(table.columns[2:]).is_not_null().cast(pl.UInt32))
    return _is_among(first, long) & (filled == 1) if long.len() else pl.lit(False)


def _is_among(text: pl.Expr, texts: pl.Series) -> pl.Expr:
    """As `is_in`, which hashes every text even where there is nothing to find."""
    return text.is_in(texts.implode()) if texts.len() else pl.lit(False)


def _renamed(body: pl.DataFrame, contract: Contract, mapping: dict[int, str]) -> pl.DataFrame:
    columns = {field: f"c{col}" for col, field in mapping.items()}
    return body.select(
        *AT,
        *(
            (pl.col(columns[f.name]) if f.name in columns else pl.lit(None, pl.String)).alias(f.name)
            for f in contract.fields
        ),
    )


def _unmapped(body: pl.DataFrame, mapped: set[int]) -> pl.DataFrame:
    extra = [c for i, c in enumerate(body.columns[2:], start=1) if i not in mapped]
    long = (
        body.select(*AT, *extra)
        .unpivot(index=AT, on=extra, variable_name="col", value_name="text")
        .drop_nulls("text")
    )
    return long.select(*AT, pl.col("col").str.slice(1).cast(pl.Int64), "text")


def _cover(grid: Grid, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Label and value pairs: the value is the next filled cell to the right that is no label itself."""
    covers = layout.sheets.filter(pl.col("family") == COVER)
    labels = match(grid.values).filter((pl.col("family") == COVER) & ~pl.col("is_group"))
    cells = (
        grid.cells.join(covers.select("sheet_no", "file_id"), on="sheet_no", maintain_order="left")
        .join(labels.select("value_no", "field", "rank"), on="value_no", how="left", maintain_order="left")
        .join(grid.values, on="value_no", maintain_order="left")
        .sort("sheet_no", "row", "col")
    )
    following = cells.with_columns(
        pl.col("text", "col").shift(-1).over(AT).name.prefix("next_"),
        next_is_label=pl.col("field").shift(-1).over(AT).is_not_null(),
    )
    pairs = (
        following.filter(pl.col("field").is_not_null())
        .with_columns(value=pl.when(~pl.col("next_is_label")).then("next_text"))
        .sort("file_id", "field", "rank", "sheet_no", "row")
        .unique(["file_id", "field"], keep="first", maintain_order=True)
    )
    names = [f.name for f in families()[COVER].fields]
    values = {n: pl.col("value").filter(pl.col("field") == n).first() for n in names}
    cover = (
        covers.select("file_id", "sheet_no")
        .unique("file_id", keep="first", maintain_order=True)
        .join(pairs.group_by("file_id").agg(**values), on="file_id", how="left", maintain_order="left")
    )
    places = pairs.select(
        "sheet_no",
        "row",
        col=pl.coalesce(pl.when(~pl.col("next_is_label")).then("next_col"), pl.col("col") + 1),
        field="field",
        header=pl.col("text").str.replace_all(r"\s+", ""),
    )
    return cover, places
