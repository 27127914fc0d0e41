"""The warehouse's books: what was received, what became of every row, what the table checks found."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import polars as pl

# Each column: name, DuckDB type, and its comment. Order is the order of insertion.
Columns = tuple[tuple[str, str, str], ...]

FILES: Columns = (
    ("file_id", "VARCHAR PRIMARY KEY", "文件sha256 | sha256 of the file"),
    ("name", "VARCHAR NOT NULL", "收到时的名称（相对收件目录）| Name as received, relative to the inbox"),
    ("bytes", "BIGINT NOT NULL", "字节数 | Size in bytes"),
    ("origin", "VARCHAR", "来源：society学会、authority登记管理机关等、checkin签到 | Who sent it"),
    ("society_id", "VARCHAR", "统一社会信用代码（多学会文件为空）| Society, null when of many"),
    ("report_year", "BIGINT", "报告年度 | Report year, null when of many"),
    ("revision", "BIGINT", "修订号 | Revision, null when the file has none"),
    (
        "status",
        "VARCHAR NOT NULL",
        "current有效、superseded已被替代、refused未受理、container压缩包 | What became of it",
    ),
    ("rows_read", "BIGINT NOT NULL", "读到的行 | Rows read"),
    ("accepted", "BIGINT NOT NULL", "接收的行 | Rows accepted"),
    ("returned", "BIGINT NOT NULL", "退回补正的行 | Rows returned for correction"),
    ("quarantined", "BIGINT NOT NULL", "隔离的行 | Rows quarantined"),
    ("non_data", "BIGINT NOT NULL", "表头、合计、说明等行 | Headers, totals, notes"),
    ("landed_at", "TIMESTAMP NOT NULL", "收到时间（UTC）| When it was received (UTC)"),
    ("batch_id", "VARCHAR NOT NULL", "入库批次 | Batch that loaded it"),
    ("container", "VARCHAR", "所在压缩包的文件标识 | The archive it came in, a file_id"),
)

# Rows of check-in exports come by the million and most share their fate with the row above: what is kept are
# runs of consecutive rows, what is read are the rows (a view).
ROW_RUNS: Columns = (
    ("file_id", "VARCHAR NOT NULL", "文件sha256 | sha256 of the file"),
    ("sheet", "VARCHAR NOT NULL", "工作表 | Sheet"),
    ("first_row", "BIGINT NOT NULL", "首行行号，自1起 | First row number of the run, from 1"),
    ("last_row", "BIGINT NOT NULL", "末行行号 | Last row number of the run"),
    ("verdict", "VARCHAR NOT NULL", "accepted、returned、quarantined、non_data | Verdict"),
    ("family", "VARCHAR", "数据类别 | Family"),
    ("non_data_kind", "VARCHAR", "非数据行的种类 | Kind of a non-data row"),
)
# A row's id is this much of its file's sha256, its sheet and its number.
ROW_ID_LENGTH = 16

ROWS: Columns = (
    ("file_id", "VARCHAR NOT NULL", "文件sha256 | sha256 of the file"),
    ("sheet", "VARCHAR NOT NULL", "工作表 | Sheet"),
    ("row", "BIGINT NOT NULL", "行号，自1起 | Row number from 1"),
    ("verdict", "VARCHAR NOT NULL", "accepted、returned、quarantined、non_data | Verdict"),
    ("family", "VARCHAR", "数据类别 | Family"),
    ("non_data_kind", "VARCHAR", "非数据行的种类 | Kind of a non-data row"),
    ("row_id", "VARCHAR", "行标识 | Row id"),
)

FINDINGS: Columns = (
    ("file_id", "VARCHAR NOT NULL", "文件sha256 | sha256 of the file"),
    ("sheet", "VARCHAR", "工作表 | Sheet, null for the whole file"),
    ("row", "BIGINT", "行号，自1起 | Row number from 1"),
    ("col", "BIGINT", "列号，自1起 | Column number from 1"),
    ("field", "VARCHAR", "字段 | Field"),
    ("header", "VARCHAR", "列名 | Header"),
    ("code", "VARCHAR NOT NULL", "问题代码 | Defect code"),
    ("verdict", "VARCHAR NOT NULL", "A自动修正、W提示、R退回、Q隔离 | Verdict letter"),
    ("value", "VARCHAR", "原值（个人信息已遮盖）| Value found, personal information masked"),
    ("repaired", "VARCHAR", "修正后 | Value after repair"),
    ("message_zh", "VARCHAR NOT NULL", "中文提示 | Message in Chinese"),
    ("message_en", "VARCHAR NOT NULL", "英文提示 | Message in English"),
    ("society_id", "VARCHAR", "统一社会信用代码 | Society"),
    ("report_year", "BIGINT", "报告年度 | Report year"),
    (
        "cells",
        "VARCHAR",
        "有关单元格，每行一个（可为区域），等号后为应填内容 | Cells concerned, one or one range a line; "
        "after an equals sign what belongs there",
    ),
)

EXPECTATION_RESULTS: Columns = (
    ("run_id", "VARCHAR NOT NULL", "运行标识 | Run"),
    ("family", "VARCHAR NOT NULL", "数据类别 | Family"),
    ("expectation", "VARCHAR NOT NULL", "检验名 | Expectation"),
    ("description", "VARCHAR NOT NULL", "说明 | Description"),
    ("severity", "VARCHAR NOT NULL", "hard阻断、drift提示 | hard blocks, drift warns"),
    ("success", "BOOLEAN NOT NULL", "是否通过 | Whether it holds"),
    ("observed", "VARCHAR", "观察值 | Observed value"),
    ("unexpected_n", "BIGINT", "不符的行数 | Rows that do not hold"),
    ("details", "VARCHAR", "详情（JSON）| Details (JSON)"),
)

BATCHES: Columns = (
    ("batch_id", "VARCHAR PRIMARY KEY", "入库批次 | Batch"),
    ("started_at", "TIMESTAMP NOT NULL", "开始时间（UTC）| Started (UTC)"),
    ("committed_at", "TIMESTAMP NOT NULL", "完成时间（UTC）| Committed (UTC)"),
    ("files_n", "BIGINT NOT NULL", "文件数 | Files"),
    ("rows_n", "BIGINT NOT NULL", "行数 | Rows read"),
)

CONTRACT_VERSIONS: Columns = (
    ("family", "VARCHAR PRIMARY KEY", "数据类别 | Family"),
    ("version", "VARCHAR NOT NULL", "建表时的合约版本 | Contract version the table was made from"),
    ("fingerprint", "VARCHAR NOT NULL", "表结构摘要 | Digest of the table's shape"),
)

TABLES: dict[str, tuple[str, Columns]] = {
    "files": ("收到的文件 | Files received", FILES),
    "row_runs": ("连续各行的去向 | What became of consecutive rows", ROW_RUNS),
    "rows": ("每一行的去向 | What became of every row", ROWS),
    "findings": ("发现的问题 | Findings", FINDINGS),
    "expectation_results": ("整表检验结果 | Results of the table checks", EXPECTATION_RESULTS),
    "batches": ("入库批次 | Load batches", BATCHES),
    "contract_versions": ("各表所依的合约 | Contract behind each table", CONTRACT_VERSIONS),
}
# Of the tables here that are kept in another form, how they are read from it.
VIEWS = {
    "rows": f"""
        select file_id, sheet, "row", verdict, family, non_data_kind,
            case when verdict <> 'non_data'
                then file_id[:{ROW_ID_LENGTH}] || '/' || sheet || '/' || "row" end as row_id
        from (select *, unnest(range(first_row, last_row + 1)) as "row" from row_runs)
    """,
}


def sql_for_table(name: str) -> list[str]:
    """CREATE and COMMENT ON statements of one of these tables, or views."""
    about, columns = TABLES[name]
    body = ",\n  ".join(f'"{column}" {sql_type}' for column, sql_type, _ in columns)
    if name in VIEWS:
        statements = [f"CREATE VIEW {name} AS {VIEWS[name]}", f"COMMENT ON VIEW {name} IS '{about}'"]
    else:
        statements = [f"CREATE TABLE {name} (\n  {body}\n)", f"COMMENT ON TABLE {name} IS '{about}'"]
    for column, _, comment in columns:
        text = comment.replace("'", "''")
        statements.append(f"COMMENT ON COLUMN {name}.\"{column}\" IS '{text}'")
    return statements


def versions() -> list[tuple[str, str, str]]:
    """Name, version and digest of the shape of each table here, by which an older warehouse is told."""
    return [
        (name, "1", hashlib.sha256(sql_for_table(name)[0].encode()).hexdigest()[:16])
        for name in TABLES
        if name != "contract_versions"
    ]


def replace_expectation_results(con: duckdb.DuckDBPyConnection, run_id: str, results: pl.DataFrame) -> None:
    """Keep the results of `run_suites` under the run, in place of those it had before."""
    con.execute("begin")
    con.execute("delete from expectation_results where run_id = ?", [run_id])
    con.execute(
        "insert into expectation_results by name select $1 as run_id, "
        "description_zh || ' | ' || description_en as description, "
        "* exclude (description_zh, description_en) from results",
        [run_id],
    )
    con.execute("commit")
