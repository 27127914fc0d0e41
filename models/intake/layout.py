"""What each sheet is and what each of its rows is: header, data, total, note, cover, or unrecognised."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from models.intake import deviations
from models.intake.frames import Grid, workbook_layout
from models.intake.headers import COVER, families, match, normalised, sheet_hints

# The header stands near the top: further down, rows that look like it are repeats.
HEADER_ROWS = 40
HEADER_DEPTH = deviations.HEADER_DEPTH
MIN_FIELDS = 3
# Sheets that explain and hold no data, whatever stands in them.
EXPLAINING = r"^(填表说明|填报说明|说明|代码表|字典|示例|样例|选项|目录|_)"
# Signatures at the foot of a form.
SIGNATURE = (
    r"^(填表人|填报人|制表人?|审核人|复核人|负责人|单位负责人|联系人|联系电话|填表日期|填报日期|盖章)[:：]"
)


@dataclass(frozen=True)
class Layout:
    """The result of recognition.

    `sheets`: the grid's sheets with family (null if unrecognised; `cover` for the cover), hint,
    first_header, last_header, factor (of amounts, when the unit line says 万元). `columns`:
    sheet_no, col, field, header, unit, family. `rows`: sheet_no, row, kind, family, of sheets in workbooks.
    `findings`: about headers and rows.
    """

    sheets: pl.DataFrame
    columns: pl.DataFrame
    rows: pl.DataFrame
    findings: pl.DataFrame


def recognise(grid: Grid) -> Layout:
    """Find each sheet's family and header, and say of each row what it is."""
    # (value_no, family, …) of the values that are headers, then where they stand.
    headers = grid.cells.join(match(grid.values), on="value_no", maintain_order="left").join(
        # A return list names the headers at fault, and is no table for that.
        grid.sheets.filter(_is_own()).select("sheet_no"), on="sheet_no", how="anti", maintain_order="left"
    )  # fmt: skip
    figures = grid.values.select("value_no", has_figure=pl.col("text").str.contains(r"^\s*-?\d"))
    sizes = (
        grid.cells.join(figures, on="value_no", maintain_order="left")
        .group_by("sheet_no", "row", maintain_order=True)
        .agg(
            n=pl.len(),
            first=pl.col("value_no").first(),
            first_col=pl.col("col").first(),
            has_figure=pl.col("has_figure").any(),
        )
    )
    matched = _matched_rows(headers, sizes)
    sheets = _blocks(_families(grid.sheets, headers, matched), matched)
    columns = _columns(grid, sheets, headers)
    rows = _classify(grid, sheets, sizes, matched)
    return Layout(
        sheets=sheets,
        columns=_with_factors(columns, rows),
        rows=rows.select("sheet_no", "row", "kind", "family"),
        findings=pl.concat(
            [
                deviations.header_findings(sheets, columns, rows),
                deviations.row_findings(rows),
                deviations.sheet_findings(sheets),
                deviations.hidden_findings(grid, rows),
            ]
        ),
    )


def _is_own() -> pl.Expr:
    """Whether this programme added the sheet to a workbook it gave back: it holds no data."""
    return pl.col("sheet").str.strip_chars().is_in(list(workbook_layout()["own_sheets"].values()))


def _matched_rows(headers: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, row, family, n_fields, share: how far each row reads like each family's header."""
    return (
        headers.group_by("sheet_no", "row", "family")
        .agg(
            n_fields=pl.col("field").n_unique() - pl.col("field").has_nulls().cast(pl.UInt32),
            n_cells=pl.col("col").n_unique(),
        )
        .join(sizes.select("sheet_no", "row", "n"), on=["sheet_no", "row"])
        .with_columns(share=pl.col("n_cells") / pl.col("n"))
        .with_columns(is_header=(pl.col("share") >= 0.5) & (pl.col("n_fields") >= 1))
    )


def _families(sheets: pl.DataFrame, headers: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Add `hint` (by the sheet's name) and `family` (by its headers)."""
    label = normalised(pl.col("sheet"))
    cover_name = pl.lit(workbook_layout()["cover_sheet"])
    hints = sheet_hints().group_by("label").agg(hint=pl.col("family").first())
    named = sheets.with_columns(label=label.str.replace(r"(\(\d+\)|副本)+$", "")).join(
        hints, on="label", how="left", maintain_order="left"
    )
    near = matched.filter((pl.col("row") <= HEADER_ROWS) & (pl.col("family") != COVER))
    tables = (
        near.filter(pl.col("is_header"))
        .group_by("sheet_no", "family")
        # The best row and its neighbours make the header; repeats further down must not add up.
        .agg(n=pl.col("n_fields").top_k(2).sum(), best=pl.col("n_fields").max())
        .filter(pl.col("best") >= 2)
        .join(named.select("sheet_no", "hint"), on="sheet_no")
        .join(_expected(), on="family")
        .filter(
            (pl.col("n") >= MIN_FIELDS)
            & ((pl.col("n") >= pl.col("expected") * 0.5) | (pl.col("family") == pl.col("hint")))
        )
        .with_columns(
            score=pl.col("n") + (pl.col("family") == pl.col("hint")) * 1.5 + pl.col("n") / pl.col("expected")
        )
        .sort("sheet_no", "score", "family", descending=[False, True, False])
        .unique("sheet_no", keep="first", maintain_order=True)
        .select("sheet_no", "family", best="n")
    )
    # A cover has its labels below one another; a table has its headers side by side.
    covers = (
        headers.filter(pl.col("family") == COVER)
        .group_by("sheet_no")
        .agg(labels=pl.struct("row", "field").n_unique(), rows=pl.col("row").n_unique())
    )
    return (
        named.join(tables, on="sheet_no", how="left", maintain_order="left")
        .join(covers, on="sheet_no", how="left", maintain_order="left")
        .with_columns(
            is_cover=~pl.col("is_csv")
            & (
                (pl.col("label") == cover_name)
                | (pl.col("rows").fill_null(0) >= MIN_FIELDS) & pl.col("hint").is_null()
            )
            & (pl.col("rows").fill_null(0) > pl.col("best").fill_null(0))
        )
        .with_columns(family=pl.when("is_cover").then(pl.lit(COVER)).otherwise("family"))
        .select(*sheets.columns, "label", "hint", "family")
    )


def _expected() -> pl.DataFrame:
    """family, expected: how many columns the family's table has in the workbook."""
    counts = [(n, sum(not f.from_cover for f in c.fields)) for n, c in families().items()]
    return pl.DataFrame(counts, schema={"family": pl.String, "expected": pl.Int64}, orient="row")


def _blocks(sheets: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """Add first_header and last_header: the run of header rows around the fullest one."""
    own = matched.filter(pl.col("is_header") & (pl.col("row") <= HEADER_ROWS)).join(
        sheets.filter(pl.col("family") != COVER).select("sheet_no", "family"), on=["sheet_no", "family"]
    )
    # The topmost row with at least two headers starts the block; rows that touch it belong to it.
    start = own.filter(pl.col("n_fields") >= 2).group_by("sheet_no").agg(start=pl.col("row").min())
    above = own.join(start, on="sheet_no").with_columns(
        gap=pl.col("row").cast(pl.Int64) - pl.col("start").cast(pl.Int64)
    )
    block = above.filter(pl.col("gap").is_between(-1, HEADER_DEPTH - 1)).sort("sheet_no", "row")
    run = block.with_columns(
        is_joined=(pl.col("row").diff().over("sheet_no").fill_null(1) == 1).cum_prod().over("sheet_no") == 1
    ).filter("is_joined")
    bounds = run.group_by("sheet_no").agg(first_header=pl.col("row").min(), last_header=pl.col("row").max())
    return sheets.join(bounds, on="sheet_no", how="left", maintain_order="left")


def _columns(grid: Grid, sheets: pl.DataFrame, headers: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, family, col, field, header, unit, rank: one field a column and one column a field."""
    tables = sheets.filter(pl.col("first_header").is_not_null())
    leaves = (
        headers.filter(~pl.col("is_group"))
        .join(tables.select("sheet_no", "family", "first_header", "last_header"), on=["sheet_no", "family"])
        .filter(pl.col("row").is_between(pl.col("first_header"), pl.col("last_header")))
        # The lowest header cell of a column is its own; those above it are groups.
        .sort("sheet_no", "col", "row", "rank", descending=[False, False, True, False])
        .unique(["sheet_no", "col"], keep="first", maintain_order=True)
        .sort("sheet_no", "field", "rank", "col")
        .unique(["sheet_no", "field"], keep="first", maintain_order=True)
    )
    return (
        leaves.join(grid.values.select("value_no", "text"), on="value_no", maintain_order="left")
        .with_columns(header=pl.col("text").str.replace_all(r"\s+", ""))
        .select("sheet_no", "family", "col", "field", "header", "unit", "rank", "row")
        .sort("sheet_no", "col")
    )


def _classify(grid: Grid, sheets: pl.DataFrame, sizes: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """sheet_no, row, kind, family, plus text and is_tail, of every row of the workbooks."""
    texts = grid.values.select("value_no", text=normalised(pl.col("text")), raw="text")
    # Said once for each distinct value, then joined: a row is known by its first filled cell.
    texts = texts.with_columns(
        total=is_total(pl.col("raw")), unit_line=is_unit_line(pl.col("raw")), is_note=is_note(pl.col("raw"))
    )
    repeats = matched.filter(pl.col("is_header") & (pl.col("n_fields") >= 2)).select(
        "sheet_no", "row", "family", repeats=True
    )
    rows = (
        sizes.rename({"first": "value_no"})
        .join(sheets.filter(~pl.col("is_csv")), on="sheet_no", maintain_order="left")
        .join(texts, on="value_no", how="left", maintain_order="left")
        .join(repeats, on=["sheet_no", "row", "family"], how="left", maintain_order="left")
        .with_columns(
            is_explaining=pl.col("label").str.contains(EXPLAINING) & pl.col("hint").is_null() | _is_own(),
            is_past=pl.col("row") > pl.col("last_header"),
            total=pl.col("total") & (pl.col("first_col") <= 3),
        )
        .with_columns(
            after_note=(pl.col("is_note") & pl.col("is_past")).cum_max().over("sheet_no").fill_null(False)
        )
    )
    is_table = pl.col("last_header").is_not_null()
    lonely = (pl.col("n") == 1) & (pl.col("after_note") | (pl.col("text").str.len_chars() > 20))
    kind = (
        pl.when(pl.col("family") == COVER).then(pl.lit(COVER))
        .when(~is_table).then(pl.lit(None, pl.String))
        .when(pl.col("row").is_between(pl.col("first_header"), pl.col("last_header"))).then(pl.lit("header"))
        .when(~pl.col("is_past") & pl.col("unit_line")).then(pl.lit("unit_line"))
        .when(~pl.col("is_past")).then(pl.lit("title"))
        .when(pl.col("repeats")).then(pl.lit("header"))
        .when("total").then(pl.lit("total"))
        .when("unit_line").then(pl.lit("unit_line"))
        .when(pl.col("is_note") | lonely).then(pl.lit("note"))
        .otherwise(pl.lit("data"))
    )  # fmt: skip
    rows = rows.with_columns(kind=kind)
    return _without_header(rows, pl.col("is_note") | lonely).with_columns(
        last_data=pl.col("row").filter(pl.col("kind") == "data").max().over("sheet_no"),
    )


def _without_header(rows: pl.DataFrame, is_noted: pl.Expr) -> pl.DataFrame:
    """Rows of sheets whose header was not found: what looks like data counts as data, and is returned.

    Such a sheet bears data if its name is a table's, or if it has several rows of several cells.
    """
    unknown = pl.col("kind").is_null()
    full = unknown & (pl.col("n") >= 3) & ~is_noted & ~pl.col("total")
    # The first full row must be the header. A second one follows unless figures begin at once.
    first = pl.col("row").filter(full).min().over("sheet_no")
    begins = full & (pl.col("row") > first) & (pl.col("has_figure") | (pl.col("row") >= first + 2))
    body = pl.col("row") >= pl.col("row").filter(begins).min().over("sheet_no")
    bears = ~pl.col("is_explaining") & (
        pl.col("hint").is_not_null() | (~pl.col("is_hidden") & (full.sum().over("sheet_no") >= 3))
    )
    return rows.with_columns(
        kind=pl.when(~unknown).then(pl.col("kind"))
        .when(pl.col("is_explaining")).then(pl.lit("note"))
        .when(bears & body.fill_null(False) & full).then(pl.lit("data"))
        .when("total").then(pl.lit("total"))
        .when(is_noted).then(pl.lit("note"))
        .otherwise(pl.lit("unrecognised")),
        family=pl.when(unknown).then(pl.col("hint")).otherwise(pl.col("family")),
    )  # fmt: skip


def _with_factors(columns: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `factor`: 10,000 for amounts in yuan under a heading, or a unit line, that says 万元."""
    money = [(n, f.name) for n, c in families().items() for f in c.fields if f.unit == "元"]
    amounts = pl.DataFrame(money, schema={"family": pl.String, "field": pl.String}, orient="row")
    is_amount = pl.struct("family", "field").is_in(amounts.to_struct().implode())
    said = rows.filter((pl.col("kind") == "unit_line") & pl.col("raw").str.contains("万元"))[
        "sheet_no"
    ].unique()
    by_line = pl.col("unit").is_null() & pl.col("sheet_no").is_in(said.implode())
    by_header = pl.col("unit").str.contains("万").fill_null(False)
    return columns.with_columns(
        factor=pl.when(is_amount & (by_header | by_line)).then(pl.lit(1e4)).otherwise(pl.lit(1.0))
    )


def is_total(text: pl.Expr) -> pl.Expr:
    """Whether a row that begins with this text is a total (合计 but not 合计划)."""
    labels = "|".join(workbook_layout()["total_labels"])
    return normalised(text).str.contains(rf"^({labels})([^\p{{Han}}]|$)")


def is_unit_line(text: pl.Expr) -> pl.Expr:
    """Whether a row that begins with this text names the unit of measurement or the reporting body."""
    return _begins(text, tuple(p for p in workbook_layout()["note_prefixes"] if "单位" in p))


def is_note(text: pl.Expr) -> pl.Expr:
    """Whether a row that begins with this text explains or signs."""
    prefixes = tuple(workbook_layout()["note_prefixes"])
    return _begins(text, prefixes) | normalised(text).str.contains(SIGNATURE)


def _begins(text: pl.Expr, prefixes: tuple[str, ...]) -> pl.Expr:
    # The colon that a prefix ends with is taken from the end of texts when they are normalised.
    bare = pl.Series(prefixes, dtype=pl.String).to_frame("p").select(normalised(pl.col("p")))["p"].to_list()
    colon = ["" if p == b else ":" for p, b in zip(prefixes, bare, strict=True)]
    heads = "|".join(f"{b}{c}" if c else b for b, c in zip(bare, colon, strict=True))
    return (normalised(text) + ":").str.contains(f"^({heads})")
