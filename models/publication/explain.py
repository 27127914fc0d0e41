"""Why a society has a score: the figure, its numerator and denominator, and the rows behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from models.errors import FengqingError
from models.publication.disclosure import SUPPRESSED_STATE, sql_for_case_indicators

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb import DuckDBPyConnection

DEFINITIONS = """
select indicator, zh as title_zh, en as title_en, unit, clause, formula_zh, formula_en, numerator_zh,
       numerator_en, denominator_text_zh as denominator_zh, denominator_text_en as denominator_en,
       is_lower_better, families, position
from indicator_definitions
"""
# `{i}` and `{c}` are conditions on the rows of indicators and of contributions. Rows come first: what is
# joined must not be looked for among those of the whole nation.
FIGURES = f"""
with i as materialized (select * from indicators i where {{i}})
select i.*, s.name, d.* exclude (indicator)
from i join societies s using (society_id) join ({DEFINITIONS}) d using (indicator)
"""
ROWS = """
select label, family, source_sheet as sheet, source_row as row, numerator, denominator, grade,
       evidence_weight, is_pending, source_file as file_id, left_out, indicator, row_id
from contributions c where {c}
"""
SOURCES = f"""
with c as materialized ({ROWS})
select c.* exclude (row_id), f.name as file from c left join files f using (file_id)
order by file nulls last, sheet, row, c.row_id
"""


@dataclass(frozen=True)
class Source:
    """One row of a received file and what it adds (numerator and denominator before evidence weights).

    `left_out` says why a row adds nothing though it was accepted: a code of the labels.
    """

    label: str | None
    family: str
    file: str | None
    sheet: str | None
    row: int | None
    numerator: float | None
    denominator: float | None
    grade: str | None
    evidence_weight: float | None
    is_pending: bool
    file_id: str
    left_out: str | None


@dataclass(frozen=True)
class Explanation:
    """A score and where it comes from. `score` is 0–1, null where the indicator leaves both sums."""

    society_id: str
    name: str
    indicator: str
    title_zh: str
    title_en: str
    clause: str
    formula_zh: str
    formula_en: str
    unit: str
    state: str
    score: float | None
    weight: float
    value: float | None
    value_raw: float | None
    low: float | None
    high: float | None
    shrunk: bool
    target: float | None
    numerator: float | None
    numerator_raw: float | None
    numerator_zh: str
    numerator_en: str
    denominator: float | None
    denominator_zh: str
    denominator_en: str
    grade: str | None
    is_verified: bool
    peer_mean: float | None
    prior_mean: float | None
    prior_weight: float | None
    prior_source: str | None
    evidence_share: float | None
    worst: float | None
    best: float | None
    is_lower_better: bool
    absence: str | None
    sources: tuple[Source, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return asdict(self)


def explain(con: DuckDBPyConnection, society_id: str, indicator: str) -> Explanation:
    """The explanation of one society's score in one indicator of the snapshot (or views) behind `con`.

    What the connection hides stays hidden (see handout.py): small counts of cases, and every row of cases.

    Raises:
        FengqingError: the snapshot has no such society or indicator.
    """
    parts = {name: f"{name}.society_id = $1 and {name}.indicator = $2" for name in ("i", "c")}
    figures, sources = (
        [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        for relation in (
            con.sql(q.format(**parts), params=[society_id, indicator]) for q in (FIGURES, SOURCES)
        )
    )
    if not figures:
        raise unknown(con, society_id, indicator)
    return explanation(figures[0], sources)


def explanation(figure: Mapping[str, Any], sources: Iterable[Mapping[str, Any]]) -> Explanation:
    """The explanation that a row of FIGURES and its rows of SOURCES make."""
    wanted = [name for name in Explanation.__dataclass_fields__ if name != "sources"]
    is_withheld = figure["state"] == SUPPRESSED_STATE
    rows = (
        () if is_withheld else (Source(**{n: one[n] for n in Source.__dataclass_fields__}) for one in sources)
    )
    return Explanation(**{name: figure[name] for name in wanted}, sources=tuple(rows))


def is_about_cases(con: DuckDBPyConnection, indicator: str) -> bool:
    """Whether the rows behind an indicator are of cases."""
    found = con.sql(
        f"select indicator from ({sql_for_case_indicators()}) where indicator = $1", params=[indicator]
    )
    return bool(found.fetchall())


def unknown_society(society_id: str) -> FengqingError:
    """The error for a society that the run does not hold."""
    return FengqingError(
        "SOCIETY_UNKNOWN",
        f"本次评估中没有信用代码为 {society_id} 的学会；请核对代码，或用 --year 指定年度。",
        f"This run has no society {society_id}; check the code, or choose another --year.",
    )


def unknown(con: DuckDBPyConnection, society_id: str, indicator: str) -> FengqingError:
    """The error for a society or an indicator that the run does not hold."""
    if not con.sql("select 1 from societies where society_id = $1", params=[society_id]).fetchall():
        return unknown_society(society_id)
    codes = [
        c for (c,) in con.sql("select indicator from indicator_definitions order by position").fetchall()
    ]
    return FengqingError(
        "INDICATOR_UNKNOWN",
        f"没有指标 {indicator}；可选：{'、'.join(codes)}。",
        f"There is no indicator {indicator}; choose one of {', '.join(codes)}.",
    )
