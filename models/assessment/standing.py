"""What stands against a decision: documented bars, hints of the register without a document, objections."""

from __future__ import annotations

from datetime import date

import polars as pl

from models.assessment.eligibility import bars
from models.assessment.methodology.schema import Methodology
from models.working_days import working_day_numbers

OBJECTIONS = pl.Schema({
    "society_id": pl.String, "objection_id": pl.String, "raised_on": pl.Date, "subject": pl.String,
    "is_formal": pl.Boolean, "is_within_notice": pl.Boolean, "acknowledged_on": pl.Date,
    "acknowledged_days": pl.Int64, "answered_on": pl.Date, "answered_days": pl.Int64, "is_late": pl.Boolean,
    "handler_recused": pl.Boolean, "outcome": pl.String, "effect": pl.String,
})  # fmt: skip


def objection_frame(
    objections: pl.DataFrame, verifications: pl.DataFrame, nominations: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """One row an objection: is it formal, in time, answered in time, and what it does (`effect`).

    effect: none (维持, or not formal) · shown (处理中) · hold (pending or 调整, as the methodology says) ·
    corrected (调整, and a check was done on or after the answer) · revoked (撤销). Days are working days
    from the day it was raised.
    """
    if objections.is_empty():
        return pl.DataFrame(schema=OBJECTIONS)
    rules, calendar = methodology.objections, methodology.calendar
    formal = [pl.col("has_real_name") if n == "has_real_name" else _is_written(n) for n in rules.needs]
    checked = (
        verifications.filter(pl.col("status") == "done").group_by("society_id").agg(
            pl.col("verified_on").max().alias("checked_on")
        )
    )  # fmt: skip
    notice = nominations.group_by("society_id").agg(
        pl.col("publicity_from").min(), pl.col("publicity_to").max()
    )
    formal_outcome = pl.when(pl.col("is_formal")).then("outcome")
    dated = _with_working_days(objections, ("acknowledged_on", "answered_on"))
    return (
        dated.join(checked, on="society_id", how="left")
        .join(notice, on="society_id", how="left")
        .with_columns(
            is_formal=pl.all_horizontal(formal),
            is_within_notice=pl.col("raised_on").is_between("publicity_from", "publicity_to"),
            is_late=(pl.col("acknowledged_days") > calendar.objection_acknowledged_working_days)
            | (pl.col("answered_days") > calendar.objection_answered_working_days),
        )
        .with_columns(
            effect=pl.when(formal_outcome == "pending")
            .then(pl.lit("hold" if rules.pending.is_on else "shown"))
            .when((formal_outcome == "revoked") & rules.revoked.is_on)
            .then(pl.lit("revoked"))
            .when((formal_outcome == "adjusted") & (pl.col("checked_on") >= pl.col("answered_on")))
            .then(pl.lit("corrected"))
            .when((formal_outcome == "adjusted") & rules.adjusted.is_on)
            .then(pl.lit("hold"))
            .otherwise(pl.lit("none"))
        )
        .select(pl.col(name).cast(kind) for name, kind in OBJECTIONS.items())
        .sort("society_id", "objection_id")
    )


def _is_written(name: str) -> pl.Expr:
    return (pl.col(name).str.strip_chars() != "").fill_null(value=False)


def _with_working_days(objections: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """`acknowledged_days` and the like: working days after the objection was raised; null without a date."""
    dates = ("raised_on", *names)
    known: list[date] = objections.unpivot(on=dates).drop_nulls("value")["value"].to_list()
    numbers = working_day_numbers(min(known), max(known))
    for name in dates:
        named = numbers.rename({"day": name, "number": f"{name}_number"})
        objections = objections.join(named, on=name, how="left", maintain_order="left")
    return objections.with_columns(
        (pl.col(f"{name}_number") - pl.col("raised_on_number")).alias(name.replace("_on", "_days"))
        for name in names
    )


def standing(  # noqa: PLR0913, PLR0917 - one frame a source
    societies: pl.DataFrame,
    register: pl.DataFrame,
    credit_records: pl.DataFrame,
    objections: pl.DataFrame,
    methodology: Methodology,
    year: int,
) -> pl.DataFrame:
    """One row a society, in the order of `societies`: veto_code, hold_code, objection_code, hint_codes.

    `register`: society_id, annual_check, credit_flag, cast_action; `objections` as by `objection_frame`.
    Of several holds, a documented one is named before an objection and that before a hint. `hint_codes` are
    joined by a comma; a hint whose document was received is none.
    """
    rules = methodology.objections
    by_effect = objections.group_by("society_id").agg(
        (pl.col("effect") == "revoked").any().alias("is_revoked"),
        ((pl.col("effect") == "hold") & (pl.col("outcome") == "adjusted")).any().alias("is_adjusted"),
        ((pl.col("effect") == "hold") & (pl.col("outcome") == "pending")).any().alias("is_pending"),
        pl.col("effect").is_in(["hold", "shown"]).any().alias("has_open_objection"),
    )
    hints = register_hints(register, credit_records, methodology)
    joined = societies.select("society_id")
    for frame in (bars(credit_records, year, methodology), by_effect, hints):
        joined = joined.join(frame, on="society_id", how="left", maintain_order="left")
    held = pl.coalesce(
        "hold_code",
        pl.when("is_adjusted").then(pl.lit(rules.adjusted.code)),
        pl.when("is_pending").then(pl.lit(rules.pending.code)),
        "hint_hold",
    )
    return joined.select(
        "society_id",
        "veto_code",
        held.alias("hold_code"),
        pl.when("is_revoked").then(pl.lit(rules.revoked.code)).alias("objection_code"),
        "hint_codes",
        pl.col("has_open_objection").fill_null(value=False),
    )


def register_hints(
    register: pl.DataFrame, credit_records: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """Societies of which the register says something: society_id, hint_codes, hint_hold (null: no hold)."""
    found = [pl.DataFrame(schema={"society_id": pl.String, "code": pl.String, "holds": pl.Boolean})]
    for hint in methodology.register_hints.records:
        if hint.is_on:
            said = register.filter(pl.col(hint.field).is_in(hint.values)).select("society_id")
            shown = credit_records.filter(pl.col("record_type") == (hint.document or ""))
            found.append(
                said.join(shown, on="society_id", how="anti").with_columns(
                    code=pl.lit(hint.code), holds=pl.lit(hint.holds)
                )
            )
    return (
        pl.concat(found)
        .group_by("society_id", maintain_order=True)
        .agg(
            pl.col("code").str.join(",").alias("hint_codes"),
            pl.col("code").filter(pl.col("holds")).first().alias("hint_hold"),
        )
    )
