"""Queries of 主管单位督促: the cards U1–U6 of the supervising units."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

CARDS = """
select u.unit_id, u.name, u.reporting_line, u.roles, u.plan_doc_no, u.plan_date, u.doc_no, m.indicator,
       m.numerator, m.denominator, m.value
from units u join unit_measures m using (unit_id)
where list_has_any(u.roles, ['supervisor', 'industry_admin'])
"""


def cards(con: DuckDBPyConnection, line: str | None = None) -> pl.DataFrame:
    """One row a unit and indicator (U1–U6), units by reporting line and id: never by how well they did.

    numerator, denominator and value (0–1; null where there was nothing to do). `line` keeps one line.
    """
    return con.sql(
        f"select * from ({CARDS}) where $1 is null or reporting_line = $1 "
        "order by reporting_line, unit_id, indicator",
        params=[line],
    ).pl()


def completeness(con: DuckDBPyConnection) -> pl.DataFrame:
    """Of each indicator: units_n with something to do, complete_n (value 1), partial_n, none_n, idle_n."""
    return con.sql(
        f"""
        select indicator, count(value) as units_n, count(*) filter (value = 1) as complete_n,
               count(*) filter (value > 0 and value < 1) as partial_n, count(*) filter (value = 0) as none_n,
               count(*) filter (value is null) as idle_n, sum(numerator) as numerator,
               sum(denominator) as denominator
        from ({CARDS}) group by indicator order by indicator
        """
    ).pl()


def lines(con: DuckDBPyConnection) -> list[str]:
    """Reporting lines that have such units, in the order of their codes."""
    found = con.sql(f"select distinct reporting_line from ({CARDS}) order by 1").fetchall()
    return [code for (code,) in found]
