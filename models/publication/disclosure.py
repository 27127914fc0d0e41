"""What may be shown to whom: the unranked public list, and small counts of cases."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Below this a count of cases could point to a person (domain.md §5, privacy).
SMALLEST_COUNT = 5
# Families whose rows are about cases.
CASE_FAMILIES = ("investigations",)
# What is withheld with a small count of cases: every figure that it could be worked out from, whole, so that
# neither an interval nor a peer mean beside a gap gives the count back.
SUPPRESSED = (
    "numerator", "numerator_raw", "denominator", "value", "value_raw", "low", "high", "score", "peer_mean",
    "prior_mean", "prior_weight", "evidence_share", "self_reported_share", "worst", "best", "grade",
    "absence", "missing_case", "prior_source", "shrunk",
)  # fmt: skip
# What of a figure rests on the peers', too, small counts among them.
SHARED = ("value", "low", "high", "score", "prior_mean", "prior_weight", "worst", "best")
SUPPRESSED_STATE = "suppressed"
APPROVAL_VARIABLE = "FENGQING_APPROVAL_NO"


def approval_number(option: str | None = None) -> str | None:
    """The number of the approval that allows a public ranking, if one is configured.

    A scheme that names units by indicator is a 创建示范活动 and needs approval; without a number the
    public list is an unranked set.
    """
    number = (option if option is not None else os.environ.get(APPROVAL_VARIABLE, "")).strip()
    return number or None


def sql_for_small_count(indicator_families: str, count: str) -> str:
    """A condition that is true where `count` is a small count of cases.

    `indicator_families` is an SQL expression for the list of an indicator's families.
    """
    families = ", ".join(f"'{name}'" for name in CASE_FAMILIES)
    return (
        f"(list_has_any({indicator_families}, [{families}]) and {count} > 0 and {count} < {SMALLEST_COUNT})"
    )


def sql_for_case_indicators(source: str = "main") -> str:
    """The codes of the indicators that count cases, of the attached snapshot or schema `source`."""
    families = ", ".join(f"'{name}'" for name in CASE_FAMILIES)
    return f"select indicator from {source}.indicator_definitions where list_has_any(families, [{families}])"


def sql_for_suppressed_indicators(source: str, columns: Sequence[str], cells: str) -> str:
    """The snapshot's indicators without small counts of cases, and `is_suppressed`.

    Primary: a society with a small count in one indicator of cases. Secondary: then every indicator of cases
    of that society is withheld whole, its state too, so that no other of them (3.2 to 3.4 share their cases)
    gives it back; peer means of its group are withheld, and what of other societies' figures rests on a prior
    that it has its part in. `cells` is a relation that says which; see coarse.py, for scores, too.
    """

    def shown(name: str) -> str:
        gone = ["w.is_whole"] if name in (*SUPPRESSED, "state") else []
        gone += ["w.is_shared"] if name in SHARED else []
        gone += ["w.indicator is not null"] if name in {"peer_mean", "prior_mean"} else []
        rest = f"'{SUPPRESSED_STATE}'" if name == "state" else "null"
        return f"case when {' or '.join(gone)} then {rest} else i.{name} end as {name}"

    kept = ", ".join(shown(name) for name in (*SUPPRESSED, "state") if name in columns)
    return f"""
        select i.* replace ({kept}), coalesce(w.is_whole, false) as is_suppressed
        from {source}.indicators i left join {cells} w on w.at_row = i.rowid
    """


def suppress(frame: pl.DataFrame, count: str, within: list[str]) -> pl.Series:
    """Whether each row's `count` must be kept back, (rows,) of bool.

    Primary: a count from 1 to 4. Secondary: where just one count is kept back among the rows that share
    `within` (parts of a total that is shown), the smallest other one is, or the total would give it away.
    """
    import polars as pl

    small = (pl.col(count) > 0) & (pl.col(count) < SMALLEST_COUNT)
    others = pl.when(~pl.col("_small") & (pl.col(count) > 0)).then(pl.col(count))
    marked = frame.with_row_index("_row").with_columns(small.fill_null(False).alias("_small"))
    first = (pl.col("_row") == pl.col("_row").sort_by(others, nulls_last=True).first()) & others.is_not_null()
    alone = pl.col("_small").sum() == 1
    hidden = pl.col("_small") | (alone.over(within) & first.over(within))
    return marked.select(hidden.alias("hidden")).to_series()
