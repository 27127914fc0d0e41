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


def _rows(con: DuckDBPyConnection, society_id: str) -> dict[str, str]:
    """The conditions that `i` of the indicators and `c` of the contributions are of a society, $1.

    Its rows lie together. Given the code as it is, DuckDB would compare the codes of the whole nation before
    it looks at the place; what `concat` gives is looked at in the rows of the place only.
    """
    ready(con, "places")
    place = one(con, "select * exclude (society_id) from places where society_id = $1", [society_id]) or {}

    def of(alias: str, table: str) -> str:
        first, last = place.get(f"{table}_first"), place.get(f"{table}_last")
        between = "0 and -1" if first is None else f"{first} and {last}"
        return f"{alias}.at_row between {between} and concat({alias}.society_id) = $1"

    return {"i": of("i", "indicators"), "c": of("c", "contributions")}


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
    found = one(con, "select former_names from society_names where society_id = $1", [society_id])
    return list(found["former_names"] or []) if found else []


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


def dimensions(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's dimensions in order, each with the published spread of its peer group (p25, p75)."""
    ready(con, "dimension_rows")
    found = con.sql(
        """
        select s.society_id, d.* exclude (no) from cohort s join dimension_rows d on d.no = s.rowid
        where s.society_id = $1 order by d.dimension
        """,
        params=[society_id],
    ).pl()
    return _with_spread(con, found, society_id, "dimension")


def _with_spread(con: DuckDBPyConnection, found: pl.DataFrame, society_id: str, scope: str) -> pl.DataFrame:
    """The rows of a society's dimensions or indicators, with p25 and p75 of its peer group."""
    own = society(con, society_id)
    spread = con.sql(
        "select item, p25, p75 from peer_spread where peer_group = $1 and scope = $2",
        params=[own and own["peer_group"], scope],
    ).pl()
    return found.join(spread, left_on=scope, right_on="item", how="left", maintain_order="left")


def has_spread(con: DuckDBPyConnection) -> bool:
    """Whether the run was published with the spread of its peer groups."""
    return con.sql("select 1 from peer_spread limit 1").fetchone() is not None


def indicators(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's indicators in order, with unit, number of source rows, and the peers' spread (0–100)."""
    found = _with_spread(con, _figures(con, society_id), society_id, "indicator").sort("position")
    counts = _sources(con, society_id).group_by("indicator").agg(sources_n=pl.len().cast(pl.Int64))
    own = [name for name in found.columns[: found.columns.index("name")] if name != "at_row"]
    return found.join(counts, on="indicator", how="left", maintain_order="left").select(
        *own, "unit", "is_lower_better", pl.col("sources_n").fill_null(0), "p25", "p75"
    )


def _figures(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The rows of FIGURES of a society."""
    own = "(select society_id, name from cohort where society_id = $1)"
    query = FIGURES.format(i=_rows(con, society_id)["i"], s=own)
    return con.sql(query, params=[society_id]).pl()


def _sources(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The rows of SOURCES of a society, of all its indicators."""
    return con.sql(SOURCES.format(c=_rows(con, society_id)["c"]), params=[society_id]).pl()


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
    of = pl.col("indicator") == indicator
    figures = _figures(con, society_id).filter(of).to_dicts()
    if not figures:
        raise unknown(con, society_id, indicator)
    return explanation(figures[0], _sources(con, society_id).filter(of).to_dicts())


def sources(one: Explanation) -> Made:
    """The rows behind one indicator of a society, with file, sheet and line."""
    frame = pl.DataFrame([asdict(source) for source in one.sources], schema=SOURCE)
    named = frame.with_columns(pl.col("file").fill_null(pl.col("file_id").str.slice(0, 12)))
    # A file without a name has its place by its number.
    rows = named.sort("file", "sheet", "row", nulls_last=True, maintain_order=True)
    return Made(rows, {"society": one.society_id, "indicator": one.indicator})


def compared(con: DuckDBPyConnection, codes: list[str]) -> pl.DataFrame:
    """Dimension rows of up to five societies: society_id, name, dimension, score, low, high."""
    ready(con, "dimension_rows")
    return con.sql(
        """
        select s.society_id, s.name, d.dimension, d.score, d.low, d.high
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
