"""The restatement log of a run: what differs from the run of the same year that it replaces, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from models.publication.comparison.compare import NOISE, Comparison
from models.publication.disclosure import CASE_FAMILIES
from models.publication.restated import restatement_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "society_id": pl.String, "item": pl.String, "code": pl.String, "before": pl.String, "after": pl.String,
    "before_number": pl.Float64, "after_number": pl.Float64, "causes": pl.List(pl.String),
    "is_direct": pl.Boolean, "files": pl.List(pl.String),
}  # fmt: skip
KEY = ["society_id", "item", "code"]
# Families whose rows may move any indicator: who the society is, and who has checked or recorded what.
GENERAL = ("societies", "annual_reports", "verifications", "credit_records")
COMPOSITE = ("composite", "total")

# The reasons that an objection can give: withdrawn, or held until it is checked.
OBJECTED = ["OBJECTION", "HOLD"]


def restatements(found: Comparison) -> pl.DataFrame:
    """One row a society and thing that changed, in SCHEMA; `found` compares the restated run with the new.

    item: presence, fact (code: family; rows before and after), indicator and state (code: indicator),
    dimension, score, band, rank, decision. `before` and `after` are codes, the numbers are scores of 0–100,
    ranks or rows. `causes` are codes of restatements.yaml, `is_direct` if one of them lies in the society's
    own facts; `files` names the files that brought those.
    """
    causes = _fact_causes(found)
    of_society = causes.group_by("society_id").agg(pl.col("cause").unique().sort().alias("own"))
    moved = _effect_causes(found.effects)
    parts = [_presence(found), _facts(causes), *_scores(found, causes, of_society, moved)]
    parts += [*_standings(found, of_society, moved)]
    direct = [code for code, text in restatement_texts()["causes"].items() if text["is_direct"]]
    order = {item: n for n, item in enumerate(restatement_texts()["items"])}
    return (
        pl.concat([part.select(c for c in SCHEMA if c in part.columns) for part in parts], how="diagonal")
        .join(_file_names(found, causes), on="society_id", how="left")
        .with_columns(pl.col("causes").list.unique().list.sort())
        .with_columns(is_direct=pl.col("causes").list.eval(pl.element().is_in(direct)).list.any())
        .with_columns(files=pl.when("is_direct").then("files"))
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        .sort("society_id", pl.col("item").replace_strict(order, return_dtype=pl.Int64), "code")
    )


def _fact_causes(found: Comparison) -> pl.DataFrame:
    """`facts` with the cause of each society and family."""
    origins = found.b.table("files", "file_id, origin")
    filed_before = found.a.con.sql(
        "select distinct f.society_id, true as was_filed from facts f join files on file_id = source_file "
        "where origin = 'society'"
    ).pl()
    of_family = pl.col("family").replace_strict(
        restatement_texts()["families"], default=None, return_dtype=pl.String
    )
    from_society = (
        found.facts.explode("new_files")
        .join(origins, left_on="new_files", right_on="file_id", how="left")
        .group_by("society_id", "family")
        .agg((pl.col("origin") == "society").any().alias("is_own_file"))
    )
    return (
        found.facts.join(from_society, on=["society_id", "family"], how="left")
        .join(filed_before, on="society_id", how="left")
        .with_columns(
            cause=pl.when(of_family.is_not_null())
            .then(of_family)
            .when(
                (pl.col("rows_before") > 0) | (pl.col("is_own_file") & pl.col("was_filed").fill_null(False))
            )
            .then(pl.lit("revision"))
            .otherwise(pl.lit("late_file"))
        )
    )


def _effect_causes(effects: pl.DataFrame) -> pl.DataFrame:
    """society_id, scope, item, outer (causes outside the society), has_data (its own data moved it)."""
    outer = [
        pl.when(pl.col(name).abs() > NOISE).then(pl.lit(name))
        for name in ("methodology", "peers", "software")
    ]
    return effects.select(
        "society_id",
        "scope",
        "item",
        outer=pl.concat_list(outer).list.drop_nulls(),
        has_data=(pl.col("data").abs() > NOISE).fill_null(False),
    )


def _presence(found: Comparison) -> pl.DataFrame:
    is_new = pl.col("presence") == "entered"
    return found.presence.select(
        "society_id",
        item=pl.lit("presence"),
        code=pl.lit(None, pl.String),
        before=pl.when(is_new).then("reason").otherwise(pl.lit("assessed")),
        after=pl.when(is_new).then(pl.lit("assessed")).otherwise("reason"),
        causes=pl.concat_list(pl.lit("register")),
    )


def _facts(causes: pl.DataFrame) -> pl.DataFrame:
    is_case = pl.col("family").is_in(CASE_FAMILIES)
    return causes.select(
        "society_id",
        item=pl.lit("fact"),
        code="family",
        # How many cases a society has is not for everybody who may read its log.
        before_number=pl.when(~is_case).then(pl.col("rows_before").cast(pl.Float64)),
        after_number=pl.when(~is_case).then(pl.col("rows_after").cast(pl.Float64)),
        causes=pl.concat_list("cause"),
    )


def _scores(
    found: Comparison, causes: pl.DataFrame, of_society: pl.DataFrame, moved: pl.DataFrame
) -> Iterable[pl.DataFrame]:
    """Composite, dimensions, indicators and their states."""
    changed = pl.col("before").ne_missing(pl.col("after")) & (
        (pl.col("change").abs() > NOISE).fill_null(True)
    )
    shown = pl.col("scope").replace_strict({"composite": "score", "dimension": "dimension"}, default=None)
    yield (
        found.effects.filter(changed, pl.col("scope") != "indicator")
        .join(moved, on=["society_id", "scope", "item"], how="left")
        .join(of_society, on="society_id", how="left")
        .select(
            "society_id",
            item=shown,
            code=pl.when(pl.col("scope") == "dimension").then("item"),
            before_number="before",
            after_number="after",
            causes=_causes(pl.col("own"), pl.col("outer"), pl.col("has_data")),
        )
    )
    relevant = _relevant(found, causes)
    states = (
        found.states.join(
            moved.filter(pl.col("scope") == "indicator").rename({"item": "indicator"}),
            on=["society_id", "indicator"],
            how="left",
        )
        .join(relevant, on=["society_id", "indicator"], how="left")
        .join(of_society, on="society_id", how="left")
        .with_columns(
            causes=_causes(
                pl.coalesce("relevant", "own"), pl.col("outer"), pl.col("has_data").fill_null(True)
            )
        )
    )
    before, after = pl.col("score_before"), pl.col("score_after")
    # Scores of indicators are kept to the last bit; a change of the last bit is none.
    is_other = before.is_null().ne_missing(after.is_null()) | ((before - after).abs() > NOISE / 100)
    yield states.filter(is_other).select(
        "society_id",
        item=pl.lit("indicator"),
        code="indicator",
        before_number=100 * before,
        after_number=100 * after,
        causes="causes",
    )
    yield states.filter(pl.col("state_before").ne_missing(pl.col("state_after"))).select(
        "society_id",
        item=pl.lit("state"),
        code="indicator",
        before="state_before",
        after="state_after",
        causes="causes",
    )


def _causes(own: pl.Expr, outer: pl.Expr, has_data: pl.Expr) -> pl.Expr:
    """Own causes where own data moved it (of earlier years where this year's are the same), and others."""
    none = pl.lit([], pl.List(pl.String))
    of_data = (
        pl.when(has_data & own.is_not_null())
        .then(own)
        .when(has_data)
        .then(pl.lit(["earlier_years"]))
        .otherwise(none)
    )
    outside = pl.coalesce(outer, none)
    both = of_data.list.concat(outside)
    # A change that no effect explains (nothing could be split) is put down to what is known of the facts.
    return pl.when(both.list.len() > 0).then(both).otherwise(pl.coalesce(own, pl.lit(["software"])))


def _relevant(found: Comparison, causes: pl.DataFrame) -> pl.DataFrame:
    """society_id, indicator → causes of the families that the indicator rests on."""
    families = found.b.table("indicator_definitions", "indicator, families").explode("families")
    general = (
        families.select("indicator").unique().join(pl.DataFrame({"families": list(GENERAL)}), how="cross")
    )
    pairs = pl.concat([families, general]).unique()
    return (
        causes.join(pairs, left_on="family", right_on="families")
        .group_by("society_id", "indicator")
        .agg(pl.col("cause").unique().sort().alias("relevant"))
    )


def _standings(found: Comparison, of_society: pl.DataFrame, moved: pl.DataFrame) -> Iterable[pl.DataFrame]:
    """Band, rank and decision. What neither facts nor score explain, the other societies or the run do."""
    run_causes = _run_causes(found)
    none = pl.lit([], pl.List(pl.String))
    total = moved.filter(pl.col("scope") == COMPOSITE[0]).drop("scope", "item")
    rows = (
        found.standing.join(of_society, on="society_id", how="left")
        .join(total, on="society_id", how="left")
        .with_columns(
            scored=pl.coalesce("outer", none),
            own=pl.coalesce("own", none),
            has_data=pl.col("has_data").fill_null(False),
            is_barred=pl.any_horizontal(
                pl.col(f"{c}_before").ne_missing(pl.col(f"{c}_after")) for c in ("veto_code", "hold_code")
            ),
        )
    )
    # Facts of its own move a rank through the score, a band also through a bar, and the decision by
    # nominations and checks too. An objection does where the reason, before or after, is its own.
    is_objected = pl.any_horizontal(
        pl.col(f"reason_code_{end}").is_in(OBJECTED) for end in ("before", "after")
    )
    without = pl.col("own").list.set_difference(["objection"])
    checked = pl.when(is_objected.fill_null(False)).then("own").otherwise(without)
    own = {
        "rank": pl.when("has_data").then("own").otherwise(none),
        "band": pl.when(pl.col("has_data") | pl.col("is_barred")).then("own").otherwise(none),
        "decision": pl.when(pl.col("has_data") | pl.col("is_barred")).then("own").otherwise(checked),
    }
    outside = {"band": [], "rank": ["competition"], "decision": ["competition"]}
    for item, others in outside.items():
        rest = [*others, *run_causes]
        known = own[item].list.concat(pl.col("scored"))
        yield rows.filter(pl.col(f"{item}_before").ne_missing(pl.col(f"{item}_after"))).select(
            "society_id",
            item=pl.lit(item),
            code=pl.lit(None, pl.String),
            **(
                {"before_number": pl.col("rank_before").cast(pl.Float64),
                 "after_number": pl.col("rank_after").cast(pl.Float64)}
                if item == "rank"
                else {"before": pl.col(f"{item}_before"), "after": pl.col(f"{item}_after")}
            ),
            causes=pl.when(known.list.len() > 0)
            .then(known)
            .otherwise(pl.lit(rest or ["software"], pl.List(pl.String))),
        )  # fmt: skip


def _run_causes(found: Comparison) -> list[str]:
    """What differs between the runs as a whole."""
    a, b = found.a.manifest, found.b.manifest
    differs = {
        "methodology": a["methodology"]["sha256"] != b["methodology"]["sha256"],
        "software": found.a.code != found.b.code,
        "seed": a["seed"] != b["seed"],
        "past_selections": a["past_hash"] != b["past_hash"],
    }
    return [name for name, does in differs.items() if does]


def _file_names(found: Comparison, causes: pl.DataFrame) -> pl.DataFrame:
    names = found.b.table("files", "file_id, name")
    return (
        causes.explode("new_files")
        .join(names, left_on="new_files", right_on="file_id")
        .group_by("society_id")
        .agg(pl.col("name").unique().sort().alias("files"))
    )
