"""Queries of 总览: headline figures, what needs attention, bands, dimensions, filing, intake, findings."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Row
from dashboards.queries.frames import COHORT, RATED, Rows, answered, rows
from data_contracts.defects import consequences

VERDICTS = ("rows_read", "accepted", "returned", "quarantined", "non_data")


@answered
def headline(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """societies_n, filed_n, rated_n, selected_n, mean_score, verified_share and best_share of the run."""
    is_rated = pl.col("band") != "unrated"
    (row,) = (
        rows(con, COHORT, ("filed", "band", "decision", "score", "verified_share"), filters)
        .select(
            societies_n=pl.len(),
            filed_n=pl.col("filed").sum(),
            rated_n=is_rated.sum(),
            selected_n=(pl.col("decision") == "selected").sum(),
            mean_score=pl.col("score").mean(),
            verified_share=pl.col("verified_share").filter(is_rated).mean(),
            best_n=pl.col("band").is_in(["excellent", "good"]).sum(),
        )
        .to_dicts()
    )
    return row | {"best_share": row["best_n"] / row["rated_n"] if row["rated_n"] else None}


@answered
def intake(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """Rows by verdict over the run's files: files_n, rows_read, accepted, returned, quarantined, non_data.

    Rows are None where there are files, and of each of them it is kept back.
    """
    status = pl.col("status")
    is_known = {name: (pl.len() == 0) | (pl.col(name).count() > 0) for name in VERDICTS}
    (row,) = (
        rows(con, "sent", ("status", *VERDICTS), filters)
        .select(
            files_n=(status != "container").sum(),
            archives_n=(status == "container").sum(),
            superseded_n=(status == "superseded").sum(),
            refused_n=(status == "refused").sum(),
            **{name: pl.when(known).then(pl.col(name).sum()) for name, known in is_known.items()},
        )
        .to_dicts()
    )
    return row


@answered
def bands(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """band, societies_n — every band, in the order of display."""
    codes = con.sql("select code from labels where kind = 'band' order by position").fetchall()
    counted = dict(rows(con, COHORT, ("band",), filters)["band"].value_counts().rows())
    return pl.DataFrame({"band": [code for (code,) in codes]}).with_columns(
        societies_n=pl.Series([counted.get(code, 0) for (code,) in codes], dtype=pl.Int64)
    )


@answered
def dimension_means(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """dimension, mean, p25, p75, societies_n over the societies that were rated."""
    score = pl.col("score")
    return (
        rows(con, "dimension_rows", ("dimension", "score"), filters, RATED)
        .group_by("dimension")
        .agg(
            mean=score.mean(),
            p25=score.quantile(0.25, "linear"),
            p75=score.quantile(0.75, "linear"),
            societies_n=score.count().cast(pl.Int64),
        )
        .filter(pl.col("societies_n") > 0)
        .with_columns(pl.col("dimension").cast(pl.String))
        .sort("dimension")
    )


@answered
def filing_by_unit(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """supervisor_id, supervisor_name, due_n, filed_n, unfiled_n, share: the units with most unfiled first."""
    return (
        rows(con, COHORT, ("supervisor_id", "supervisor_name", "filed"), filters)
        .group_by("supervisor_id")
        .agg(pl.col("supervisor_name").first(), due_n=pl.len(), filed_n=pl.col("filed").sum())
        .with_columns(pl.col("due_n", "filed_n").cast(pl.Int64))
        .with_columns(
            unfiled_n=pl.col("due_n") - pl.col("filed_n"), share=pl.col("filed_n") / pl.col("due_n")
        )
        .sort("unfiled_n", "due_n", "supervisor_id", descending=[True, True, False], nulls_last=True)
    )


@answered
def attention(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """What waits for somebody: unfiled_n, returned_n, barred_n, pending_n, overdue_n and stalled_n.

    Of the societies assessed, as the pages count that it leads to.
    """
    (row,) = (
        rows(con, COHORT, ("unrated_reason", "veto_code", "hold_code", "pending_n"), filters)
        .select(
            unfiled_n=(pl.col("unrated_reason") == "NOT_FILED").sum(),
            returned_n=(pl.col("unrated_reason") == "RETURNED").sum(),
            barred_n=(pl.col("veto_code").is_not_null() | pl.col("hold_code").is_not_null()).sum(),
            pending_n=(pl.col("pending_n") > 0).sum(),
        )
        .to_dicts()
    )
    listed = (("overdue_n", "overdue_issues"), ("stalled_n", "stalled_charters"))
    return row | {name: Rows(table, (), filters).count(con) for name, table in listed}


@answered
def findings(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """code, verdict, findings_n, societies_n of all that was found, the most frequent first."""
    return (
        rows(con, "finding_counts", ("code", "verdict", "findings_n", "is_of_society"), filters)
        .group_by("code", "verdict")
        .agg(pl.col("findings_n").sum(), societies_n=pl.col("is_of_society").sum().cast(pl.Int64))
        .with_columns(pl.col("code", "verdict").cast(pl.String))
        .sort("findings_n", "code", "verdict", descending=[True, False, False])
    )


@answered
def top_findings(
    con: DuckDBPyConnection, limit: int, is_consequence: bool = False, filters: Filters = ALL
) -> pl.DataFrame:
    """The most frequent of `findings` that ask somebody to act (not repairs).

    Causes, or apart from them what only follows from them (a row returned because its cover was).
    """
    follows = pl.col("code").is_in(sorted(consequences()))
    return findings(con, filters).filter(follows if is_consequence else ~follows).head(limit)
