"""Queries on one society: search, its facts, dimensions, indicators, what intake found."""

from __future__ import annotations

from dataclasses import asdict, replace
from operator import itemgetter

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Made, Row
from dashboards.queries.frames import COHORT, answered, file_names, of_society, place_of, table
from dashboards.queries.prepared import ready
from dashboards.queries.sql import GRAVEST
from models.publication.explain import DEFINITIONS, ROWS, Explanation, explanation, unknown
from models.publication.tables import NUMBER

SOURCE = {
    "label": pl.String, "family": pl.String, "file": pl.String, "sheet": pl.String, "row": pl.Int64,
    "numerator": pl.Float64, "denominator": pl.Float64, "grade": pl.String, "evidence_weight": pl.Float64,
    "is_pending": pl.Boolean, "file_id": pl.String, "left_out": pl.String,
}  # fmt: skip


def find_societies(
    con: DuckDBPyConnection, text: str, limit: int, filters: Filters = ALL
) -> list[tuple[str, str]]:
    """(society_id, name) of those left by the filters whose name, former name, code or initials hold it."""
    sought = replace(filters, text=text)
    return con.sql(
        f"select society_id, name from societies s where {sought.where('s.society_id')} "
        f"order by name, society_id limit {int(limit)}",
        params=sought.parameters,
    ).fetchall()


def former_names(con: DuckDBPyConnection, society_id: str) -> list[str]:
    """The names that a society had before."""
    renamed = con.sql(
        "select society_id, former_names from society_names where len(former_names) > 0"
    ).fetchall()  # a few of a hundred societies, read once
    return next((list(names) for code, names in renamed if code == society_id), [])


@answered
def society(con: DuckDBPyConnection, society_id: str) -> Row | None:
    """A society with its composite and exemplar decision; None if the scope does not hold it."""
    place = place_of(con, society_id)
    return None if place is None else table(con, COHORT).rows.row(place, named=True)


def _number(con: DuckDBPyConnection, society_id: str) -> int:
    """The number by which a society's rows are found; -1, which no row has, if the scope does not hold it."""
    found = society(con, society_id)
    return -1 if found is None else int(found[NUMBER])


@answered
def dimensions(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's dimensions in order, each with the published spread of its peer group (p25, p75)."""
    own = of_society(con, "dimension_rows", society_id)
    spread = _spread(con, society_id, "dimension")
    pairs = [spread.get(item, (None, None)) for item in own["dimension"]]
    return own.select(
        pl.lit(society_id).alias("society_id"),
        pl.col("dimension").cast(pl.String),
        pl.exclude("no", "dimension"),
        *(pl.Series(name, [p[n] for p in pairs], pl.Float64) for n, name in enumerate(("p25", "p75"))),
    )


def _spread(con: DuckDBPyConnection, society_id: str, scope: str) -> dict[str, tuple[float, float]]:
    """Dimension or indicator → the quartiles of the society's peer group, where they are published."""
    own = society(con, society_id)
    # A few hundred rows, for all groups.
    every = con.sql("select peer_group, scope, item, p25, p75 from peer_spread").fetchall()
    group = own and own["peer_group"]
    return {item: (low, high) for of, what, item, low, high in every if (of, what) == (group, scope)}


def has_spread(con: DuckDBPyConnection) -> bool:
    """Whether the run was published with the spread of its peer groups."""
    return con.sql("select 1 from peer_spread limit 1").fetchone() is not None


@answered
def indicators(con: DuckDBPyConnection, society_id: str) -> list[Row]:
    """What FIGURES says of a society, its indicators in order, with p25 and p75 of its peers (0–100)."""
    own = society(con, society_id)
    if own is None:
        return []
    spread = _spread(con, society_id, "indicator")
    definitions = {row["indicator"]: row for row in _named(con, DEFINITIONS, [])}
    who = {"society_id": society_id, "name": own["name"]}
    return [
        {**row, **who, **definitions[row["indicator"]],
         **dict(zip(("p25", "p75"), spread.get(row["indicator"], (None, None)), strict=True))}
        for row in of_society(con, "society_figures", society_id).to_dicts()
    ]  # fmt: skip


def _named(con: DuckDBPyConnection, query: str, parameters: list[str | int]) -> list[Row]:
    found = con.sql(query, params=parameters)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@answered
def society_findings(con: DuckDBPyConnection, society_id: str, limit: int) -> pl.DataFrame:
    """What intake returned, set aside or warned of in the society's files, the gravest first."""
    found = con.sql(
        f"""
        select code, verdict, file_id, sheet, row, header, value, message_zh, message_en, {GRAVEST} as gravest
        from findings where society_id = $1
        """,
        params=[society_id],
    ).pl()
    names = file_names(con)
    file = pl.Series("file", [names.get(one) for one in found["file_id"]], pl.String)
    by = ["gravest", "file", "sheet", "row", "code", "header"]
    return found.insert_column(2, file).sort(by, nulls_last=True).drop("file_id", "gravest").head(limit)


def explained(con: DuckDBPyConnection, society_id: str, indicator: str) -> Explanation:
    """Why a society has its score in an indicator: see `explain`, which asks for this one only."""
    figure = next((row for row in indicators(con, society_id) if row["indicator"] == indicator), None)
    if figure is None:
        raise unknown(con, society_id, indicator)
    query, names = ROWS.format(c="c.society_no = $1 and c.indicator = $2"), file_names(con)
    rows = sorted(_named(con, query, [_number(con, society_id), indicator]), key=itemgetter("row_id"))
    return explanation(figure, [row | {"file": names.get(row["file_id"])} for row in rows])


def sources(one: Explanation) -> Made:
    """The rows behind one indicator of a society, with file, sheet and line."""
    # A file without a name has its place by its number.
    rows = [asdict(source) | {"file": source.file or source.file_id[:12]} for source in one.sources]
    rows.sort(key=lambda row: tuple((row[name] is None, row[name]) for name in ("file", "sheet", "row")))
    return Made(pl.DataFrame(rows, schema=SOURCE), {"society": one.society_id, "indicator": one.indicator})


def compared(con: DuckDBPyConnection, codes: list[str]) -> pl.DataFrame:
    """Dimension rows of up to five societies: society_id, name, dimension, score, low, high, is_coarse."""
    ready(con, "dimension_rows")
    return con.sql(
        """
        select s.society_id, s.name, d.dimension::varchar as dimension, d.score, d.low, d.high,
               d.is_coarse
        from cohort s join dimension_rows d on d.no = s.rowid where list_contains($codes, s.society_id)
        order by list_position($codes, s.society_id), d.dimension
        """,
        params={"codes": codes},
    ).pl()


def compared_indicators(codes: list[str]) -> Listing:
    """One row an indicator, with state, score (0–100) and value of each society (s1 … s5)."""
    columns = ", ".join(
        f"max(i.state::varchar) filter (s.society_id = $s{n}) as state{n}, "
        f"max(i.score) filter (s.society_id = $s{n}) as s{n}"
        for n in range(1, len(codes) + 1)
    )
    return Listing(
        f"""
        select d.indicator, d.dimension, d.position, {columns}
        from indicator_definitions d left join (
            select * from figures i where i.no in (
                select s.rowid::integer from cohort s where s.society_id in (select unnest($codes)))
        ) i using (position) left join cohort s on s.rowid = i.no
        group by d.indicator, d.dimension, d.position order by d.position
        """,
        {f"s{n}": code for n, code in enumerate(codes, 1)} | {"codes": codes},
        needs=("figures",),
    )
