"""Queries on one society: search, its facts, dimensions, indicators, what intake found."""

from __future__ import annotations

from dataclasses import asdict, replace

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Made, Row, one
from dashboards.queries.prepared import ready
from models.publication.explain import FIGURES, SOURCES, Explanation, explanation, unknown

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


def society(con: DuckDBPyConnection, society_id: str) -> Row | None:
    """A society with its composite and exemplar decision; None if the scope does not hold it."""
    return one(
        con,
        """
        select c.* exclude (quota_class, failed_n, closed_step, decision, reason_code, reason_zh, reason_en,
               stability, practice_tag), c.decision, c.reason_code, c.reason_zh, c.reason_en, c.stability,
               c.practice_tag
        from cohort c where c.society_id = $1
        """,
        [society_id],
    )


def _number(con: DuckDBPyConnection, society_id: str) -> int:
    """The number by which a society's rows are found; -1, which no row has, if the scope does not hold it."""
    found = society(con, society_id)
    return -1 if found is None else int(found["society_no"])


def dimensions(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's dimensions in order, each with the published spread of its peer group (p25, p75)."""
    ready(con, "dimension_rows")
    found = con.sql(
        """
        select s.society_id, d.dimension::varchar as dimension, d.* exclude (no, dimension)
        from cohort s join dimension_rows d on d.no = s.rowid where s.society_id = $1 order by d.dimension
        """,
        params=[society_id],
    ).pl()
    spread = _spread(con, society_id, "dimension")
    pairs = [spread.get(item, (None, None)) for item in found["dimension"]]
    return found.with_columns(
        pl.Series(name, [pair[n] for pair in pairs], pl.Float64) for n, name in enumerate(("p25", "p75"))
    )


def _spread(con: DuckDBPyConnection, society_id: str, scope: str) -> dict[str, tuple[float, float]]:
    """Dimension or indicator → the quartiles of the society's peer group, where they are published."""
    own = society(con, society_id)
    query = "select item, p25, p75 from peer_spread where peer_group = $1 and scope = $2"
    found = con.sql(query, params=[own and own["peer_group"], scope]).fetchall()
    return {item: (low, high) for item, low, high in found}


def has_spread(con: DuckDBPyConnection) -> bool:
    """Whether the run was published with the spread of its peer groups."""
    return con.sql("select 1 from peer_spread limit 1").fetchone() is not None


def indicators(con: DuckDBPyConnection, society_id: str) -> list[Row]:
    """The rows of FIGURES of a society, its indicators in order, with p25 and p75 of its peers (0–100)."""
    own = "(select society_id, name from cohort where society_id = $1)"
    query = FIGURES.format(i="i.society_no = $2", s=own)
    spread = _spread(con, society_id, "indicator")
    rows = sorted(_named(con, query, [society_id, _number(con, society_id)]), key=lambda r: r["position"])
    return [
        row | dict(zip(("p25", "p75"), spread.get(row["indicator"], (None, None)), strict=True))
        for row in rows
    ]


def _named(con: DuckDBPyConnection, query: str, parameters: list[str | int]) -> list[Row]:
    found = con.sql(query, params=parameters)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def society_findings(con: DuckDBPyConnection, society_id: str, limit: int) -> pl.DataFrame:
    """What intake returned, set aside or warned of in the society's files."""
    return con.sql(
        """
        select f.code, f.verdict, files.name as file, f.sheet, f.row, f.header, f.value, f.message_zh,
               f.message_en
        from findings f left join files using (file_id)
        where f.society_id = $1
        order by case f.verdict when 'Q' then 1 when 'R' then 2 else 3 end, file, f.sheet, f.row limit $2
        """,
        params=[society_id, limit],
    ).pl()


def explained(con: DuckDBPyConnection, society_id: str, indicator: str) -> Explanation:
    """Why a society has its score in an indicator: see `explain`, which asks for this one only."""
    figure = next((row for row in indicators(con, society_id) if row["indicator"] == indicator), None)
    if figure is None:
        raise unknown(con, society_id, indicator)
    query = SOURCES.format(c="c.society_no = $1 and c.indicator = $2")
    return explanation(figure, _named(con, query, [_number(con, society_id), indicator]))


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
        f"max(100 * i.score) filter (s.society_id = $s{n}) as s{n}"
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
