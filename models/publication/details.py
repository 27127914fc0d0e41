"""Accepted rows of the year in the snapshot, one table a family: what the pages on the six tasks ask of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_contracts.contract import LINEAGE, load_contract
from models.publication.disclosure import CASE_FAMILIES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Check-ins stay behind (one row a person); registers and credit records have tables and codes of their own.
FAMILIES = (
    "annual_reports", "documents", "education_sessions", "evaluation_activities", "youth_participation",
    "supervision_issues", "practice_nominations", "verifications", "objections", "investigations",
)  # fmt: skip


def table_name(family: str) -> str:
    """The snapshot table of a family's rows."""
    return f"detail_{family}"


# Tables that every reader of a society may see, and those that only the role for cases may.
OPEN = tuple(table_name(f) for f in FAMILIES if f not in CASE_FAMILIES)
CLOSED = tuple(table_name(f) for f in FAMILIES if f in CASE_FAMILIES)


def write_details(con: DuckDBPyConnection, warehouse: DuckDBPyConnection, year: int) -> None:
    """Copy the year's accepted rows of each family: the contract's fields, then row, file, sheet and line."""
    for family in FAMILIES:
        frame = warehouse.sql(sql_for_rows(family), params=[year]).pl()
        con.register("incoming", frame)
        con.execute(f"create table {table_name(family)} as select * from incoming")
        con.unregister("incoming")
        con.execute(f"comment on table {table_name(family)} is '{_comment(family)}'")


def sql_for_rows(family: str) -> str:
    """The query of one family's rows of a year, in the order of the key."""
    contract = load_contract(family)
    columns = ", ".join(f.name for f in (*contract.fields, *LINEAGE) if f.name != "report_year")
    return f"select {columns} from {family} where report_year = $1 order by society_id, row_id"


def _comment(family: str) -> str:
    contract = load_contract(family)
    return f"{contract.zh}（受理行）| {contract.en} (accepted rows)"
