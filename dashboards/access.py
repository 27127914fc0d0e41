"""A session's connection: views that hold only its scope's rows, over a snapshot attached read-only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb

from models.home import Home
from models.publication import details
from models.publication.disclosure import (
    CASE_FAMILIES,
    SMALLEST_COUNT,
    sql_for_case_indicators,
    sql_for_suppressed_indicators,
)
from models.publication.snapshot import open_file, snapshot_path
from models.publication.tables import ASSESSMENT

Role = Literal["national", "line", "supervisor", "society"]
COLUMNS: dict[Role, str] = {"line": "reporting_line", "supervisor": "supervisor_id", "society": "society_id"}
THREADS, MEMORY = 2, "512MB"
SAFE_VALUE = re.compile(r"[0-9A-Za-z_-]{1,40}")

DECISION = (
    "decision_gates", "decision_outlook", "decision_flips", "decision_onsite", "decision_objections",
    "decision_publicity",
)  # fmt: skip
# Rows of one society; null means the row is of many (a register) and only the national role sees it.
SOCIETY_TABLES = (
    "dimensions",
    "composite",
    "exemplars",
    "findings",
    "files",
    "changes",
    "restatements",
    "society_names",
    "band_probabilities",
    "selection_probabilities",
    "rank_sets",
    *details.OPEN,
    *DECISION,
)
COMMON_TABLES = (
    "decision_lines",
    "labels",
    "indicator_definitions",
    "run",
    "comparisons",
    "expectation_results",
    "register",
    "units",
    "unit_measures",
    "coherence",
    "sensitivity",
    "case_summary",
)
NATIONAL_ONLY = (
    "decision_lines",
    "findings_summary",
    "expectation_results",
    "register",
    "units",
    "unit_measures",
    "case_summary",
)


@dataclass(frozen=True)
class Scope:
    """Whose rows a session sees; `cases`: the rows of cases, too, and counts of them however small.

    Without sign-in everybody at the machine is `national`, without cases.
    """

    role: Role = "national"
    value: str | None = None
    cases: bool = False

    def __post_init__(self) -> None:
        if (self.role == "national") != (self.value is None):
            raise ValueError(f"scope {self.role!r} and value {self.value!r} do not fit 范围与取值不符")
        if self.value is not None and not SAFE_VALUE.fullmatch(self.value):
            raise ValueError(f"unsafe scope value {self.value!r} 范围取值不合法")

    @property
    def condition(self) -> str:
        """The SQL condition on societies. Views take no parameters, hence the strict pattern above."""
        return "true" if self.role == "national" else f"{COLUMNS[self.role]} = '{self.value}'"


def connect(home: Home, run_id: str, scope: Scope) -> duckdb.DuckDBPyConnection:
    """An in-memory database whose views show what `scope` may see of a run.

    Nothing outside can be reached from it afterwards, and its settings are locked. The snapshot's own name is
    random: a query can only name the views. Raises FengqingError when the snapshot is damaged.
    """
    path = snapshot_path(home, run_id)
    open_file(path).close()
    con = duckdb.connect(":memory:")
    source = f"s{secrets.token_hex(8)}"
    con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {source} (read_only)")
    for statement in sql_for_views(source, scope):
        con.execute(statement)
    # A hundred sessions must not each take every core and most of the memory.
    con.execute(f"set threads = {THREADS}")
    con.execute(f"set memory_limit = '{MEMORY}'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def sql_for_views(source: str, scope: Scope) -> list[str]:
    """CREATE VIEW statements over the attached snapshot `source`."""
    seen = f"society_id in (select society_id from {source}.societies where {scope.condition})"
    if scope.role == "national":
        seen = "true"
    views = {"societies": f"select * from {source}.societies where {scope.condition}"}
    views |= {name: f"select * from {source}.{name} where {seen}" for name in SOCIETY_TABLES}
    views |= {name: f"select * from {source}.{name}" for name in COMMON_TABLES}
    views["findings_summary"] = f"select * from {source}.findings_summary"
    if scope.role != "national":
        views |= {name: f"select * from {source}.{name} where false" for name in NATIONAL_ONLY}
    rows_of_cases = seen if scope.cases else "false"
    views |= {name: f"select * from {source}.{name} where {rows_of_cases}" for name in details.CLOSED}
    # Small counts of cases never reach a page: neither the figures nor the rows they are made of. They are
    # found over the whole run: a scope's few societies must not look like a group of their own.
    indicators = f"select *, false as is_suppressed from {source}.indicators"
    if not scope.cases:
        indicators = sql_for_suppressed_indicators(source, tuple(ASSESSMENT["indicators"].columns))
    views["indicators"] = f"select * from ({indicators}) where {seen}"
    closed = "false" if scope.cases else f"(c.family in ({_quoted(CASE_FAMILIES)}))"
    views["contributions"] = (
        f"select c.* from {source}.contributions c "
        f"where {seen.replace('society_id in', 'c.society_id in')} and not {closed}"
    )
    if not scope.cases:
        # What changed between runs tells rows of cases and scores on them, too.
        about_cases = f"{sql_for_case_indicators(source)} union all select unnest([{_quoted(CASE_FAMILIES)}])"
        views["restatements"] += f" and (code is null or code not in ({about_cases}))"
    return [f"create view {name} as {query}" for name, query in views.items()]


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


__all__ = ["SMALLEST_COUNT", "Scope", "connect", "sql_for_views"]
