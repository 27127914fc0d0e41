"""Why a figure that may be absent is absent: reasons beside the measures, never a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Indicator, Methodology

# Facts of facts.sql that are also names of declarations in the methodology.
DECLARATIONS = ("annual_report", "zero_case_declared", "other_cases_reported")
VERIFIED = "verification"


def with_absences(
    figures: pl.DataFrame, facts: pl.DataFrame, confirmed: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """The measures with `absence`, for the indicators that may be not applicable (N).

    `figures`: aggregate.sql; `facts`: facts.sql, one row a society; `confirmed`: confirmed_absences.sql.
    `absence` (string, null) says why an indicator without a figure is not applicable: the name of a field
    whose value takes the society out (level, journals_n), `verification` where an authority checked the
    family as a whole, or the society's own word that there was nothing (annual_report, zero_case_declared,
    other_cases_reported, not_applicable); `is_absence_confirmed` is false for its own word. `is_due` is true
    where such a field alone decides and its value keeps the society in: a provincial society owes 3.6 and one
    with journals owes 6.2, as if required. Sorted by society and indicator; a society and indicator known
    only by these columns has null figures.
    """
    import polars as pl

    reasons = pl.concat(
        [
            _reasons(indicator, figures, facts, confirmed)
            for indicator in methodology.indicators
            if not indicator.is_required
        ]
    )
    joined = figures.join(reasons, on=["society_id", "indicator"], how="full", coalesce=True)
    counts = [c for c in figures.columns if c.endswith("_n")]
    return joined.with_columns(
        pl.col(counts).fill_null(0), pl.col("is_due", "is_absence_confirmed").fill_null(False)
    ).sort("society_id", "indicator")


def _reasons(
    indicator: Indicator, figures: pl.DataFrame, facts: pl.DataFrame, confirmed: pl.DataFrame
) -> pl.DataFrame:
    import polars as pl

    answers = figures.filter(pl.col("indicator") == indicator.code).select("society_id", "answer")
    # The first family is the one whose rows would be there.
    verified = confirmed.filter(pl.col("family") == indicator.families[0]).select(
        "society_id", is_verified=pl.lit(True)
    )
    asked = facts.join(answers, on="society_id", how="left").join(verified, on="society_id", how="left")
    conditions = [
        (c.field, c.values)
        for c in indicator.not_applicable_when
        if c.field is not None and c.values is not None
    ]
    out_by_field = [pl.when(pl.col(field).is_in(values)).then(pl.lit(field)) for field, values in conditions]
    declared = [
        pl.when(pl.col(name) if name in DECLARATIONS else pl.col("answer") == name).then(pl.lit(name))
        for name in indicator.absence_declared_by
    ]
    certain = pl.coalesce(
        *out_by_field,
        # Where a field alone decides, a check of the family decides nothing.
        *([pl.when("is_verified").then(pl.lit(VERIFIED))] if indicator.absence_declared_by else []),
        pl.lit(None, pl.String),
    )
    reason = pl.coalesce(certain, *declared)
    is_due = pl.lit(False)
    if len(conditions) == len(indicator.not_applicable_when):
        kept_in = [pl.col(field).is_in(values).not_() for field, values in conditions]
        is_due = pl.all_horizontal(kept_in).fill_null(False)
    # 未统计 says that there is something and that nobody counted it.
    return asked.select(
        "society_id",
        pl.lit(indicator.code).alias("indicator"),
        pl.when(pl.col("answer").eq_missing("not_counted")).then(None).otherwise(reason).alias("absence"),
        certain.is_not_null().alias("is_absence_confirmed"),
        is_due.alias("is_due"),
    ).filter(pl.col("absence").is_not_null() | pl.col("is_due"))
