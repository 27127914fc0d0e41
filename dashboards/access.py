"""A session's connection: views that hold only its scope's rows, over a snapshot attached read-only."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Literal

import duckdb

from models.home import Home
from models.publication import coarse, details, masks, spread
from models.publication.disclosure import (
    sql_for_suppressed_indicators,
)
from models.publication.files import LACKING, beside, older, open_file, quoted, snapshot_path
from models.publication.tables import ASSESSMENT

Role = Literal["national", "line", "supervisor", "society"]
COLUMNS: dict[Role, str] = {"line": "reporting_line", "supervisor": "supervisor_id", "society": "society_id"}
THREADS, MEMORY = 1, "512MB"
SAFE_VALUE = re.compile(r"[0-9A-Za-z_-]{1,40}")

# Rows of one society; null means the row is of many (a register) and only the national role sees it.
SOCIETY_TABLES = ("society_names", "decision_objections", "decision_publicity", *details.OPEN)
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
    "not_assessed",
)
NATIONAL_ONLY = (
    "decision_lines",
    "expectation_results",
    "register",
    "units",
    "unit_measures",
    "case_summary",
    "not_assessed",
)
# Of societies, too, without what small counts of cases or rows of cases could be told from.
MASKED = (
    "indicators", "contributions", "dimensions", "composite", "band_probabilities", "selection_probabilities",
    "rank_sets", "exemplars", "decision_gates", "decision_outlook", "decision_onsite", "decision_flips",
    "changes", "restatements", "files", "findings",
)  # fmt: skip
# Aggregates of the whole nation that snapshots of before them do without; what stands in their place.
ADDED = {spread.TABLE: spread.sql_for_none()}
# No session reads these: what the assessment starts from, raw counts of cases among it.
NEVER = ("facts", "inputs", "measures", "signals")
# The scope's societies with score and decision side by side, in memory: filters and counts ask nothing else.
# `closed_step`: the first rule that closed the way to a society, null for none, 0 where none was judged;
# `coarse`: `is_coarse` as a code with a label.
COHORT = """
create table cohort as
select s.* exclude (peer_group, peer_n), c.* exclude (society_id), e.* exclude (society_id), o.failed_n,
       case when g.society_id is null then 0 else g.closed_step end as closed_step,
       if(c.is_coarse, 'yes', 'no') as coarse
from societies s join composite c using (society_id) left join exemplars e using (society_id)
left join decision_outlook o using (society_id)
left join (
    select society_id, min(step) filter (outcome in ('failed', 'not_reached')) as closed_step
    from decision_gates group by society_id
) g using (society_id)
order by s.society_id;
create table gate_steps as select distinct gate, step from decision_gates
"""


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
    con = beside(path)
    source, own = (f"{letter}{secrets.token_hex(8)}" for letter in "so")
    con.execute(f"attach {quoted(str(path))} as {source} (read_only)")
    con.execute(f"create schema {own}")
    try:
        for statement in sql_for_views(source, scope, own):
            con.execute(statement)
        for name, nothing in ADDED.items():
            at = coarse.Place(source, own)
            there = f"select * from {source}.{name}" if scope.cases else masks.sql_for_spread(at)
            con.execute(f"create view {name} as {there if _has(con, source, name) else nothing}")
        con.execute(COHORT)
    except LACKING as error:
        con.close()
        raise older(run_id) from error
    # A hundred sessions must not each take every core and most of the memory. What a page asks is small: a
    # second thread takes a tenth more of the processor and is no quicker.
    con.execute(f"set threads = {THREADS}")
    con.execute(f"set memory_limit = '{MEMORY}'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def _has(con: duckdb.DuckDBPyConnection, source: str, name: str) -> bool:
    query = "select 1 from duckdb_tables() where database_name = $1 and table_name = $2"
    return con.execute(query, [source, name]).fetchone() is not None


def sql_for_views(source: str, scope: Scope, own: str) -> list[str]:
    """CREATE statements over the attached snapshot `source`: the views, and before them what they rest on.

    That is found once, not at every query (most of the time of a page with a nation's indicators), and lies
    in the schema `own`, which exists already.
    """
    seen = f"society_id in (select society_id from {source}.societies where {scope.condition})"
    if scope.role == "national":
        seen = "true"
    views = {"societies": f"select * from {source}.societies where {scope.condition}"}
    views |= {name: f"select * from {source}.{name} where {seen}" for name in SOCIETY_TABLES}
    views |= {name: f"select * from {source}.{name}" for name in COMMON_TABLES}
    # Small counts of cases never reach a page: neither the figures, nor what they could be worked out from,
    # nor the rows they are made of. They are found over the whole run: a scope's few societies must not look
    # like a group of their own.
    masked = _open(source) if scope.cases else _masked(source, own)
    views["case_summary"] = masked.pop("case_summary")
    views |= {name: f"select * from ({query}) where {seen}" for name, query in masked.items()}
    if scope.role != "national":
        views |= {name: f"select * from {source}.{name} where false" for name in NATIONAL_ONLY}
    rows_of_cases = seen if scope.cases else "false"
    views |= {name: f"select * from {source}.{name} where {rows_of_cases}" for name in details.CLOSED}
    made = [] if scope.cases else coarse.sql_for_preparation(coarse.Place(source, own))
    # Every row of a listing names its file, and what a mask leaves of the files is joined from three tables.
    made.append(f"create table {own}.files as {views['files']}")
    views["files"] = f"select * from {own}.files"
    return [*made, *(f"create view {name} as {query}" for name, query in views.items())]


def _open(source: str) -> dict[str, str]:
    """The masked tables for case officers: as they are, with the columns that the mask adds."""
    found = {name: f"select * from {source}.{name}" for name in (*MASKED, "case_summary")}
    return found | masks.sql_for_exact(source)


def _masked(source: str, own: str) -> dict[str, str]:
    """The masked tables for everybody else."""
    return {
        **masks.sql_for_tables(coarse.Place(source, own)),
        "indicators": sql_for_suppressed_indicators(
            source, tuple(ASSESSMENT["indicators"].columns), f"{own}.cells"
        ),
    }
