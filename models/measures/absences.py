"""Why a figure that may be absent is absent: reasons beside the measures, never a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Indicator, Methodology

# Facts of facts.sql that are also names of confirmations in the methodology.
CONFIRMATIONS = ("annual_report", "zero_case_declared", "other_cases_reported")


def with_absences(figures: pl.DataFrame, facts: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """The measures with `absence`, for the indicators that may be not applicable (N).

    `figures`: aggregate.sql; `facts`: facts.sql, one row a society. `absence` (string, null) says why an
    indicator without a figure is not applicable: the name of a field whose value takes the society out
    (level, journals_n), or of what confirms that there was nothing (annual_report, zero_case_declared,
    other_cases_reported, not_applicable). `is_due` is true where such a field alone decides and its value
    keeps the society in: a provincial society owes 3.6 and one with journals owes 6.2, as if required. Sorted
    by society and indicator; a society and indicator known only by these two columns has null figures.
    """
    import polars as pl

    reasons = pl.concat(
        [
            _reasons(indicator, figures, facts)
            for indicator in methodology.indicators
            if not indicator.is_required
        ]
    )
    joined = figures.join(reasons, on=["society_id", "indicator"], how="full", coalesce=True)
    counts = [c for c in figures.columns if c.endswith("_n")]
    return joined.with_columns(pl.col(counts).fill_null(0), pl.col("is_due").fill_null(False)).sort(
        "society_id", "indicator"
    )


def _reasons(indicator: Indicator, figures: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    answers = figures.filter(pl.col("indicator") == indicator.code).select("society_id", "answer")
    asked = facts.join(answers, on="society_id", how="left")
    conditions = [
        (c.field, c.values)
        for c in indicator.not_applicable_when
        if c.field is not None and c.values is not None
    ]
    out_by_field = [pl.when(pl.col(field).is_in(values)).then(pl.lit(field)) for field, values in conditions]
    confirmed = [
        pl.when(pl.col(name)).then(pl.lit(name))
        for name in indicator.absence_confirmed_by
        if name in CONFIRMATIONS
    ]
    answered = [
        pl.when(pl.col("answer") == name).then(pl.lit(name))
        for name in indicator.absence_confirmed_by
        if name not in CONFIRMATIONS
    ]
    reason = pl.coalesce(*out_by_field, *confirmed, *answered)
    is_due = pl.lit(False)
    if len(conditions) == len(indicator.not_applicable_when):
        kept_in = [pl.col(field).is_in(values).not_() for field, values in conditions]
        is_due = pl.all_horizontal(kept_in).fill_null(False)
    # 未统计 says that there is something and that nobody counted it.
    return asked.select(
        "society_id",
        pl.lit(indicator.code).alias("indicator"),
        pl.when(pl.col("answer").eq_missing("not_counted")).then(None).otherwise(reason).alias("absence"),
        is_due.alias("is_due"),
    ).filter(pl.col("absence").is_not_null() | pl.col("is_due"))
