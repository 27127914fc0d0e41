"""What the query modules share: a row by name, and a listing that is counted and read page by page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.queries.prepared import ready
from models.audit import About

Row = dict[str, Any]
FILES = """
select r.* exclude (source_file, at_row), coalesce(f.name, r.source_file[:12]) as file
from (select *, row_number() over () as at_row from ({rows})) r left join files f on f.file_id = r.source_file
order by r.at_row
"""


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


class Listed(Protocol):
    """Many rows in a total order, counted and read page by page."""

    @property
    def about(self) -> Mapping[str, About]:
        """What its rows are narrowed to, for the audit log: parameter → value."""

    def count(self, con: DuckDBPyConnection, /) -> int:
        """How many rows there are."""

    def page(self, con: DuckDBPyConnection, /, offset: int, limit: int) -> pl.DataFrame:
        """`limit` rows from `offset`."""

    def first(self, con: DuckDBPyConnection, /, limit: int) -> tuple[pl.DataFrame, int]:
        """The first `limit` rows, and how many there are."""

    def all(self, con: DuckDBPyConnection, /) -> pl.DataFrame:
        """Every row, for a download."""


@dataclass(frozen=True)
class Made:
    """A listing that is a frame already: what SQL alone does not say. `about`: as of `Listing`."""

    frame: pl.DataFrame
    about: Mapping[str, About] = field(default_factory=dict)

    def count(self, _con: DuckDBPyConnection) -> int:
        """How many rows there are."""
        return self.frame.height

    def page(self, _con: DuckDBPyConnection, offset: int, limit: int) -> pl.DataFrame:
        """`limit` rows from `offset`."""
        return self.frame.slice(offset, limit)

    def first(self, con: DuckDBPyConnection, limit: int) -> tuple[pl.DataFrame, int]:
        """The first `limit` rows, and how many there are."""
        return self.page(con, 0, limit), self.count(con)

    def all(self, _con: DuckDBPyConnection) -> pl.DataFrame:
        """Every row, for a download."""
        return self.frame


@dataclass(frozen=True)
class Listing:
    """A query of many rows, in a total order, that is never read whole for the screen.

    `found`, where it is given, is a narrow query of those rows, and `order` their order, in which its columns
    go by `c`; then `sql` reads the relation `found`, and looks up what else is shown for the rows that are
    read only. `needs`: tables to be made first (see prepared.py). `has_files`: `sql` gives `source_file`,
    instead of which a reader sees the file's name, as `file`.
    """

    sql: str
    parameters: dict[str, Any] = field(default_factory=dict)
    has_files: bool = False
    found: str = ""
    order: str = "c.place"
    needs: tuple[str, ...] = ()

    @property
    def about(self) -> dict[str, About]:
        """What its rows are narrowed to, for the audit log: parameter → value."""
        return {
            name.removeprefix("f_"): value if isinstance(value, list) else str(value)
            for name, value in self.parameters.items()
        }

    def count(self, con: DuckDBPyConnection) -> int:
        """How many rows there are."""
        ready(con, *self.needs)
        query = f"select count(*) from ({self.found or self.sql})"
        # DuckDB refuses parameters that a query does not name.
        named = {name: self.parameters[name] for name in set(re.findall(r"\$(\w+)", query))}
        return int(con.sql(query, params=named).fetchall()[0][0])

    def first(self, con: DuckDBPyConnection, limit: int) -> tuple[pl.DataFrame, int]:
        """The first `limit` rows, and how many there are."""
        if self.found:
            rows = self._read(con, f" limit {int(limit)}", ", (select count(*) from sought) as total_n")
            return rows.drop("total_n"), rows["total_n"][0] if rows.height else 0
        rows = self.page(con, 0, limit)
        return rows, rows.height if rows.height < limit else self.count(con)

    def page(self, con: DuckDBPyConnection, offset: int, limit: int) -> pl.DataFrame:
        """`limit` rows from `offset`."""
        return self._read(con, f" limit {int(limit)} offset {int(offset)}")

    def all(self, con: DuckDBPyConnection) -> pl.DataFrame:
        """Every row, for a download."""
        return self._read(con, "")

    def _read(self, con: DuckDBPyConnection, part: str, more: str = "") -> pl.DataFrame:
        ready(con, *self.needs)
        rows = self.sql if self.found else f"{self.sql}{part}"
        rows = FILES.format(rows=rows) if self.has_files else rows
        if self.found:
            rows = f"""
                with sought as materialized ({self.found}),
                found as materialized (select * from sought c order by {self.order}{part})
                select r.*{more} from ({rows}) r
            """
        return con.sql(rows, params=self.parameters).pl()
