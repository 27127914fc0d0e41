"""What differs between two snapshots, table by table: files, facts, states, standing, who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from models.publication.comparison.reading import Run

STANDING = ("band", "rank", "peer_n", "peer_group", "decision", "reason_code", "veto_code", "hold_code",
            "unrated_reason")  # fmt: skip
STATES = ("state", "score", "absence", "numerator", "denominator")


def inputs(a: Run, b: Run) -> pl.DataFrame:
    """Files that only one run has: change (added | superseded | removed), file_id, name, origin, society_id.

    Superseded: the newer run knows the file, and that another took its place. A file of which neither
    snapshot keeps the name (of a year before) has null.
    """
    first, second = a.table("inputs"), b.table("inputs")
    columns = ("file_id", "name", "origin", "society_id", "report_year", "revision", "status")
    known = b.table("files", ", ".join(columns))
    older = a.table("files", ", ".join(columns)).join(known, on="file_id", how="anti")
    named = pl.concat([known.with_columns(is_known_to_b=True), older.with_columns(is_known_to_b=False)])
    added = second.join(first, on="file_id", how="anti").with_columns(change=pl.lit("added"))
    gone = first.join(second, on="file_id", how="anti").with_columns(change=pl.lit("removed"))
    return (
        pl.concat([added, gone])
        .join(named, on="file_id", how="left")
        .with_columns(
            pl.when(
                (pl.col("change") == "removed") & (pl.col("status") == "superseded") & pl.col("is_known_to_b")
            )
            .then(pl.lit("superseded"))
            .otherwise("change")
            .alias("change")
        )
        .select("change", *columns)
        .sort("change", "name", "file_id", nulls_last=True)
    )


def facts(a: Run, b: Run) -> pl.DataFrame:
    """Facts of a society and family that differ: rows_before, rows_after, new_files, old_files.

    The files are those that only one run has rows of. The same rows sent again in another are no difference.
    """
    query = """
        select society_id, family, sum(rows_n)::bigint as rows_n, bit_xor(digest) as digest,
               list(source_file order by source_file) as files
        from facts group by all
    """
    first, second = a.con.sql(query).pl(), b.con.sql(query).pl()
    key = ["society_id", "family"]
    joined = first.join(second, on=key, how="full", coalesce=True, suffix="_b")
    is_same = pl.col("rows_n").eq_missing(pl.col("rows_n_b")) & pl.col("digest").eq_missing(
        pl.col("digest_b")
    )
    none = pl.lit([], pl.List(pl.String))
    return (
        joined.filter(~is_same)
        .select(
            *key,
            rows_before=pl.col("rows_n").fill_null(0),
            rows_after=pl.col("rows_n_b").fill_null(0),
            new_files=pl.coalesce("files_b", none).list.set_difference(pl.coalesce("files", none)),
            old_files=pl.coalesce("files", none).list.set_difference(pl.coalesce("files_b", none)),
        )
        .sort(key)
    )


def states(a: Run, b: Run) -> pl.DataFrame:
    """Indicators whose state or score differs: society_id, indicator, and STATES of both runs.

    State and figures are those of the snapshots; an indicator that only one method has is null in the other.
    """
    columns = ", ".join(("society_id", "indicator", *STATES))
    return _changed(
        a.table("indicators", columns), b.table("indicators", columns), ["society_id", "indicator"], STATES,
        ("state", "score", "absence"),
    )  # fmt: skip


def standing(a: Run, b: Run) -> pl.DataFrame:
    """Societies whose STANDING differs between the runs, with both."""
    query = """
        select society_id, c.band, c.rank, c.peer_n, c.peer_group, e.decision, e.reason_code, c.veto_code,
               c.hold_code, c.unrated_reason
        from composite c left join exemplars e using (society_id)
    """
    return _changed(a.con.sql(query).pl(), b.con.sql(query).pl(), ["society_id"], STANDING, STANDING)


def presence(a: Run, b: Run) -> pl.DataFrame:
    """Who is in one run only: society_id, name, presence (entered | left), reason.

    The reason is the register of the run that lacks the society: `not_on_register`, `out_of_scope`, or its
    registration status there.
    """
    parts = []
    for kind, has, lacks in (("entered", b, a), ("left", a, b)):
        only = has.table("societies", "society_id, name").join(
            lacks.table("societies", "society_id"), on="society_id", how="anti"
        )
        register = lacks.table("not_assessed", "society_id, reg_status, in_scope")
        parts.append(
            only.join(register, on="society_id", how="left").select(
                "society_id",
                "name",
                presence=pl.lit(kind),
                reason=pl.when(pl.col("reg_status").is_null())
                .then(pl.lit("not_on_register"))
                .when(pl.col("reg_status") != "registered")
                .then("reg_status")
                .otherwise(pl.lit("out_of_scope")),
            )
        )
    return pl.concat(parts).sort("presence", "society_id")


def _changed(
    first: pl.DataFrame,
    second: pl.DataFrame,
    key: list[str],
    shown: tuple[str, ...],
    compared: tuple[str, ...],
) -> pl.DataFrame:
    """Rows of societies in both frames in which a compared column differs: c_before and c_after of each."""
    common = first.select("society_id").unique().join(second.select("society_id").unique(), on="society_id")
    joined = first.join(second, on=key, how="full", coalesce=True, suffix="_after").join(
        common, on="society_id", how="semi"
    )
    differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_after")) for c in compared)
    pairs = [e for c in shown for e in (pl.col(c).alias(f"{c}_before"), pl.col(f"{c}_after"))]
    return joined.filter(differs).select(*key, *pairs).sort(key)
