"""Run the SQL measures on DuckDB: filed rows → contributions → one figure a society and indicator."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.contract import load_contract
from models.errors import FengqingError
from models.measures.absences import with_absences
from models.measures.parameters import parameter_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.assessment.methodology import Methodology

SQL_DIR = Path(__file__).parent

# Families whose filed rows carry evidence; each is offered to the measures as `<family>_rows`.
EVIDENCED = (
    "annual_reports",
    "documents",
    "education_sessions",
    "investigations",
    "evaluation_activities",
    "youth_participation",
    "supervision_issues",
    "practice_nominations",
)
# One file a family, each yielding contributions.
MEASURES = (
    "annual_reports",
    "documents",
    "education_sessions",
    "education_attendance",
    "investigations",
    "evaluation_activities",
    "youth_participation",
    "supervision_issues",
    "verifications",
)
FAMILIES = (*EVIDENCED, "education_attendance", "verifications", "societies", "units", "credit_records")

MEASURES_UNION = " union all ".join(f"select * from measure_{name}" for name in MEASURES)

LINEAGE = " union all ".join(
    f"select '{name}' as family, row_id, source_file, source_sheet, source_row from {name}"
    for name in (*EVIDENCED, "verifications")
)

CONTRIBUTIONS = """
select c.society_id, c.indicator, l.family, c.row_id, c.numerator, c.denominator, c.grade, c.evidence_weight,
       c.is_pending, l.source_file, l.source_sheet, l.source_row, c.label,
       case when d.row_id is not null then 'double_report' end as left_out
from contributions_all c
join lineage l on l.row_id = c.row_id
left join (
    select m.indicator, m.row_id
    from measure_education_sessions m
    join double_reports using (row_id)
) d on d.indicator = c.indicator and d.row_id = c.row_id
order by c.society_id, c.indicator, l.family, c.row_id
"""


@dataclass(frozen=True)
class Measures:
    """The figures of one year.

    `contributions`: one row a filed row and indicator it feeds (numerator and denominator before evidence
    weights; null where the society answered 不适用 or 未统计), with lineage; `left_out` names why a row is
    listed and adds nothing (double_report: its host reports the session too). `measures`: one row a society
    and indicator, as described in aggregate.sql and absences.py. `signals`: society_id, indicator, signal
    (signals.sql). `units`: unit_id, name, indicator U1–U6, numerator, denominator, value (0–1; null where
    there was nothing to do).
    """

    contributions: pl.DataFrame
    measures: pl.DataFrame
    signals: pl.DataFrame
    units: pl.DataFrame


@cache
def query(name: str) -> str:
    """The text of one SQL file of this folder."""
    return (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")


def compute(con: DuckDBPyConnection, year: int, methodology: Methodology) -> Measures:
    """Compute every measure of `year` from the family tables that `con` sees.

    The connection may be read-only: only temporary tables are made, and dropped at the end. Raises
    FengqingError FAMILY_MISSING if a family table is not there. The same facts give equal frames.
    """
    with _workspace(con) as make:
        for name, frame in parameter_tables(methodology, year).items():
            make.frame(name, frame)
        make.table("row_evidence", query("evidence"))
        for family in EVIDENCED:
            make.table(f"{family}_rows", _rows_sql(family, family))
        make.table("rosters", _rows_sql("education_sessions", "education_attendance"))
        make.table("double_reports", query("double_reports"))
        for name in MEASURES:
            make.table(f"measure_{name}", query(name))
        make.table("measures_union", MEASURES_UNION)
        make.table("contributions_all", query("assemble"))
        make.table("lineage", LINEAGE)
        figures = con.sql(query("aggregate")).pl()
        return Measures(
            contributions=con.sql(CONTRIBUTIONS).pl(),
            measures=with_absences(
                figures,
                con.sql(query("facts")).pl(),
                con.sql(query("confirmed_absences")).pl(),
                methodology,
            ),
            signals=con.sql(
                f"select * from ({query('signals')}) order by society_id, indicator, signal"
            ).pl(),
            units=_units(con),
        )


def _rows_sql(family: str, evidence_of: str) -> str:
    """The year's rows of `family` with the evidence recorded for `evidence_of`."""
    columns = ", ".join(f"f.{field.name}" for field in load_contract(family).fields)
    return f"""
        select {columns}, f.row_id, f.not_applicable_fields, f.not_counted_fields,
               e.grade, e.evidence_weight, e.is_pending
        from {family} f
        join row_evidence e on e.row_id = f.row_id and e.family = '{evidence_of}'
    """


def _units(con: DuckDBPyConnection) -> pl.DataFrame:
    cards = [query("units")]
    if _has_table(con, "files"):
        cards.append(query("unit_returns"))
    union = " union all ".join(f"select * from ({card})" for card in cards)
    return con.sql(
        f"select *, case when denominator > 0 then numerator / denominator end as value from ({union}) "
        "order by unit_id, indicator"
    ).pl()


def _has_table(con: DuckDBPyConnection, name: str) -> bool:
    found = con.sql(
        "select 1 from information_schema.tables where table_schema = 'main' and table_name = ?",
        params=[name],
    ).fetchone()
    return found is not None


@dataclass
class _Workspace:
    """Makes temporary tables on a connection and remembers them."""

    con: DuckDBPyConnection
    made: list[str]

    def table(self, name: str, sql: str) -> None:
        self.con.execute(f"create or replace temp table {name} as {sql}")
        self.made.append(name)

    def frame(self, name: str, frame: pl.DataFrame) -> None:
        self.con.register(f"{name}_frame", frame)
        try:
            self.table(name, f"select * from {name}_frame")
        finally:
            self.con.unregister(f"{name}_frame")


@contextmanager
def _workspace(con: DuckDBPyConnection) -> Iterator[_Workspace]:
    missing = [family for family in FAMILIES if not _has_table(con, family)]
    if missing:
        names = "、".join(load_contract(family).zh for family in missing)
        raise FengqingError(
            "FAMILY_MISSING",
            f"数据仓库缺少表：{names}。请先运行收件入库。",
            f"The warehouse has no table {', '.join(missing)}. Run intake first.",
        )
    workspace = _Workspace(con, [])
    try:
        yield workspace
    finally:
        for name in reversed(workspace.made):
            con.execute(f"drop table if exists temp.{name}")
