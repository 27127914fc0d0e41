"""DuckDB tables from the contracts: CREATE TABLE, history tables, COMMENT ON, and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from data_contracts.contract import LINEAGE, Contract, Field

HISTORY_SCHEMA = "history"

# What a history row knows beyond what it knew while it was current.
HISTORY_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("superseded_by", "VARCHAR", "替代它的文件（sha256）| File that superseded it (sha256)"),
    ("superseded_at", "TIMESTAMP", "替代时间（UTC）| When it was superseded (UTC)"),
)


def create_table(contract: Contract) -> str:
    """CREATE TABLE of the current rows: typed columns, NOT NULL, primary key, lineage.

    A bulk family goes without the index behind a key: loading keeps its keys unique (superseding.py), and the
    hard check `unique:key` stops a run in which they are not.
    """
    lines = [_column(f) for f in (*contract.fields, *LINEAGE)]
    if not contract.is_bulk:
        lines.append(f"PRIMARY KEY ({', '.join(contract.key)})")
    return _create(contract.name, lines)


def create_history(contract: Contract) -> str:
    """CREATE TABLE of superseded rows: the same columns without a key, and by what and when."""
    lines = [_column(f) for f in (*contract.fields, *LINEAGE)]
    lines += [f"{name} {sql_type} NOT NULL" for name, sql_type, _ in HISTORY_COLUMNS]
    return _create(f"{HISTORY_SCHEMA}.{contract.name}", lines)


def comments(contract: Contract) -> Iterator[str]:
    """COMMENT ON statements, “Chinese | English”, for the table and every column.

    The history table's columns mean the same; only what it adds is said there.
    """
    history = f"{HISTORY_SCHEMA}.{contract.name}"
    about = f"{contract.zh} | {contract.en} | {contract.description}"
    yield f"COMMENT ON TABLE {contract.name} IS {_quoted(about)}"
    for f in (*contract.fields, *LINEAGE):
        yield f"COMMENT ON COLUMN {contract.name}.{f.name} IS {_quoted(_comment(f))}"
    yield f"COMMENT ON TABLE {history} IS {_quoted(f'{contract.zh}（已被替代）| {contract.en}, superseded')}"
    for name, _, comment in HISTORY_COLUMNS:
        yield f"COMMENT ON COLUMN {history}.{name} IS {_quoted(comment)}"


def fingerprint(contract: Contract) -> str:
    """A digest of the table's shape. Comments and rules do not change it; columns and keys do."""
    shape = create_table(contract) + create_history(contract)
    return hashlib.sha256(shape.encode()).hexdigest()[:16]


def _create(table: str, lines: list[str]) -> str:
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {table} (\n  {body}\n)"


def _column(f: Field) -> str:
    return f"{f.name} {f.sql_type}{' NOT NULL' if f.required else ''}"


def _comment(f: Field) -> str:
    parts = [f.zh + (f"（{f.unit}）" if f.unit else ""), f.en]
    if f.enum:
        parts.append("、".join(f"{v.code}={v.zh}" for v in f.enum))
    if f.description:
        parts.append(f.description)
    return " | ".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
