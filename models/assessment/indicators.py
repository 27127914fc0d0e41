"""From measures to indicators: value, state, score, shrinkage of small denominators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.assessment.missing import bounds, with_states

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Methodology

# What the peers give a figure: their mean as shown, and the prior that a small figure shrinks to.
PEER_COLUMNS = ("peer_mean", "prior_mean", "prior_weight", "prior_source")
COLUMNS = (
    "society_id", "indicator", "dimension", "state", "numerator", "numerator_raw", "denominator", "value",
    "value_raw", "shrunk", "low", "high", "target", "score", "weight", "grade", "is_verified", "peer_mean",
    "absence", "missing_case", "prior_mean", "prior_weight", "prior_source", "evidence_share",
    "self_reported_share", "worst", "best",
)  # fmt: skip


def evaluate(
    measures: pl.DataFrame,
    signals: pl.DataFrame,
    societies: pl.DataFrame,
    methodology: Methodology,
    peers: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row for every society and indicator, in COLUMNS; sorted by society, indicators in file order.

    `measures` and `signals` come from `engine.compute`; `societies` brings society_id, size_class and
    peer_group (and `filed`, whether an annual report was accepted; all taken as filed without it).

    state: `reported`, or `zero` when the evidence-weighted numerator is 0 (where lower is better: when the
    filed numerator is); `under_verification` when every row is still being checked, when an outside signal
    contradicts an absence, or when nobody but the society says that there was nothing; `not_applicable`;
    `not_reported`. Rows being checked are left out of a figure that has other rows. What an absence scores is
    the methodology's `missing_states`. `value` is numerator ÷ denominator (0–1, or a count), shrunk to the
    peers' mean where the methodology says so, then with its interval `low`–`high`; `value_raw` is what was
    filed, neither weighted by evidence nor shrunk. `score` is null where the indicator leaves both sums.
    `grade` is the grade that at least half of the rows reach; `peer_mean` is Σ numerators ÷ Σ denominators of
    the peer group. `absence` says why there is no figure where nothing was to be filed (absences.py), and
    `missing_case` by which rule of `missing_states` (or under_verification) a missing figure is judged.
    `worst` and `best` are the score once everything missing or pending is known (null: out of both sums).

    Every share has its `prior_…` (see `shrinkage.fit_priors`; of raw counts, on the value's scale) and its
    `evidence_share`, what the rows' evidence leaves of a favourable count. Where shrunk,
    value = evidence_share · (prior_weight · prior_mean + numerator_raw) ÷ (prior_weight + denominator), and
    where lower is better the same of the complements. `self_reported_share` is the part of the favourable
    count (as weighted) that is self-reported only.

    `peers`: society_id, indicator and PEER_COLUMNS, in place of what the peers of `societies` give (change.py
    asks what a society would have had beside last year's).
    """
    rows = _laid_out(measures, signals, societies, methodology)
    if peers is None:
        rows = rows.join(
            _peer_figures(rows, methodology), on=["peer_group", "indicator"], how="left", nulls_equal=True
        )
    else:
        rows = rows.join(
            peers.select("society_id", "indicator", *PEER_COLUMNS), on=["society_id", "indicator"], how="left"
        )
    rows = with_states(_with_values(rows, methodology), methodology)
    return (
        _with_grades(rows, methodology)
        .with_columns(_score())
        .with_columns(*bounds(methodology))
        .sort("society_id", "position")
        .select(COLUMNS)
    )


def peer_figures(measures: pl.DataFrame, societies: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """What the peers give each of their own: society_id, indicator, PEER_COLUMNS (null without a figure)."""
    import polars as pl

    none = pl.DataFrame(schema={"society_id": pl.String, "indicator": pl.String})
    rows = _laid_out(measures, none, societies, methodology)
    figures = _peer_figures(rows, methodology)
    return rows.select("society_id", "indicator", "peer_group").join(
        figures, on=["peer_group", "indicator"], how="left", nulls_equal=True
    )


def _laid_out(
    measures: pl.DataFrame, signals: pl.DataFrame, societies: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """One row for every society and indicator, with rule, target, measure, evidence and signal."""
    import polars as pl

    known = societies.select(
        "society_id",
        "peer_group",
        pl.col("size_class")
        if "size_class" in societies.columns
        else pl.lit(None, pl.String).alias("size_class"),
        pl.col("filed") if "filed" in societies.columns else pl.lit(True).alias("filed"),
    )
    signalled = signals.select("society_id", "indicator").unique().with_columns(has_signal=pl.lit(True))
    rows = (
        known.join(_rules(methodology), how="cross")
        .join(_targets(methodology), on=["indicator", "size_class"], how="left", nulls_equal=True)
        .join(measures, on=["society_id", "indicator"], how="left")
        .join(signalled, on=["society_id", "indicator"], how="left")
        .with_columns(
            has_figure=pl.col("denominator").fill_null(0) > 0,
            pending_n=pl.col("pending_n").fill_null(0),
            # Owed by all (M), or by this society in particular (absences.py).
            is_required=pl.col("is_required") | pl.col("is_due").fill_null(False),
        )
        .with_columns(pl.when("has_figure").then(pl.col("numerator", "numerator_raw", "denominator")))
    )
    return _with_evidence(rows)


def _rules(methodology: Methodology) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        [
            (n, i.code, i.dimension, i.weight, i.is_required, i.is_shrunk, i.is_sampled, i.low_is_good,
             i.absent_state, i.constant_denominator is not None)
            for n, i in enumerate(methodology.indicators)
        ],
        schema={
            "position": pl.Int64, "indicator": pl.String, "dimension": pl.String, "weight": pl.Float64,
            "is_required": pl.Boolean, "may_shrink": pl.Boolean, "is_sampled": pl.Boolean,
            "is_lower_better": pl.Boolean, "absent_state": pl.String, "is_constant": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip


def _targets(methodology: Methodology) -> pl.DataFrame:
    """Target by indicator and size class; null where it depends on a size that is not known."""
    import polars as pl

    sizes = [s.code for s in methodology.peer_groups.size_classes]
    return pl.DataFrame(
        [(i.code, size, i.target_for(size)) for i in methodology.indicators for size in (*sizes, None)],
        schema={"indicator": pl.String, "size_class": pl.String, "target": pl.Float64},
        orient="row",
    )


def _peer_figures(rows: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """One row a peer group and indicator: PEER_COLUMNS; a prior only for shares that somebody has."""
    import polars as pl

    from models.assessment.shrinkage import fit_priors

    group = ["peer_group", "indicator"]
    # In the order of the societies: floating sums depend on the order of their terms.
    rows = rows.sort("society_id", "position")
    tops, bottoms = pl.col("numerator").sum(), pl.col("denominator").sum()
    counts = rows.filter("is_sampled", "has_figure").select(
        *group, pl.col("favourable").alias("numerator"), "denominator"
    )
    priors = fit_priors(counts, methodology.shrinkage).select(
        *group, "prior_mean", "prior_weight", "prior_source"
    )
    mean = pl.col("prior_mean")
    return (
        rows.group_by(*group, maintain_order=True)
        .agg(pl.col("is_lower_better").first(), tops=tops, bottoms=bottoms)
        .join(priors, on=group, how="left")
        .with_columns(
            peer_mean=pl.when(pl.col("bottoms") > 0).then(pl.col("tops") / pl.col("bottoms")),
            prior_mean=pl.when("is_lower_better").then(1 - mean).otherwise(mean),
        )
        .select(*group, *PEER_COLUMNS)
    )


def _with_evidence(rows: pl.DataFrame) -> pl.DataFrame:
    """Favourable counts, raw and weighted; what evidence leaves of them; the part that is self-reported.

    Without a favourable count there is nothing to take the ratio of: the mean evidence weight of the rows
    stands in, with what checks of them found, so that a refutation never helps.
    """
    import polars as pl

    held = pl.col("numerator_raw").clip(0, pl.col("denominator"))
    return rows.with_columns(
        favourable=pl.when("is_lower_better").then(pl.col("denominator") - held).otherwise(held),
        weighed=pl.when("is_lower_better")
        .then(pl.col("denominator") - pl.col("numerator"))
        .otherwise("numerator"),
        filed_favourable=pl.when("is_lower_better")
        .then(pl.col("denominator") - pl.col("numerator_raw"))
        .otherwise("numerator_raw"),
    ).with_columns(
        evidence_share=pl.when("has_figure").then(
            pl.when(pl.col("filed_favourable") > 0)
            .then(pl.col("weighed") / pl.col("filed_favourable"))
            .otherwise(pl.col("evidence_mean").fill_null(1.0))
            .clip(0, 1)
        ),
        self_reported_share=pl.when(pl.col("has_figure") & (pl.col("weighed") > 0))
        .then((pl.col("self_reported_numerator").fill_null(0) / pl.col("weighed")).clip(0, 1))
        .when("has_figure")
        .then(0.0),
    )


def _with_values(rows: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """Values; of small denominators the mean and interval of the beta-binomial posterior."""
    import polars as pl

    from models.assessment.shrinkage import shrink

    rule = methodology.shrinkage
    has_prior, mean = pl.col("is_sampled") & pl.col("has_figure"), pl.col("prior_mean")
    rows = rows.with_columns(
        pl.when(has_prior).then(pl.col("prior_mean", "prior_weight", "prior_source"))
    ).with_columns(
        prior_favourable=pl.when("is_lower_better").then(1 - mean).otherwise(mean),
        shrunk=pl.col("may_shrink")
        & pl.col("has_figure")
        & pl.col("prior_weight").is_not_null()
        & (pl.col("denominator") < rule.threshold),
        value_raw=pl.col("numerator_raw") / pl.col("denominator"),
    )
    key = ["society_id", "indicator"]
    small = rows.filter("shrunk")
    found = shrink(
        small["favourable"].to_numpy(),
        small["denominator"].to_numpy(),
        small["prior_favourable"].to_numpy(),
        small["prior_weight"].to_numpy(),
        rule.interval,
    )
    posterior = small.select(key).with_columns(
        pl.Series(name, column, dtype=pl.Float64)
        for name, column in zip(("middle", "below", "above"), found, strict=True)
    )

    def as_value(favourable: pl.Expr) -> pl.Expr:
        weighed = pl.col("evidence_share") * favourable
        return pl.when("is_lower_better").then(1 - weighed).otherwise(weighed)

    return rows.join(posterior, on=key, how="left").with_columns(
        value=pl.when("shrunk")
        .then(as_value(pl.col("middle")))
        .otherwise(pl.col("numerator") / pl.col("denominator")),
        low=as_value(pl.when("is_lower_better").then("above").otherwise("below")),
        high=as_value(pl.when("is_lower_better").then("below").otherwise("above")),
    )


def _score() -> pl.Expr:
    """min(1, x ÷ target); where lower is better, 1 − x; an empty indicator scores what its state does."""
    import polars as pl

    x = pl.col("value")
    reached = pl.when("is_lower_better").then(1 - x).otherwise(x / pl.col("target"))
    return pl.when("has_figure").then(reached.clip(0, 1)).otherwise("absent_score").alias("score")


def _with_grades(rows: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """The best grade that at least half of the rows reach, and whether it counts as checked."""
    import polars as pl

    evidence = methodology.evidence
    reached, grade = pl.lit(0), pl.lit(None, pl.String)
    for name in reversed(evidence.order):
        reached = reached + pl.col(f"{name}_n").fill_null(0)
        is_met = pl.col("has_figure") & (2 * reached >= pl.col("rows_n"))
        grade = pl.when(grade.is_null() & is_met).then(pl.lit(name)).otherwise(grade)
    return rows.with_columns(grade=grade).with_columns(
        is_verified=pl.col("grade").is_in(evidence.checked).fill_null(False)
    )
