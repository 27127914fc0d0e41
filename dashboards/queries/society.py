"""Queries on one society: search, its facts, dimensions, indicators, what intake found."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, one
from models.publication.disclosure import sql_for_case_indicators


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
        select s.* exclude (peer_group, peer_n), c.* exclude (society_id), e.decision, e.reason_code,
               e.reason_zh, e.reason_en, e.stability, e.practice_tag
        from societies s join composite c using (society_id) left join exemplars e using (society_id)
        where s.society_id = $1
        """,
        [society_id],
    )


def dimensions(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's dimensions in order, each with the published spread of its peer group (p25, p75)."""
    return con.sql(
        """
        select d.*, p.p25, p.p75 from dimensions d join societies s using (society_id)
        left join peer_spread p
            on p.peer_group = s.peer_group and p.scope = 'dimension' and p.item = d.dimension
        where d.society_id = $1 order by d.dimension
        """,
        params=[society_id],
    ).pl()


def has_spread(con: DuckDBPyConnection) -> bool:
    """Whether the run was published with the spread of its peer groups."""
    return con.sql("select 1 from peer_spread limit 1").fetchone() is not None


def indicators(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's indicators in order, with unit, number of source rows, and the peers' spread (0–100)."""
    return con.sql(
        """
        select i.*, d.unit, d.is_lower_better, coalesce(n.sources_n, 0) as sources_n, p.p25, p.p75
        from indicators i join indicator_definitions d using (indicator) join societies s using (society_id)
        left join peer_spread p
            on p.peer_group = s.peer_group and p.scope = 'indicator' and p.item = i.indicator
        left join (
            select indicator, count(*) as sources_n from contributions
            where society_id = $1 group by indicator
        ) n using (indicator)
        where i.society_id = $1 order by d.position
        """,
        params=[society_id],
    ).pl()


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


def sources(society_id: str, indicator: str) -> Listing:
    """The rows behind one indicator of a society, with file, sheet and line."""
    return Listing(
        """
        select c.label, c.family, coalesce(f.name, c.source_file[:12]) as file, c.source_sheet as sheet,
               c.source_row as row, c.numerator, c.denominator, c.grade, c.evidence_weight, c.is_pending,
               c.left_out
        from contributions c left join files f on f.file_id = c.source_file
        where c.society_id = $society and c.indicator = $indicator
        order by file nulls last, sheet, row, c.row_id
        """,
        {"society": society_id, "indicator": indicator},
    )


def compared(con: DuckDBPyConnection, codes: list[str]) -> pl.DataFrame:
    """Dimension rows of up to five societies: society_id, name, dimension, score, low, high."""
    return con.sql(
        """
        select d.society_id, s.name, d.dimension, d.score, d.low, d.high from dimensions d
        join societies s using (society_id) where list_contains($codes, d.society_id)
        order by list_position($codes, d.society_id), d.dimension
        """,
        params={"codes": codes},
    ).pl()


def compared_indicators(codes: list[str]) -> Listing:
    """One row an indicator, with state, score (0–100) and value of each society (s1 … s5)."""
    columns = ", ".join(
        f"max(i.state) filter (i.society_id = $s{n}) as state{n}, "
        f"max(100 * i.score) filter (i.society_id = $s{n}) as s{n}"
        for n in range(1, len(codes) + 1)
    )
    return Listing(
        f"""
        select i.indicator, any_value(d.dimension) as dimension, any_value(d.position) as position, {columns}
        from indicators i join indicator_definitions d using (indicator)
        group by i.indicator order by position
        """,
        {f"s{n}": code for n, code in enumerate(codes, 1)},
    )


def is_about_cases(con: DuckDBPyConnection, indicator: str) -> bool:
    """Whether the rows behind an indicator are of cases."""
    found = con.sql(
        f"select indicator from ({sql_for_case_indicators()}) where indicator = $1", params=[indicator]
    )
    return bool(found.fetchall())
