"""The words of the exemplar decisions: one reason for every society, and every rule with its figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from data_contracts.contract import load_contract
from models.assessment.methodology.base import Named
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import DIGITS

COLUMNS = (
    "society_id", "decision", "reason_code", "reason_zh", "reason_en", "quota_class", "stability",
    "practice_tag",
)  # fmt: skip
NOT_REACHED = {"zh": "此前已有规则未通过，未到此步", "en": "Not reached: an earlier rule was not passed"}
NOT_APPLICABLE = {"zh": "不适用", "en": "Not applicable"}


def explain(facts: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """Turn decisions and figures (see `exemplars`) into the `exemplars` frame, COLUMNS."""
    return facts.with_columns(
        pl.when(pl.col("reason_code") == "SELECTED")
        .then(pl.lit("selected"))
        .otherwise(pl.lit("not_selected"))
        .alias("decision"),
        _reason(methodology, "zh").alias("reason_zh"),
        _reason(methodology, "en").alias("reason_en"),
    ).select(COLUMNS)


def _reason(methodology: Methodology, lang: str, code_of: pl.Expr | None = None) -> pl.Expr:
    code_of = pl.col("reason_code") if code_of is None else code_of
    figures = _figures(methodology, lang)
    text = pl.lit(None, dtype=pl.String)
    for code, template in methodology.exemplars.reasons.items():
        said = _filled(template.text(lang), figures)
        text = pl.when(code_of == code).then(said).otherwise(text)
    return text


def _filled(template: str, figures: Mapping[str, pl.Expr]) -> pl.Expr:
    """Fill the {placeholders} of a template, row by row."""
    pieces = re.split(r"\{(.*?)\}", template)
    parts = [figures[p] if n % 2 else pl.lit(p) for n, p in enumerate(pieces) if n % 2 or p]
    return pl.concat_str(parts, ignore_nulls=True)


def _figures(methodology: Methodology, lang: str) -> dict[str, pl.Expr]:
    """Every placeholder as text. A figure that fails its threshold is cut, not rounded up to it."""
    rules, least = methodology.exemplars, methodology.composite.minimum_applicable_weight
    bars = [*methodology.vetoes.records, *hold_names(methodology)]
    bar_names = {b.code: b.text(lang) for b in bars}
    dimensions = {n: d.text(lang) for n, d in enumerate(methodology.dimensions)}
    floor = round(rules.dimension_floor * 100, DIGITS)
    return {
        "score": _number(pl.col("score"), rules.minimum_score),
        "stability": _number(pl.col("stability") * 100, rules.minimum_stability * 100, 1),
        "applicable_weight": _number(pl.col("applicable_weight"), least),
        "minimum_applicable_weight": _constant(least),
        "veto": _label(pl.col("veto_code"), bar_names),
        "hold": _label(pl.col("hold_code"), bar_names),
        "minimum_score": _constant(rules.minimum_score),
        "dimension": pl.col("lowest_dimension").replace_strict(dimensions, return_dtype=pl.String),
        "dimension_score": _number(pl.col("dimension_score"), floor),
        "dimension_floor": _constant(floor),
        "verified_share": _number(pl.col("verified_share") * 100, rules.minimum_verified_share * 100, 1),
        "minimum_verified_share": _constant(rules.minimum_verified_share * 100),
        "quota_class": _label(pl.col("quota_class"), _enum("societies", rules.quota_class, lang)),
        "class_places": _whole("class_places"),
        "class_rank": _whole("class_rank"),
        "small_places": _whole("small_places"),
        "capped_places": _whole("capped_places"),
        "minimum_stability": _constant(rules.minimum_stability * 100),
        "practice_tag": _label(pl.col("practice_tag"), _enum("practice_nominations", "practice_tag", lang)),
        "maximum_consecutive_years": _constant(rules.maximum_consecutive_years),
        "line": _label(pl.col("line"), _enum("societies", "reporting_line", lang)),
        "line_right": pl.lit(rules.line_right.text(lang)),
        "line_eligible": _whole("line_eligible"),
    }


def hold_names(methodology: Methodology) -> list[Named]:
    """Everything that may hold a naming: records, a veto under review, objections, hints."""
    holds, objections = methodology.holds, methodology.objections
    return [
        *holds.records, holds.paused_veto, objections.adjusted, objections.pending,
        *methodology.register_hints.records,
    ]  # fmt: skip


def _number(value: pl.Expr, threshold: float, digits: int = 2) -> pl.Expr:
    scale = 10**digits
    # Cut where rounding would reach the threshold; the last round takes off what the division leaves behind.
    cut, rounded = ((value * scale).floor() / scale).round(digits), value.round(digits)
    shown = pl.when((value < threshold) & (rounded >= threshold)).then(cut).otherwise(rounded)
    return shown.cast(pl.String).str.replace(r"\.0+$", "")


def _constant(value: float) -> pl.Expr:
    return pl.lit(f"{value:g}")


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64).cast(pl.String)


def _label(code: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    return code.replace_strict(names, default=code, return_dtype=pl.String)


def _enum(family: str, field: str, lang: str) -> dict[str, str]:
    return {v.code: v.en if lang == "en" else v.zh for v in load_contract(family).field(field).enum}


def gates(facts: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """The `decision_gates` frame: every rule for every society, in order, with its figures and its words.

    Rules that can be judged are judged though an earlier one failed, so that nobody mends one fault only to
    hear of the next. outcome: passed · failed · flagged (a hint, without effect) · not_reached ·
    not_applicable. `detail` is the code that the rule turns on: a record, a dimension, a tag, a line.
    """
    rules = methodology.exemplars
    steps = [
        facts.select(
            "society_id",
            pl.lit(n).cast(pl.Int64).alias("step"),
            pl.lit(step.gate).alias("gate"),
            step.outcome().alias("outcome"),
            step.figure.cast(pl.Float64).alias("figure"),
            step.threshold.cast(pl.Float64).alias("threshold"),
            step.detail.cast(pl.String).alias("detail"),
            step.text(methodology, "zh").alias("text_zh"),
            step.text(methodology, "en").alias("text_en"),
        )
        for n, step in enumerate(_steps(methodology), start=1)
        if step.gate != "nominated" or rules.is_nomination_needed
    ]
    return pl.concat(steps).sort("society_id", "step")


@dataclass(frozen=True)
class _Step:
    """One rule: `passed` is null where it was not reached; `reason` is what a failure says."""

    gate: str
    passed: pl.Expr
    reason: str | pl.Expr | None = None
    figure: pl.Expr = field(default_factory=lambda: pl.lit(None, dtype=pl.Float64))
    threshold: pl.Expr = field(default_factory=lambda: pl.lit(None, dtype=pl.Float64))
    detail: pl.Expr = field(default_factory=lambda: pl.lit(None, dtype=pl.String))
    applies: pl.Expr = field(default_factory=lambda: pl.lit(value=True))
    flagged: pl.Expr = field(default_factory=lambda: pl.lit(value=False))

    def outcome(self) -> pl.Expr:
        return (
            pl.when(~self.applies)
            .then(pl.lit("not_applicable"))
            .when(self.passed.is_null())
            .then(pl.lit("not_reached"))
            .when(self.flagged)
            .then(pl.lit("flagged"))
            .when(self.passed)
            .then(pl.lit("passed"))
            .otherwise(pl.lit("failed"))
        )

    def text(self, methodology: Methodology, lang: str) -> pl.Expr:
        """The words: the rule's own when passed, its reason when failed, the outcome's name otherwise."""
        figures, outcome = _figures(methodology, lang), self.outcome()
        failed: pl.Expr = pl.lit("")
        if isinstance(self.reason, str):
            failed = _filled(methodology.exemplars.reasons[self.reason].text(lang), figures)
        elif self.reason is not None:
            failed = _reason(methodology, lang, self.reason)
        neither = {"not_reached": NOT_REACHED, "not_applicable": NOT_APPLICABLE}
        said = _filled(methodology.exemplars.gates[self.gate].text(lang), figures)
        for code, words in neither.items():
            said = pl.when(outcome == code).then(pl.lit(words[lang])).otherwise(said)
        said = pl.when(outcome == "flagged").then(_hints(methodology, lang)).otherwise(said)
        return pl.when(outcome == "failed").then(failed).otherwise(said)


def _steps(methodology: Methodology) -> list[_Step]:
    rules = methodology.exemplars
    filed, rated = pl.col("filed"), pl.col("is_rated")
    floor = round(rules.dimension_floor * 100, DIGITS)
    score, lowest, verified = pl.col("score"), pl.col("dimension_score"), pl.col("verified_share")
    dimensions = {n: d.code for n, d in enumerate(methodology.dimensions)}
    eligible = pl.col("is_eligible")
    return [
        _Step("filed", filed, "NOT_FILED"),
        _Step("applicable_weight", pl.when(filed).then(rated), "APPLICABLE_WEIGHT",
              pl.col("applicable_weight"), pl.lit(methodology.composite.minimum_applicable_weight)),
        _Step("veto", pl.col("veto_code").is_null(), "VETO", detail=pl.col("veto_code")),
        _Step("hold", pl.col("hold_code").is_null(), "HOLD", detail=pl.col("hold_code")),
        _Step("objection", pl.col("objection_code").is_null(), "OBJECTION", detail=pl.col("objection_code")),
        _Step("register", pl.lit(value=True), detail=pl.col("hint_codes"),
              flagged=pl.col("hint_codes").is_not_null()),
        _Step("score", score >= rules.minimum_score, "SCORE_FLOOR", score, pl.lit(rules.minimum_score)),
        _Step("dimension_floor", pl.when(rated).then(lowest >= floor), "DIMENSION_FLOOR", lowest,
              pl.lit(floor), pl.col("lowest_dimension").replace_strict(dimensions, return_dtype=pl.String)),
        _Step("verified_share", pl.when(rated).then(verified.fill_null(0) >= rules.minimum_verified_share),
              "VERIFIED_SHARE", verified, pl.lit(rules.minimum_verified_share)),
        _Step("nominated", pl.when(filed).then(pl.col("is_nominated")), "NOT_NOMINATED",
              detail=pl.col("practice_tag")),
        _Step("line", pl.when(filed).then(pl.lit(value=True)), detail=pl.col("line"),
              figure=pl.col("line_eligible"), applies=pl.col("line").is_not_null()),
        _Step("quota", pl.when(eligible).then(pl.col("in_quota")), pl.col("quota_code"),
              pl.col("class_rank"), pl.col("class_places"), pl.col("quota_class")),
        _Step("stability", pl.col("is_steady"), "STABILITY", pl.col("stability"),
              pl.lit(rules.minimum_stability)),
        _Step("practice_tag", pl.col("is_first_of_practice"), "PRACTICE_TAG", detail=pl.col("practice_tag")),
        _Step("rotation", pl.col("is_rotation_met"), "ROTATION"),
    ]  # fmt: skip


def _hints(methodology: Methodology, lang: str) -> pl.Expr:
    names = {h.code: h.text(lang) for h in methodology.register_hints.records}
    opening, end = ("登记信息提示：", "（不影响结论）") if lang == "zh" else ("Hint: ", " (without effect)")
    named = (
        pl.col("hint_codes")
        .str.split(",")
        .list.eval(pl.element().replace_strict(names, default=pl.element(), return_dtype=pl.String))
    )
    return pl.concat_str(pl.lit(opening), named.list.join("；" if lang == "zh" else "; "), pl.lit(end))
