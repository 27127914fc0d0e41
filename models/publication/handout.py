"""A snapshot as it may be handed out: the views of others than case officers, all societies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.publication.coarse import Place, sql_for_preparation
from models.publication.details import CLOSED
from models.publication.disclosure import sql_for_suppressed_indicators
from models.publication.files import LACKING, beside, older, open_file, quoted, snapshot_path
from models.publication.masks import sql_for_exact, sql_for_spread, sql_for_tables
from models.publication.snapshot import resolve
from models.publication.spread import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from models.home import Home

AT = Place("snapshot", "own")


def open_handout(
    home: Home, run_id: str | None = None, year: int | None = None, *, restricted: bool = False
) -> DuckDBPyConnection:
    """The snapshot meant; small counts of cases, and what gives them back, are withheld unless `restricted`.

    Raises FengqingError when there is no such run, when it is damaged, or of a version that lacks what is
    masked.
    """
    path = snapshot_path(home, resolve(home, run_id, year))
    return exact(path) if restricted else masked(path)


def exact(path: Path) -> DuckDBPyConnection:
    """An in-memory database with a view a table of the snapshot at `path`, for those cleared for cases."""
    return _with_views(path, lambda con: _make_views(con, sql_for_exact(AT.source)))


def masked(path: Path) -> DuckDBPyConnection:
    """An in-memory database with a view a table of the snapshot at `path`, masked where a rule says so."""
    return _with_views(path, _make_masked)


def _with_views(path: Path, make: Callable[[DuckDBPyConnection], None]) -> DuckDBPyConnection:
    open_file(path).close()
    con = beside(path)
    con.execute(f"attach {quoted(str(path))} as {AT.source} (read_only)")
    con.execute(f"create schema {AT.own}")
    try:
        make(con)
    except LACKING as error:
        con.close()
        raise older(path.stem) from error
    return con


def _make_masked(con: DuckDBPyConnection) -> None:
    for statement in sql_for_preparation(AT):
        con.execute(statement)
    columns = tuple(con.sql(f"from {AT.source}.indicators limit 0").columns)
    shown = {
        **sql_for_tables(AT),
        "indicators": sql_for_suppressed_indicators(AT.source, columns, f"{AT.own}.cells"),
    }
    # Rows of cases are for those cleared.
    shown |= {name: f"select * from {AT.source}.{name} where false" for name in CLOSED}
    _make_views(con, {**shown, TABLE: sql_for_spread(AT)})


def _make_views(con: DuckDBPyConnection, shown: dict[str, str]) -> None:
    tables = con.sql(
        "select table_name from duckdb_tables() where database_name = $1", params=[AT.source]
    ).fetchall()
    for (name,) in tables:
        con.execute(f"create view {name} as {shown.get(name, f'select * from {AT.source}.{name}')}")
