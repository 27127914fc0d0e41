"""Write one snapshot's tables into a DuckDB file: frames, what intake found, labels, the run itself."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from data_contracts.contract import load_contracts
from models.errors import FengqingError
from models.publication.basis import write_basis
from models.publication.cases import case_frame
from models.publication.details import write_details
from models.publication.disclosure import CASE_FAMILIES
from models.publication.labels import definition_frame, label_frame
from models.publication.names import name_frame
from models.publication.spread import TABLE, spread_frame
from models.publication.tables import ASSESSMENT, MEASURES, NUMBER, NUMBERED, Table

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.publication.chain import Chain
    from models.publication.manifest import Manifest

FILE_COLUMNS = (
    "file_id, name, bytes, origin, society_id, report_year, revision, status, rows_read, accepted, returned, "
    "quarantined, non_data, landed_at, container"
)
# A file belongs to a run by its year, or because a figure of the run rests on it.
FILES = f"""
select {FILE_COLUMNS} from files
where report_year is null or report_year = $year or list_contains($used, file_id)
order by file_id
"""
# `family`: of the row, else of the rows of its sheet, under whatever name that was sent.
FINDINGS = """
select f.*, r.family as row_family, coalesce(r.family, s.family) as family from findings f
left join row_runs r
    on r.file_id = f.file_id and r.sheet = f.sheet and f.row between r.first_row and r.last_row
left join (select file_id, sheet, min(family) as family from row_runs group by all) s
    on s.file_id = f.file_id and s.sheet = f.sheet
where f.report_year is null or f.report_year = $year
"""
# Values of rows that the contracts do not leave open stay behind: a defect's name and advice are enough.
OPEN_FINDINGS = """
select file_id, sheet, family, row, col, field, header, f.code, verdict,
       case when is_open then value end as value, case when is_open then repaired end as repaired,
       case when is_open then message_zh else l.zh || '：' || a.zh end as message_zh,
       case when is_open then message_en else l.en || ': ' || a.en end as message_en, society_id
from (
    select *, code <> 'D38' and not coalesce(list_contains($closed, row_family), false) as is_open from found
) f
left join labels l on l.kind = 'defect' and l.code = f.code
left join labels a on a.kind = 'defect_advice' and a.code = f.code
where verdict <> 'A'
order by file_id, sheet nulls first, row nulls first, col nulls first, f.code, verdict, message_zh
"""
# 试评: a breach of coherence that nobody has signed off.
IS_PROVISIONAL = "exists (select 1 from coherence where breached and not signed)"
# Of all years: what a filing is held against before it is sent. Names and codes only.
REGISTER = """
select society_id, report_year, name, former_names from societies order by report_year, society_id
"""
UNITS = """
select unit_id, name, reporting_line, roles, plan_doc_no, plan_date, in_assessment, doc_no
from units where report_year = $1 order by unit_id
"""


def write(  # noqa: PLR0913, PLR0917 - the parts of a run
    con: DuckDBPyConnection,
    frames: dict[str, pl.DataFrame],
    manifest: Manifest,
    warehouse: DuckDBPyConnection,
    created_at: datetime,
    chain: Chain,
    measures: Any,
) -> None:
    """Fill the empty database behind `con`.

    `frames` holds every table of tables.py by name; `measures` are those of `compute`. Raises FengqingError
    when a frame lacks a column, repeats a key or holds a NaN.
    """
    for name, table in (ASSESSMENT | MEASURES).items():
        _load(con, name, table, frames[name])
    _copy(con, "labels", label_frame(manifest.methodology, _peer_groups(frames)))
    _copy(con, "indicator_definitions", definition_frame(manifest.methodology))
    _copy(con, "case_summary", case_frame(con))
    _copy(con, TABLE, spread_frame(con))
    _copy(con, "society_names", name_frame(warehouse, manifest.year))
    _copy_intake(con, warehouse, manifest, frames["contributions"])
    write_details(con, warehouse, manifest.year)
    write_basis(con, warehouse, measures, manifest.year)
    _write_run(con, manifest, created_at, chain)


def _peer_groups(frames: dict[str, pl.DataFrame]) -> list[str]:
    return sorted(frames["societies"]["peer_group"].drop_nulls().unique())


def _load(con: DuckDBPyConnection, name: str, table: Table, frame: pl.DataFrame) -> None:
    missing = [column for column in table.columns if column not in frame.columns]
    if missing:
        raise _broken(name, f"缺少列 {'、'.join(missing)}", f"lacks the columns {', '.join(missing)}")
    _refuse_nan(name, frame.select(*table.columns))
    if name in ASSESSMENT and frame.select(*table.order).is_duplicated().any():
        raise _broken(name, f"{'、'.join(table.order)} 重复", f"repeats a {', '.join(table.order)}")
    columns = ", ".join(f'cast(i."{c}" as {kind}) as "{c}"' for c, kind in table.columns.items())
    con.register("incoming", frame)
    order = ", ".join(f'i."{column}" nulls first' for column in table.order)
    source = "incoming i"
    if name == "societies":
        columns += f", (row_number() over (order by i.society_id) - 1)::integer as {NUMBER}"
    elif name in NUMBERED:
        columns += f", n.{NUMBER}"
        source += " left join societies n using (society_id)"
    con.execute(f"create table {name} as select {columns} from {source} order by {order}")
    con.unregister("incoming")
    con.execute(f"comment on table {name} is '{table.comment}'")


def _refuse_nan(name: str, frame: pl.DataFrame) -> None:
    import polars.selectors as cs

    counts = frame.select(cs.float().is_nan().any())
    bad = [column for column in counts.columns if counts[column][0]]
    if bad:
        raise _broken(name, f"列 {'、'.join(bad)} 含 NaN", f"holds NaN in {', '.join(bad)}")


def _broken(table: str, zh: str, en: str) -> FengqingError:
    return FengqingError(
        "SNAPSHOT_REFUSED",
        f"发布中止：表 {table} {zh}。计算结果不合约定，请将此信息转交开发人员。",
        f"Not published: table {table} {en}. The results break their contract; tell the developers.",
    )


def _copy(con: DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    con.register("incoming", frame)
    con.execute(f"create table {name} as select * from incoming")
    con.unregister("incoming")


def _copy_intake(
    con: DuckDBPyConnection, warehouse: DuckDBPyConnection, manifest: Manifest, contributions: pl.DataFrame
) -> None:
    used = contributions["source_file"].drop_nulls().unique().to_list()
    year = {"year": manifest.year}
    _copy(con, "files", warehouse.sql(FILES, params={**year, "used": used}).pl())
    _copy(con, "register", warehouse.sql(REGISTER).pl())
    _copy(con, "units", warehouse.sql(UNITS, params=[manifest.year]).pl())
    checks = "select * from expectation_results where run_id = $1 order by all"
    _copy(con, "expectation_results", warehouse.sql(checks, params=[manifest.run_id]).pl())
    con.register("found", warehouse.sql(FINDINGS, params=year).pl())
    con.execute(f"create table findings as {OPEN_FINDINGS}", {"closed": _closed_families()})
    con.unregister("found")


def _closed_families() -> list[str]:
    closed = {c.name for c in load_contracts().values() if c.classification != "internal"}
    return sorted(closed | set(CASE_FAMILIES))


def _write_run(con: DuckDBPyConnection, manifest: Manifest, created_at: datetime, chain: Chain) -> None:
    counts: dict[str, Any] = {
        name: con.sql(f"select count(*) from {name}").fetchall()[0][0]
        for name in (*ASSESSMENT, *MEASURES, "files", "findings")
    }
    con.execute(
        """
        create table run (run_id varchar, year bigint, created_at timestamp, manifest varchar,
                          methodology varchar, counts varchar, previous_run_id varchar,
                          is_provisional boolean, restates_run_id varchar, past_runs varchar)
        """
    )
    con.execute(
        f"insert into run select ?, ?, ?, ?, ?, ?, ?, {IS_PROVISIONAL}, ?, ?",
        [
            manifest.run_id,
            manifest.year,
            created_at,
            _json(manifest.as_dict()),
            _json(manifest.methodology),
            _json(counts),
            chain.previous,
            chain.restates,
            _json(chain.past),
        ],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
