"""Tables in memory as frames: a filter is a mask over the societies, and no query has to be planned for it.

To plan a query of a few joins takes DuckDB three to six milliseconds, whatever it finds; a page asks five to
nine for every new filter. What they have in common, the societies that the filter leaves, is asked once, and
the rest is picking rows by number. Tables are those of prepared.py, and `cohort`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar, cast

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.prepared import FRAMES, TABLES, ready
from models.audit import About

if TYPE_CHECKING:
    from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")
COHORT, NO = "cohort", "no"
SOCIETY = ("society_id", "name", "level", "supervisor_name")
# Of the societies that the filters leave, those only.
FILED, RATED, SELECTED = "filed", "rated", "selected"
ALSO = {
    FILED: pl.col("filed"),
    RATED: pl.col("band") != "unrated",
    SELECTED: pl.col("decision") == "selected",
}


class Table(NamedTuple):
    """Rows in their order, and of each the row of its society in `cohort`; the length of that for none."""

    rows: pl.DataFrame
    of: NDArray[np.int64]


def table(con: DuckDBPyConnection, name: str, column: str = "", value: str = "") -> Table:
    """A prepared table or `cohort`; of it the rows with `value` in `column`, if one is given."""

    def whole() -> Table:
        if name in TABLES:
            ready(con, name)
        rows = con.cursor().execute(FRAMES.get(name, f"select * from {name}")).pl()
        if name == COHORT:
            return Table(rows, np.arange(rows.height))
        n = table(con, COHORT).rows.height
        return Table(rows, rows[NO].cast(pl.Int64).fill_null(n).to_numpy())

    def part() -> Table:
        rows, of = table(con, name)
        places = np.flatnonzero(rows[column] == value)
        if places.size and places[-1] - places[0] + 1 == places.size:
            # They lie together: no copy.
            return Table(rows.slice(places[0], places.size), of[places[0] : places[-1] + 1])
        return Table(rows[places], of[places])

    return _once(con, ("table", name, column, value), part if column else whole)


def left(con: DuckDBPyConnection, filters: Filters, also: str = "") -> NDArray[np.bool_]:
    """Of each row of `cohort`, whether the filters leave it; and at the end, what is of no society.

    That is of nobody in particular: without any filter it belongs to the whole.
    """
    rows = table(con, COHORT).rows

    def those() -> NDArray[np.bool_]:
        return _fixed(np.append(rows.select(ALSO[also]).to_series().fill_null(False).to_numpy(), False))

    def everybody() -> NDArray[np.bool_]:
        return _fixed(np.full(rows.height + 1, True))

    def chosen() -> NDArray[np.bool_]:
        found = np.full(rows.height + 1, not filters.text.strip())
        if filters.text.strip():
            query = f"select f.rowid::integer as no from cohort f where {filters.of_cohort('f')}"
            found[con.cursor().execute(query, filters.parameters).pl()[NO].to_numpy()] = True
        found[-1] = False
        for column, code in filters.codes.items():
            has = rows[column].is_null() if code is None else rows[column].eq(code).fill_null(False)
            found[:-1] &= has.to_numpy()
        return _fixed(found)

    is_all = not (filters.chosen or filters.text.strip())
    found = _once(con, "everybody", everybody) if is_all else _kept(con, ("left", filters), chosen)
    return found & _once(con, ("left", also), those) if also else found


def rows(  # noqa: PLR0913, PLR0917 - what a query of one table says
    con: DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    filters: Filters = ALL,
    also: str = "",
    part: tuple[str, str] | tuple[()] = (),
) -> pl.DataFrame:
    """Columns of the rows of a table, or of a part of it, whose society the filters leave, in its order."""
    found, of = table(con, name, *part)
    found = found.select(columns)
    if not (also or filters.chosen or filters.text.strip()):
        return found
    return found[np.flatnonzero(left(con, filters, also)[of])]


def of_society(con: DuckDBPyConnection, name: str, society_id: str) -> pl.DataFrame:
    """The rows of a society in a table that lies in the order of societies; none if the scope lacks it."""
    place = place_of(con, society_id)
    found, of = table(con, name)
    first, last = (0, 0) if place is None else np.searchsorted(of, (place, place + 1))
    return found[int(first) : int(last)]


def place_of(con: DuckDBPyConnection, society_id: str) -> int | None:
    """The row of a society in `cohort`; None if the scope does not hold it."""
    codes = table(con, COHORT).rows["society_id"]
    place = codes.search_sorted(society_id)
    return int(place) if place < len(codes) and codes[place] == society_id else None


def file_names(con: DuckDBPyConnection) -> dict[str, str]:
    """File id → name, of the files that may be seen."""
    query = "select file_id, name from files where name is not null"
    return _once(con, "file names", lambda: dict(con.cursor().execute(query).fetchall()))


@dataclass(frozen=True)
class Rows:
    """A listing of rows of a table: those of societies that the filters leave, in the order of the table.

    `shown`: columns of the table, else of the row's society, else of `given`: (name, the value of all).
    `part`: a column and the value that it must have; `order`: of societies, an ORDER BY over `cohort c`.
    """

    table: str
    shown: tuple[str, ...]
    filters: Filters = ALL
    also: str = ""
    part: tuple[str, str] | tuple[()] = ()
    order: str = ""
    given: tuple[tuple[str, str], ...] = ()

    @property
    def about(self) -> dict[str, About]:
        """What its rows are narrowed to, for the audit log: parameter → value."""
        return {**self.filters.about, **dict([self.part] if self.part else [])}

    def count(self, con: DuckDBPyConnection) -> int:
        """How many rows there are."""
        return len(self._places(con))

    def page(self, con: DuckDBPyConnection, offset: int, limit: int) -> pl.DataFrame:
        """`limit` rows from `offset`."""
        return self._read(con, self._places(con)[offset : offset + limit])

    def first(self, con: DuckDBPyConnection, limit: int) -> tuple[pl.DataFrame, int]:
        """The first `limit` rows, and how many there are."""

        def make() -> tuple[pl.DataFrame, int]:
            places = self._places(con)
            return self._read(con, places[:limit]), len(places)

        return _kept(con, (self, limit), make)

    def all(self, con: DuckDBPyConnection) -> pl.DataFrame:
        """Every row, for a download."""
        return self._read(con, self._places(con))

    def _places(self, con: DuckDBPyConnection) -> NDArray[np.int64]:
        of = table(con, self.table, *self.part).of
        # A listing names the society of each row.
        those = left(con, self.filters, self.also).copy()
        those[-1] = False
        if not self.order:
            return np.flatnonzero(those[of])
        ordered = con.sql(f"select c.rowid as no from cohort c order by {self.order}").pl()[NO].to_numpy()
        return ordered[those[ordered]]

    def _read(self, con: DuckDBPyConnection, places: NDArray[np.int64]) -> pl.DataFrame:
        found, of = table(con, self.table, *self.part)
        own, society = found[places], table(con, COHORT).rows[of[places]]
        given = dict(self.given)
        values = [
            own[name] if name in found.columns
            else society[name] if name in society.columns
            else pl.repeat(given[name], len(places), eager=True).alias(name)
            for name in self.shown
        ]  # fmt: skip
        return pl.DataFrame([v.cast(pl.String) if v.dtype == pl.Categorical else v for v in values])


def answered(ask: Callable[P, T]) -> Callable[P, T]:
    """Keep what a query gives, by its arguments after the connection."""

    @wraps(ask)
    def kept(*args: P.args, **named: P.kwargs) -> T:
        con, *others = args
        key = (ask.__module__, ask.__qualname__, *others, *sorted(named.items()))
        found = _kept(con, key, lambda: ask(*args, **named))
        # A row is its reader's own, to add to.
        return cast("T", dict(found)) if isinstance(found, dict) else found

    return kept


def _fixed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask, which its many readers share, safe from being written to."""
    mask.flags.writeable = False
    return mask


def _kept(con: Any, key: Hashable, make: Callable[[], T]) -> T:
    keep = getattr(con, "kept", None)
    return make() if keep is None else keep(key, make)


def _once(con: Any, key: Hashable, make: Callable[[], T]) -> T:
    # A reader keeps it; a connection of its own, as of a download, makes it for itself.
    keep = getattr(con, "fact", None)
    return make() if keep is None else keep(key, make)
