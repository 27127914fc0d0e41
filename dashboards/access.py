"""A session's connection: views that hold only its scope's rows, over a snapshot attached read-only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb

from data_contracts.contract import load_contract
from models.errors import FengqingError
from models.home import Home
from models.publication import details, spread
from models.publication.disclosure import (
    CASE_FAMILIES,
    SMALLEST_COUNT,
    sql_for_case_indicators,
    sql_for_suppressed_indicators,
    sql_for_withheld,
)
from models.publication.files import open_file, snapshot_path
from models.publication.tables import ASSESSMENT

Role = Literal["national", "line", "supervisor", "society"]
COLUMNS: dict[Role, str] = {"line": "reporting_line", "supervisor": "supervisor_id", "society": "society_id"}
THREADS, MEMORY = 2, "512MB"
# What DuckDB says where a table or a column is not there.
LACKING = (duckdb.CatalogException, duckdb.BinderException)
SAFE_VALUE = re.compile(r"[0-9A-Za-z_-]{1,40}")

DECISION = (
    "decision_gates", "decision_outlook", "decision_onsite", "decision_objections", "decision_publicity",
)  # fmt: skip
# Rows of one society; null means the row is of many (a register) and only the national role sees it.
SOCIETY_TABLES = (
    "dimensions",
    "composite",
    "exemplars",
    "files",
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
    "not_assessed",
)
NATIONAL_ONLY = (
    "decision_lines",
    "findings_summary",
    "expectation_results",
    "register",
    "units",
    "unit_measures",
    "case_summary",
    "not_assessed",
)
# Of societies, too, without what small counts of cases or rows of cases could be told from.
MASKED = ("indicators", "contributions", "decision_flips", "changes", "restatements", "findings")
# Aggregates of the whole nation that snapshots of before them do without; what stands in their place.
ADDED = {spread.TABLE: spread.sql_for_none()}
# No session reads these: what the assessment starts from, raw counts of cases among it.
NEVER = ("facts", "inputs", "measures", "signals")
# The scope's societies with score and decision side by side, in memory: filters and counts ask nothing else.
# `closed_step`: the first rule that closed the way to a society, null for none, 0 where none was judged.
COHORT = """
create table cohort as
select s.* exclude (peer_group, peer_n), c.* exclude (society_id), e.* exclude (society_id), o.failed_n,
       case when g.society_id is null then 0 else g.closed_step end as closed_step
from societies s join composite c using (society_id) left join exemplars e using (society_id)
left join decision_outlook o using (society_id)
left join (
    select society_id, min(step) filter (outcome in ('failed', 'not_reached')) as closed_step
    from decision_gates group by society_id
) g using (society_id)
order by s.society_id;
create table gate_steps as select distinct gate, step from decision_gates
"""
CASES_ONLY = {
    "zh": "案件登记的内容仅限案件专员查看。",
    "en": "What the case register says is for case officers only.",
}


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
    random: a query can only name the views. Raises FengqingError when the snapshot is damaged, or of a
    version that lacks what the views show.
    """
    path = snapshot_path(home, run_id)
    open_file(path).close()
    con = duckdb.connect(":memory:")
    source, own = (f"{letter}{secrets.token_hex(8)}" for letter in "so")
    con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {source} (read_only)")
    con.execute(f"create schema {own}")
    try:
        # Found once, not at every query, which took most of the time of a page with a nation's indicators.
        con.execute(f"create table {own}.withheld as {sql_for_withheld(source)}")
        for statement in sql_for_views(source, scope, f"{own}.withheld"):
            con.execute(statement)
        for name, nothing in ADDED.items():
            query = f"select * from {source}.{name}" if _has(con, source, name) else nothing
            con.execute(f"create view {name} as {query}")
        con.execute(COHORT)
    except LACKING as error:
        con.close()
        raise older(run_id) from error
    # A hundred sessions must not each take every core and most of the memory.
    con.execute(f"set threads = {THREADS}")
    con.execute(f"set memory_limit = '{MEMORY}'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def _has(con: duckdb.DuckDBPyConnection, source: str, name: str) -> bool:
    query = "select 1 from duckdb_tables() where database_name = $1 and table_name = $2"
    return con.execute(query, [source, name]).fetchone() is not None


def older(run_id: str) -> FengqingError:
    """What is said of a run whose snapshot lacks a table or column that this version shows."""
    command = f"fengqing run --year {run_id[:4]}"
    return FengqingError(
        "SNAPSHOT_OLDER",
        f"运行 {run_id} 的快照由较早版本发布，本版本不能显示。请重新运行 {command}，再选择新的运行；"
        "原快照保持不变，其他运行仍可选择。",
        f"The snapshot of run {run_id} was published by an earlier version and cannot be shown by this one. "
        f"Run `{command}` again and choose the new run; the old snapshot stays as it is, and other runs "
        "can still be chosen.",
    )


def sql_for_views(source: str, scope: Scope, withheld: str) -> list[str]:
    """CREATE VIEW statements over the attached snapshot `source`.

    `withheld` is a relation of the whole run's withheld indicators, as of `sql_for_withheld`.
    """
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
        indicators = sql_for_suppressed_indicators(source, tuple(ASSESSMENT["indicators"].columns), withheld)
    views["indicators"] = f"select * from ({indicators}) where {seen}"
    closed = "false" if scope.cases else f"(c.family in ({_quoted(CASE_FAMILIES)}))"
    views["contributions"] = (
        f"select c.* from {source}.contributions c "
        f"where {seen.replace('society_id in', 'c.society_id in')} and not {closed}"
    )
    views |= _of_runs_and_intake(source, seen, is_open=scope.cases)
    return [f"create view {name} as {query}" for name, query in views.items()]


def _of_runs_and_intake(source: str, seen: str, *, is_open: bool) -> dict[str, str]:
    """Views of flips, changes, restatements and findings; without `is_open` what they tell of cases goes.

    An earlier run's count is not at hand, so changes of every indicator of cases go, whatever this run's is.
    What intake found in a sheet of cases keeps its code and loses its place, the cell and the message.
    """
    tables = ("decision_flips", "changes", "restatements", "findings")
    views = {name: f"select * from {source}.{name} where {seen}" for name in tables}
    if is_open:
        return views
    of_cases = f"({sql_for_case_indicators(source)})"
    figures = ("score_needed", "indicator_from", "indicator_to")
    flip = ", ".join(f"case when indicator in {of_cases} then null else {n} end as {n}" for n in figures)
    views["decision_flips"] = f"select * replace ({flip}) from {source}.decision_flips where {seen}"
    views["changes"] += f" and not (scope = 'indicator' and item in {of_cases})"
    families = _quoted(CASE_FAMILIES)
    views["restatements"] += f" and (code is null or (code not in ({families}) and code not in {of_cases}))"
    sheets = _quoted(sheet for family in CASE_FAMILIES for sheet in load_contract(family).sheets)
    said = dict.fromkeys(("row", "value", "repaired"), "null")
    said |= {f"message_{lang}": f"'{text}'" for lang, text in CASES_ONLY.items()}
    is_case = f"sheet in ({sheets}, {families})"
    told = ", ".join(f"case when {is_case} then {text} else {n} end as {n}" for n, text in said.items())
    views["findings"] = f"select * replace ({told}) from {source}.findings where {seen}"
    return views


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


__all__ = ["LACKING", "SMALLEST_COUNT", "Scope", "connect", "older", "sql_for_views"]
