"""What a run rests on, kept in its snapshot so that it can be compared long after: files, facts, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_contracts.contract import load_contracts
from models.publication.manifest import INPUTS

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# Of each society, family and file a count and a digest of the contract's fields, whatever the order of rows:
# the same facts sent again in another file give the same digest. Nothing of a row can be read back from it.
FACTS = """
select society_id, '{family}' as family, source_file, count(*) as rows_n,
       bit_xor(md5_number_lower({text})) as digest
from {family} where report_year = $1 group by society_id, source_file
"""
# Why somebody known to the register is not assessed.
NOT_ASSESSED = """
select society_id, name, reg_status, in_scope from societies
where report_year = $1 and not (in_scope and reg_status = 'registered') order by society_id
"""


def write_basis(con: DuckDBPyConnection, warehouse: DuckDBPyConnection, measures: Any, year: int) -> None:
    """Write the tables `inputs`, `facts`, `not_assessed`, `measures` and `signals` of a snapshot.

    `inputs`: the files behind the manifest's hash. `facts`: society_id, family, source_file, rows_n, digest.
    `measures` and `signals`: as in `engine.Measures`, from which indicators can be worked out again.
    """
    put(con, "inputs", warehouse.sql(INPUTS, params=[year]).pl(), "纳入的文件 | Files of the run")
    put(
        con,
        "facts",
        warehouse.sql(sql_for_facts(), params=[year]).pl(),
        "各学会各类事实的摘要 | Digest of facts",
    )
    put(con, "not_assessed", warehouse.sql(NOT_ASSESSED, params=[year]).pl(), "名册中未评估的 | Not assessed")
    put(con, "measures", measures.measures, "各学会各指标的汇总数 | Figures a society and indicator")
    put(con, "signals", measures.signals, "外部迹象 | Outside signals")


def sql_for_facts() -> str:
    """The query of `facts` over every family that tells of a society."""
    parts = []
    for contract in load_contracts().values():
        names = [field.name for field in contract.fields]
        if "society_id" not in names:
            continue
        columns = [*names, "not_applicable_fields", "not_counted_fields"]
        text = (
            "concat_ws(chr(31), "
            + ", ".join(f"coalesce(cast({c} as varchar), chr(30))" for c in columns)
            + ")"
        )
        parts.append(FACTS.format(family=contract.name, text=text))
    return " union all ".join(parts) + " order by society_id, family, source_file"


def put(con: DuckDBPyConnection, name: str, frame: pl.DataFrame, comment: str) -> None:
    """Write a frame as a commented table of the snapshot."""
    con.register("incoming", frame)
    con.execute(f"create table {name} as select * from incoming")
    con.unregister("incoming")
    con.execute(f"comment on table {name} is '{comment}'")
