"""From the sample's records straight to accepted facts in memory: no file is written and none is read.

A test holds this road against the long one (files without mess, through intake) for a small nation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from data_contracts.contract import LINEAGE, Contract, load_contracts
from data_contracts.ddl import create_table
from models.sample.records.year import YearRecords
from models.sample.render import STATE
from models.sample.season import Season

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Facts = dict[str, pl.DataFrame]
SOURCE = "sample"  # where the rows say they come from, in place of a file's checksum


def accepted(season: Season, records: YearRecords) -> Facts:
    """The accepted rows of every family, in `Contract.polars_schema()`, as intake would load them.

    Person keys stay as the roster has them; intake replaces each by its salted digest.
    """
    ids = pl.DataFrame({"soc": range(len(season)), "society_id": season.population.ids})
    found = {}
    for family, contract in load_contracts().items():
        parts = [
            _typed(contract, frame, season.year, ids)
            for frame in (records.filed.get(family), records.authority.get(family))
            if frame is not None
        ]
        rows = pl.concat(parts) if parts else pl.DataFrame(schema=contract.polars_schema())
        found[family] = numbered(rows, contract)
    return found


def _typed(contract: Contract, frame: pl.DataFrame, year: int, ids: pl.DataFrame) -> pl.DataFrame:
    if "society_id" not in frame.columns and "soc" in frame.columns:
        frame = frame.join(ids, on="soc", how="left", maintain_order="left")
    if "report_year" not in frame.columns:
        frame = frame.with_columns(report_year=pl.lit(year, pl.Int64))
    schema = contract.polars_schema()
    said = {name: name + STATE for name in schema if name + STATE in frame.columns}
    values = [
        pl.col(f.name).cast(schema[f.name]) if f.name in frame.columns
        else pl.lit(f.default, schema[f.name]).alias(f.name)
        for f in contract.fields
    ]  # fmt: skip
    states = [
        _fields_saying(said, code).alias(f"{code}_fields") for code in ("not_applicable", "not_counted")
    ]
    return frame.select(*values, *states)


def _fields_saying(said: Mapping[str, str], code: str) -> pl.Expr:
    """The names of the fields that are absent for the reason `code`, as a list; empty where none is."""
    if not said:
        return pl.lit([], pl.List(pl.String))
    named = [pl.when(pl.col(state) == code).then(pl.lit(name)) for name, state in said.items()]
    return pl.concat_list(named).list.drop_nulls()


def numbered(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The rows with lineage of their own, in the order of the contract's schema."""
    lineage = {f.name for f in LINEAGE} - {"not_applicable_fields", "not_counted_fields"}
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return (
        rows.drop(lineage, strict=False)
        .with_columns(
            row_id=pl.lit(f"{contract.name}/") + place.cast(pl.String),
            source_file=pl.lit(SOURCE),
            source_sheet=pl.lit(contract.zh),
            source_row=place,
        )
        .select(contract.polars_schema().names())
    )


@contextmanager
def connected(facts: Facts) -> Iterator[DuckDBPyConnection]:
    """A database in memory that holds the facts under the contracts' keys and NOT NULLs.

    Raises:
        duckdb.ConstraintException: rows that break a key or lack a required value.
    """
    import duckdb

    con = duckdb.connect(":memory:")
    try:
        for family, contract in load_contracts().items():
            con.execute(create_table(contract))
            con.register("facts_frame", facts[family])
            con.execute(f"insert into {family} by name select * from facts_frame")
            con.unregister("facts_frame")
        yield con
    finally:
        con.close()
