"""What follows from a decision: nearest miss, reserve list, lines, panel, checks on site, public notice."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from data_contracts.contract import load_contract
from models.assessment.exemplars import Candidates, Decision
from models.assessment.methodology.schema import Methodology
from models.working_days import working_day_numbers

# Reasons of those who passed every gate before the places: they stand in reserve, by their place.
RESERVE = ("QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL", "TIE", "STABILITY", "PRACTICE_TAG")


def outlook_frame(decision: Decision, gates: pl.DataFrame) -> pl.DataFrame:
    """The `decision_outlook` frame: how far each society is from selection; one row a society.

    `failed_n` rules failed; `next_gate` the first of them, with `gap` = threshold − figure in the rule's own
    unit (score points, share, places); `reserve_place` 1 is next in line among all, `class_reserve_place`
    within the class; `panel_group` numbers societies equal in every figure, one of them selected.
    """
    failed = gates.filter(pl.col("outcome") == "failed").sort("society_id", "step")
    nearest = failed.group_by("society_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("failed_n"),
        pl.col("gate").first().alias("next_gate"),
        pl.when(pl.col("gate").first() == "quota")
        .then((pl.col("figure") - pl.col("threshold")).first())
        .otherwise((pl.col("threshold") - pl.col("figure")).first())
        .round(9)
        .alias("gap"),
        pl.col("text_zh").first().alias("next_zh"),
        pl.col("text_en").first().alias("next_en"),
    )
    place = pl.Series(np.where(decision.point.place > 0, decision.point.place, 0))
    waiting = (
        decision.facts.select("society_id", "reason_code", "quota_class")
        .with_columns(place=place, panel_group=_panel_groups(decision))
        .with_columns(is_reserve=pl.col("reason_code").is_in(RESERVE))
        .with_columns(
            reserve_place=pl.when("is_reserve").then(pl.col("place").rank("ordinal").over("is_reserve")),
            class_reserve_place=pl.when("is_reserve").then(
                pl.col("place").rank("ordinal").over("is_reserve", "quota_class")
            ),
        )
    )
    return (
        waiting.join(nearest, on="society_id", how="left", maintain_order="left")
        .with_columns(pl.col("failed_n").fill_null(0))
        .select(
            "society_id",
            "failed_n",
            "next_gate",
            "gap",
            pl.col("reserve_place").cast(pl.Int64),
            pl.col("class_reserve_place").cast(pl.Int64),
            pl.col("panel_group").cast(pl.Int64),
            "next_zh",
            "next_en",
        )
    )


def _panel_groups(decision: Decision) -> pl.Series:
    """Number the groups that the panel has to decide: tied in every figure across the line of the places."""
    facts, pool = decision.facts, decision.pool
    keys = {f"key_{n}": key for n, key in enumerate(pool.keys)}
    figures = pl.DataFrame({"class": pool.class_of, "small": pool.is_small, "capped": pool.is_capped,
                            "score": facts["score"], **keys})  # fmt: skip
    grouped = figures.with_columns(
        is_tied=facts["reason_code"] == "TIE", eligible=pl.Series(decision.eligible)
    ).with_columns(goes=pl.col("is_tied").any().over(figures.columns) & pl.col("eligible"))
    return grouped.select(
        pl.when("goes").then(pl.struct(figures.columns).rank("dense").over("goes"))
    ).to_series()


def line_frame(candidates: Candidates, decision: Decision) -> pl.DataFrame:
    """The `decision_lines` frame: one row a reporting line of the contract, with who used its right."""
    lines = [value.code for value in load_contract("societies").field("reporting_line").enum]
    counted = (
        candidates.societies.select(reporting_line="reporting_line", filed="filed")
        .with_columns(
            rated=pl.Series(candidates.scores.is_rated),
            nominated=candidates.practice_tag.is_not_null(),
            eligible=pl.Series(decision.eligible),
            selected=pl.Series(decision.named),
        )
        .group_by("reporting_line")
        .agg(
            pl.len().cast(pl.Int64).alias("societies_n"),
            *(pl.col(c).sum().cast(pl.Int64).alias(f"{c}_n")
              for c in ("filed", "rated", "nominated", "eligible", "selected")),
        )
    )  # fmt: skip
    counts = [c for c in counted.columns if c.endswith("_n")]
    return (
        pl.DataFrame({"reporting_line": lines})
        .join(counted, on="reporting_line", how="left", maintain_order="left")
        .with_columns(pl.col(counts).fill_null(0))
        .with_columns(
            state=pl.when(pl.col("selected_n") > 0).then(pl.lit("selected"))
            .when(pl.col("eligible_n") > 0).then(pl.lit("eligible"))
            .when(pl.col("nominated_n") > 0).then(pl.lit("nominated"))
            .when(pl.col("filed_n") > 0).then(pl.lit("not_used"))
            .otherwise(pl.lit("not_filed"))
        )
    )  # fmt: skip


def onsite_frame(
    candidates: Candidates, decision: Decision, indicators: pl.DataFrame, methodology: Methodology, seed: int
) -> pl.DataFrame:
    """The `decision_onsite` frame: who of the eligible is checked on site, and on what ground.

    basis: random · risk · both. The random share is the least of a keyed digest of seed and code, so that a
    society more or less moves at most one other in or out. `risks` lists the risks' codes.
    """
    rules = methodology.exemplars
    eligible = np.flatnonzero(decision.eligible)
    wanted = math.ceil(rules.onsite.random_share * len(eligible) - 1e-9)
    self_reported = indicators.group_by("society_id").agg(
        (pl.col("self_reported_share").fill_null(0) * pl.col("weight")).sum() / pl.col("weight").sum()
    )
    figures = {
        "verified_margin": pl.col("verified_share") - rules.minimum_verified_share,
        "score_margin": pl.col("score") - rules.minimum_score,
        "self_reported": -pl.col("self_reported_share"),
    }
    risks = []
    for risk in rules.onsite.risks:
        if risk.code == "register_hint":
            is_at_risk = pl.col("hint_codes").is_not_null()
        elif risk.code == "objection_open":
            is_at_risk = pl.col("has_open_objection")
        else:
            sign = -1 if risk.code == "self_reported" else 1
            is_at_risk = figures[risk.code] <= sign * (risk.threshold or 0)
        risks.append(pl.when(is_at_risk).then(pl.lit(risk.code)))
    frame = (
        decision.facts.with_columns(candidates.barred["has_open_objection"])[eligible]
        .join(self_reported, on="society_id", how="left", maintain_order="left")
        .with_columns(
            risks=pl.concat_str(risks, separator=",", ignore_nulls=True),
            draw=pl.Series(
                [_digest(seed, one) for one in decision.facts["society_id"][eligible]], dtype=pl.UInt64
            ),
        )
        .with_columns(is_random=pl.col("draw").rank("ordinal") <= wanted, at_risk=pl.col("risks") != "")
    )
    return frame.filter(pl.col("is_random") | pl.col("at_risk")).select(
        "society_id",
        basis=pl.when(pl.col("is_random") & pl.col("at_risk")).then(pl.lit("both"))
        .when("is_random").then(pl.lit("random")).otherwise(pl.lit("risk")),
        risks="risks",
    )  # fmt: skip


def _digest(seed: int, society_id: str) -> int:
    from hashlib import blake2b

    return int.from_bytes(blake2b(f"{seed}|{society_id}".encode(), digest_size=8).digest())


def publicity_frame(
    decision: Decision, nominations: pl.DataFrame, objections: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """The `decision_publicity` frame: the public notice (公示) of each society selected or objected to.

    `working_days` counts the notice's working days, both ends included; verdict: not_scheduled · too_short ·
    met. Objections: all, those pending, those that came within the notice.
    """
    minimum = methodology.calendar.publicity_working_days
    notice = nominations.group_by("society_id").agg(
        pl.col("publicity_from").min(), pl.col("publicity_to").max()
    )
    raised = objections.group_by("society_id").agg(
        pl.len().cast(pl.Int64).alias("objections_n"),
        pl.col("effect").is_in(["shown", "hold"]).sum().cast(pl.Int64).alias("open_n"),
        pl.col("is_within_notice").fill_null(value=False).sum().cast(pl.Int64).alias("within_n"),
    )
    frame = (
        decision.facts.select("society_id", is_selected=pl.Series(decision.named))
        .join(notice, on="society_id", how="left", maintain_order="left")
        .join(raised, on="society_id", how="left", maintain_order="left")
        .filter(pl.col("is_selected") | pl.col("objections_n").is_not_null())
        .with_columns(pl.col("objections_n", "open_n", "within_n").fill_null(0))
    )
    return _with_notice_days(frame).with_columns(
        minimum_days=pl.lit(minimum, pl.Int64),
        verdict=pl.when(pl.col("working_days").is_null()).then(pl.lit("not_scheduled"))
        .when(pl.col("working_days") < minimum).then(pl.lit("too_short")).otherwise(pl.lit("met")),
    ).select(
        "society_id", "is_selected", "publicity_from", "publicity_to", "working_days", "minimum_days",
        "verdict", "objections_n", "open_n", "within_n",
    )  # fmt: skip


def _with_notice_days(frame: pl.DataFrame) -> pl.DataFrame:
    known = frame.drop_nulls(["publicity_from", "publicity_to"])
    if known.is_empty():
        return frame.with_columns(working_days=pl.lit(None, pl.Int64))
    first, last = known["publicity_from"].min(), known["publicity_to"].max()
    from datetime import timedelta

    # The day before the first is numbered too: a notice counts its own first day.
    numbers = working_day_numbers(first - timedelta(days=1), last)  # type: ignore[operator,arg-type]
    before = numbers.select(publicity_from=pl.col("day") + pl.duration(days=1), before="number")
    until = numbers.select(publicity_to="day", until="number")
    return (
        frame.join(before, on="publicity_from", how="left", maintain_order="left")
        .join(until, on="publicity_to", how="left", maintain_order="left")
        .with_columns(working_days=(pl.col("until") - pl.col("before")).cast(pl.Int64))
    )
