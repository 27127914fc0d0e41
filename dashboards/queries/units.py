"""Queries of 主管单位督促: the cards U1–U6 of the supervising units."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters

CARDS = """
select u.unit_id, u.name, u.reporting_line, u.roles, u.plan_doc_no, u.plan_date, u.doc_no, m.indicator,
       m.numerator, m.denominator, m.value
from units u join unit_measures m using (unit_id)
where list_has_any(u.roles, ['supervisor', 'industry_admin'])
"""


KEPT = "($line is null or reporting_line = $line) and ($unit is null or unit_id = $unit)"


def cards(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """One row a unit and indicator (U1–U6), units by reporting line and id: never by how well they did.

    numerator, denominator and value (0–1; null where there was nothing to do). `filters` keep one line, or
    the unit itself.
    """
    return con.sql(
        f"select * from ({CARDS}) where {KEPT} order by reporting_line, unit_id, indicator",
        params=_kept(filters),
    ).pl()


def _kept(filters: Filters) -> dict[str, str | None]:
    return {"line": filters.reporting_line, "unit": filters.supervisor_id}


def completeness(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Of each indicator: units_n with something to do, complete_n (value 1), partial_n, none_n, idle_n."""
    return con.sql(
        f"""
        select indicator, count(value) as units_n, count(*) filter (value = 1) as complete_n,
               count(*) filter (value > 0 and value < 1) as partial_n, count(*) filter (value = 0) as none_n,
               count(*) filter (value is null) as idle_n, sum(numerator) as numerator,
               sum(denominator) as denominator
        from ({CARDS}) where {KEPT} group by indicator order by indicator
        """,
        params=_kept(filters),
    ).pl()


def names(con: DuckDBPyConnection) -> list[tuple[str, str]]:
    """(unit_id, name) of such units, by id."""
    return con.sql(f"select distinct unit_id, name from ({CARDS}) order by unit_id").fetchall()


def lines(con: DuckDBPyConnection) -> list[str]:
    """Reporting lines that have such units, in the order of their codes."""
    found = con.sql(f"select distinct reporting_line from ({CARDS}) order by 1").fetchall()
    return [code for (code,) in found]
