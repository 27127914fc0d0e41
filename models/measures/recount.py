"""A past run's facts, as they stood in its day, counted again by the rules of another methodology."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from data_contracts.contract import load_contract
from data_contracts.ddl import HISTORY_SCHEMA
from models.measures.engine import FAMILIES, compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.assessment.methodology import Methodology

# Rows of the run's files that stand now, or stood until a file came that the run did not know.
AS_OF = """
create temp table {family} as
select {columns} from main.{family} where source_file in (select file_id from as_of_files)
union all
select {columns} from {history}.{family}
where source_file in (select file_id from as_of_files)
  and superseded_by not in (select file_id from as_of_files)
"""


def recount(  # noqa: PLR0913, PLR0917 - a run, and the two ways to count it
    warehouse: DuckDBPyConnection,
    year: int,
    inputs: Sequence[str],
    own: Methodology,
    other: Methodology,
    stored: pl.DataFrame,
) -> pl.DataFrame | None:
    """The measures of a run over the files `inputs`, counted by the rules of `other`.

    `stored` are the run's own measures. None when the warehouse cannot give them back exactly (another
    warehouse, files that are gone, other code): then nothing may be said about another way of counting.
    """
    import polars as pl

    with closing(warehouse.cursor()) as con:
        con.register("as_of_frame", pl.DataFrame({"file_id": list(inputs)}, schema={"file_id": pl.String}))
        con.execute("create temp table as_of_files as select * from as_of_frame")
        for family in FAMILIES:
            con.execute(AS_OF.format(family=family, columns=_columns(family), history=HISTORY_SCHEMA))
        again = compute(con, year, own).measures
        if again.columns != stored.columns or not again.equals(stored, null_equal=True):
            return None
        return compute(con, year, other).measures


def _columns(family: str) -> str:
    from data_contracts.contract import LINEAGE

    return ", ".join(field.name for field in (*load_contract(family).fields, *LINEAGE))
