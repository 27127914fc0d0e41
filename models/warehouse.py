"""The warehouse file: the only module that opens it for writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from data_contracts import ddl
from data_contracts.contract import load_contracts
from models import ledger
from models.errors import FengqingError
from models.home import Home

# What is logged before it is folded in. Folding rewrites the last 120,000 rows of every table that grew:
# after each batch, as DuckDB's own 16 MB make it, that is most of what the loading of workbooks costs.
LOG_SIZE = "256MB"
# The oldest DuckDB that can open the file. By itself it would write for 1.0, which has no dictionaries of
# compressed texts: half as much again to store, a third more to write, nothing gained in reading.
STORAGE_VERSION = "v1.5.0"


class WarehouseLockedError(FengqingError):
    """Another process has the warehouse open."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "warehouse_locked",
            f"仓库 {path} 正被另一进程使用（可能是正在运行的入库或计算），请待其结束后重试。",
            f"The warehouse {path} is in use by another process (an ingest or a run under way); "
            "try again when it has ended.",
        )


@contextmanager
def open_writer(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse open for writing, its tables made on first use.

    Raises:
        WarehouseLockedError: another process holds it.
        FengqingError: it is not a warehouse, or was made from other contracts.
    """
    con = _connect(home.warehouse, read_only=False)
    try:
        _ensure_schema(con, home.warehouse)
        con.execute(f"set checkpoint_threshold = '{LOG_SIZE}'")
        yield con
    finally:
        con.close()


@contextmanager
def open_reader(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse open for reading.

    Raises:
        WarehouseLockedError: another process holds it.
        FengqingError: there is no warehouse yet, or it was made from other contracts.
    """
    path = home.warehouse
    if not path.exists():
        raise FengqingError(
            "warehouse_missing",
            f"{path} 不存在：尚未入库任何文件，请先运行 fengqing run。",
            f"{path} does not exist: nothing has been ingested yet; run `fengqing run` first.",
        )
    con = _connect(path, read_only=True)
    try:
        _check_versions(con, path)
        yield con
    finally:
        con.close()


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        if read_only:
            return duckdb.connect(str(path), read_only=True)
        return duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION})
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise WarehouseLockedError(path) from error
        raise FengqingError(
            "warehouse_unreadable",
            f"无法打开仓库 {path}：{_first_line(error)}。请检查文件，或从备份恢复。",
            f"Cannot open the warehouse {path}: {_first_line(error)}. Check the file or restore a backup.",
        ) from error
    except duckdb.ConnectionException as error:
        # The same process has it open in the other mode: to the caller the same thing, a lock.
        raise WarehouseLockedError(path) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    found = con.sql(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('main', $1)",
        params=[ddl.HISTORY_SCHEMA],
    ).fetchall()
    return {name for (name,) in found}


def _ensure_schema(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    if "main.contract_versions" in _tables(con):
        _check_versions(con, path)
        return
    contracts = load_contracts().values()
    statements = [f"CREATE SCHEMA IF NOT EXISTS {ddl.HISTORY_SCHEMA}"]
    statements += [s for name in ledger.TABLES for s in ledger.sql_for_table(name)]
    statements += [
        s for c in contracts for s in (ddl.create_table(c), ddl.create_history(c), *ddl.comments(c))
    ]
    con.execute("begin")
    con.execute(";\n".join(statements))  # one script: statement by statement takes seconds
    con.executemany(
        "insert into contract_versions values (?, ?, ?)",
        _versions(),
    )
    con.execute("commit")


def _versions() -> list[tuple[str, str, str]]:
    """Name, version and shape of every table: those of the contracts, and the books."""
    return [*((c.name, c.version, ddl.fingerprint(c)) for c in load_contracts().values()), *ledger.versions()]


def _check_versions(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    if "main.contract_versions" not in _tables(con):
        raise FengqingError(
            "warehouse_foreign",
            f"{path} 不是本系统的仓库，请用 --home 指定其他目录。",
            f"{path} is not a warehouse of this system; name another folder with --home.",
        )
    made = con.sql("select family, version, fingerprint from contract_versions").fetchall()
    now = _versions()
    changed = {(name, digest) for name, _, digest in made} ^ {(name, digest) for name, _, digest in now}
    if changed:
        families = {name for name, _ in changed}
        was = ", ".join(f"{name} {version}" for name, version, _ in made if name in families)
        new = ", ".join(f"{name} {version}" for name, version, _ in now if name in families)
        raise FengqingError(
            "warehouse_contracts_changed",
            f"仓库 {path} 按旧合约建立，与现行合约不符（{was} → {new}）。请将该文件移走后重新入库；"
            "收到的原始文件仍在 landing 目录。",
            f"The warehouse {path} was made from other contracts ({was} → {new}). Move the file away "
            "and ingest again; the received files are still in the landing folder.",
        )
