"""The words of the exemplar decisions: one reason for every society, and its gates as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from data_contracts.contract import load_contract
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import DIGITS

COLUMNS = (
    "society_id", "decision", "reason_code", "reason_zh", "reason_en", "gates", "quota_class", "stability",
    "practice_tag",
)  # fmt: skip


def explain(facts: pl.DataFrame, methodology: Methodology) -> pl.DataFrame:
    """Turn decisions and figures (see `exemplars`) into the `exemplars` frame, COLUMNS."""
    return facts.with_columns(
        pl.when(pl.col("reason_code") == "SELECTED")
        .then(pl.lit("selected"))
        .otherwise(pl.lit("not_selected"))
        .alias("decision"),
        _reason(methodology, "zh").alias("reason_zh"),
        _reason(methodology, "en").alias("reason_en"),
        _gates(methodology).alias("gates"),
    ).select(COLUMNS)


def _reason(methodology: Methodology, lang: str) -> pl.Expr:
    figures = _figures(methodology, lang)
    text = pl.lit(None, dtype=pl.String)
    for code, template in methodology.exemplars.reasons.items():
        said = _filled(template.text(lang), figures)
        text = pl.when(pl.col("reason_code") == code).then(said).otherwise(text)
    return text


def _filled(template: str, figures: Mapping[str, pl.Expr]) -> pl.Expr:
    """Fill the {placeholders} of a template, row by row."""
    pieces = re.split(r"\{(.*?)\}", template)
    parts = [figures[p] if n % 2 else pl.lit(p) for n, p in enumerate(pieces) if n % 2 or p]
    return pl.concat_str(parts, ignore_nulls=True)


def _figures(methodology: Methodology, lang: str) -> dict[str, pl.Expr]:
    """Every placeholder as text. A figure that fails its threshold is cut, not rounded up to it."""
    rules, least = methodology.exemplars, methodology.composite.minimum_applicable_weight
    bars = [*methodology.vetoes.records, *methodology.holds.records, methodology.holds.paused_veto]
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
    }


def _number(value: pl.Expr, threshold: float, digits: int = 2) -> pl.Expr:
    scale = 10**digits
    # Cut, never rounded up to the threshold; the last round takes off what the division leaves behind.
    cut = ((value * scale).floor() / scale).round(digits)
    shown = pl.when(value < threshold).then(cut).otherwise(value.round(digits))
    return shown.cast(pl.String).str.replace(r"\.0+$", "")


def _constant(value: float) -> pl.Expr:
    return pl.lit(f"{value:g}")


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64).cast(pl.String)


def _label(code: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    return code.replace_strict(names, default=code, return_dtype=pl.String)


def _enum(family: str, field: str, lang: str) -> dict[str, str]:
    return {v.code: v.en if lang == "en" else v.zh for v in load_contract(family).field(field).enum}


def _gates(methodology: Methodology) -> pl.Expr:
    """Give [{gate, passed, figure, threshold}, …] as JSON; `passed` is null at gates not reached."""
    rules = methodology.exemplars
    none = pl.lit(None, dtype=pl.Float64)
    filed, rated = pl.col("filed"), pl.col("is_rated")
    minimum = pl.lit(methodology.composite.minimum_applicable_weight)
    score, lowest, verified = pl.col("score"), pl.col("dimension_score"), pl.col("verified_share")
    floor = round(rules.dimension_floor * 100, DIGITS)
    gates = [
        ("filed", filed, none, none),
        ("applicable_weight", pl.when(filed).then(rated), pl.col("applicable_weight"), minimum),
        ("veto", pl.col("veto_code").is_null(), pl.col("veto_code"), none),
        ("hold", pl.col("hold_code").is_null(), pl.col("hold_code"), none),
        ("score", score >= rules.minimum_score, score, pl.lit(rules.minimum_score)),
        ("dimension_floor", pl.when(rated).then(lowest >= floor), lowest, pl.lit(floor)),
        ("verified_share", pl.when(rated).then(verified >= rules.minimum_verified_share), verified,
         pl.lit(rules.minimum_verified_share)),
        *([("nominated", pl.col("is_nominated"), none, none)] if rules.is_nomination_needed else []),
        ("quota", pl.when(pl.col("class_rank").is_not_null()).then(pl.col("in_quota")), pl.col("class_rank"),
         pl.col("class_places")),
        ("stability", pl.col("is_steady"), pl.col("stability"), pl.lit(rules.minimum_stability)),
        ("practice_tag", pl.col("is_first_of_practice"), pl.col("practice_tag"), none),
        ("rotation", pl.col("is_rotation_met"), none, none),
    ]  # fmt: skip
    encoded = [_gate(*gate) for gate in gates]
    return pl.concat_str(pl.lit("["), pl.concat_str(encoded, separator=", "), pl.lit("]"))


def _gate(name: str, passed: pl.Expr, figure: pl.Expr, threshold: pl.Expr) -> pl.Expr:
    return pl.struct(
        pl.lit(name).alias("gate"),
        passed.alias("passed"),
        figure.alias("figure"),
        threshold.alias("threshold"),
    ).struct.json_encode()
