"""What an indicator without a figure is, and what it counts (`missing_states`, `missing_bounds`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Methodology

PENDING = "under_verification"


def with_states(rows: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """State and, for the empty ones, the score that the methodology gives them."""
    import polars as pl

    empty = methodology.missing_states
    judged = pl.when("is_lower_better").then("numerator_raw").otherwise("numerator")
    is_declared = pl.col("absence").is_not_null() & pl.col("filed")
    case = (
        pl.when((pl.col("pending_n") > 0) | (pl.col("is_required") & (pl.col("absent_state") == PENDING)))
        .then(pl.lit(PENDING))
        .when("is_required")
        .then(pl.lit("required_absent"))
        .when("has_signal")
        .then(pl.lit("absence_contradicted"))
        .when(is_declared & pl.col("is_absence_confirmed"))
        .then(pl.lit("absence_confirmed"))
        .when(is_declared)
        .then(pl.lit("absence_declared"))
        .otherwise(pl.lit("absence_unconfirmed"))
    )
    rules = {name: rule for name, rule in empty if name != "status"}
    states = {PENDING: PENDING} | {name: rule.state for name, rule in rules.items()}
    scores = {PENDING: None} | {name: rule.score for name, rule in rules.items()}
    figure_state = pl.when(judged == 0).then(pl.lit("zero")).otherwise(pl.lit("reported"))
    return rows.with_columns(
        state=pl.when("has_figure")
        .then(figure_state)
        .otherwise(case.replace_strict(states, return_dtype=pl.String)),
        absent_score=case.replace_strict(scores, return_dtype=pl.Float64),
        absence=pl.when(pl.col("has_figure").not_()).then("absence"),
        missing_case=pl.when(pl.col("has_figure").not_()).then(case),
    )


def bounds(methodology: Methodology) -> list[pl.Expr]:
    """`worst` and `best` score once all is known; the rule of each case of missing is `missing_bounds`.

    Rows under verification beside others: refuted they add to the denominator only, confirmed what was filed.
    """
    import polars as pl

    rules = methodology.missing_bounds.model_dump(exclude={"status"})
    unit = pl.when("is_lower_better").then(1.0).otherwise("target")
    own = pl.when("is_lower_better").then(1 - pl.col("value")).otherwise("value")
    with_rows = (pl.col("pending_n") > 0) & (pl.col("pending_denominator") > 0)
    total = pl.when("is_constant").then("pending_denominator").otherwise(
        pl.col("denominator").fill_null(0) + pl.col("pending_denominator")
    )  # fmt: skip
    before = pl.when("has_figure").then(own * pl.col("denominator")).otherwise(0.0)
    confirmed = pl.when("is_lower_better").then(
        pl.col("pending_denominator") - pl.col("pending_numerator")
    ).otherwise("pending_numerator")  # fmt: skip
    exact = {
        "worst": (before / total / unit).clip(0, 1),
        "best": ((before + confirmed) / total / unit).clip(0, 1),
    }
    found = []
    for name, known in exact.items():
        missing = {case: rule[name] for case, rule in rules.items()}
        ruled = pl.col("missing_case").replace_strict(missing, return_dtype=pl.Float64)
        found.append(
            pl.when(with_rows).then(known).when("has_figure").then("score").otherwise(ruled).alias(name)
        )
    return found
