"""What the query modules share: a row by name, and a listing that is counted and read page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

Row = dict[str, Any]


def one(con: DuckDBPyConnection, query: str, parameters: Any = None) -> Row | None:
    """The first row by column name; None without any."""
    relation = con.sql(query, params=parameters)
    row = relation.fetchone()
    return None if row is None else dict(zip(relation.columns, row, strict=True))


def the(con: DuckDBPyConnection, query: str, parameters: Any = None) -> Row:
    """The one row of a query that always gives one."""
    found = one(con, query, parameters)
    assert found is not None
    return found


@dataclass(frozen=True)
class Listing:
    """A query of many rows, in a total order, that is never read whole for the screen."""

    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def count(self, con: DuckDBPyConnection) -> int:
        """How many rows there are."""
        found = con.sql(f"select count(*) from ({self.sql})", params=self.parameters).fetchall()
        return int(found[0][0])

    def page(self, con: DuckDBPyConnection, offset: int, limit: int) -> pl.DataFrame:
        """`limit` rows from `offset`."""
        return con.sql(f"{self.sql} limit {int(limit)} offset {int(offset)}", params=self.parameters).pl()

    def all(self, con: DuckDBPyConnection) -> pl.DataFrame:
        """Every row, for a download."""
        return con.sql(self.sql, params=self.parameters).pl()
