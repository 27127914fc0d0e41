"""Models of naming: vetoes, holds, objections, gates, quotas and reasons of the exemplars."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.assessment.methodology.base import Block, Count, Level, Named, Share, Status, Text, refuse

REASONS = (
    "SELECTED", "NOT_FILED", "APPLICABLE_WEIGHT", "VETO", "HOLD", "OBJECTION", "SCORE_FLOOR",
    "DIMENSION_FLOOR", "VERIFIED_SHARE", "NOT_NOMINATED", "QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL", "TIE",
    "STABILITY", "PRACTICE_TAG", "ROTATION",
)  # fmt: skip
GATES = (
    "filed", "applicable_weight", "veto", "hold", "objection", "register", "score", "dimension_floor",
    "verified_share", "nominated", "line", "quota", "stability", "practice_tag", "rotation",
)  # fmt: skip
PLACEHOLDERS = frozenset({
    "score", "stability", "applicable_weight", "minimum_applicable_weight", "veto", "hold", "minimum_score",
    "dimension", "dimension_score", "dimension_floor", "verified_share", "minimum_verified_share",
    "quota_class", "class_places", "class_rank", "small_places", "capped_places", "minimum_stability",
    "practice_tag", "maximum_consecutive_years", "line", "line_right", "line_eligible",
})  # fmt: skip


class Switch(Named):
    """A kind of credit record that bars or holds, while `is_on`."""

    is_on: bool


class Vetoes(Block):
    """一票否决评优."""

    status: Status
    needs: list[Literal["doc_no", "doc_date"]]
    in_force: list[Literal["in_force", "under_review", "lifted"]]
    paused: list[Literal["in_force", "under_review", "lifted"]]
    excellent_becomes: Literal["excellent", "good", "pass"]
    records: list[Switch]


class Holds(Block):
    """暂缓."""

    status: Status
    in_force: list[Literal["in_force", "under_review", "lifted"]]
    paused_veto: Switch
    records: list[Switch]


class RegisterHint(Named):
    """What a register column may say without a document; `holds` makes it a hold while `is_on`."""

    field: Literal["annual_check", "credit_flag", "cast_action"]
    values: Annotated[list[str], Field(min_length=1)]
    document: str | None
    is_on: bool
    holds: bool


class RegisterHints(Block):
    """登记信息提示，待核文书."""

    status: Status
    records: list[RegisterHint]


class Objections(Block):
    """异议: what makes one formal, and what each outcome does to the decision."""

    status: Status
    needs: list[Literal["has_real_name", "evidence"]]
    pending: Switch
    adjusted: Switch
    revoked: Switch


class Risk(Named):
    """A ground for a check on site; `threshold` is how near or how much, in the figure's own unit."""

    code: Literal["register_hint", "objection_open", "verified_margin", "score_margin", "self_reported"]
    threshold: Annotated[float, Field(ge=0)] | None


class Onsite(Block):
    """现场核: a random share of the eligible, and those at risk."""

    random_share: Share
    risks: list[Risk]


class Flips(Block):
    """How far the search for a decision's smallest change goes (societies, and steps of the weights)."""

    checked_maximum: Count
    weights_maximum: Count
    weight_steps: list[Annotated[float, Field(gt=0, lt=1)]]


class Exemplars(Block):
    """Gates, quotas and reasons of the list of exemplars."""

    status: Status
    minimum_score: Annotated[float, Field(ge=0, le=100)]
    dimension_floor: Share
    minimum_verified_share: Share
    is_nomination_needed: bool
    places_share: Share
    places_minimum: Count
    quota_class: Literal["cast_class"]
    small_sizes: list[Literal["large", "medium", "small", "micro"]]
    small_share: Share
    capped_levels: list[Level]
    capped_share: Share
    minimum_stability: Share
    tie_dimensions: list[str]
    maximum_consecutive_years: Annotated[int, Field(ge=1)]
    per_supervisor_and_tag: Annotated[int, Field(ge=1)] | None
    line_right: Text
    national_line: str
    onsite: Onsite
    flips: Flips
    gates: dict[str, Text]
    reasons: dict[str, Text]

    @model_validator(mode="after")
    def _reasons(self) -> Self:
        _templates("reasons", self.reasons, REASONS)
        _templates("gates", self.gates, GATES)
        return self


def _templates(name: str, texts: dict[str, Text], codes: tuple[str, ...]) -> None:
    """Refuse a missing or unknown code, and a placeholder that nothing fills."""
    if missing := [code for code in codes if code not in texts]:
        raise refuse((name,), f"缺少 {'、'.join(missing)}", f"lacks {', '.join(missing)}")
    for code, text in texts.items():
        if code not in codes:
            raise refuse((name, code), "没有这个代码", "there is no such code")
        for lang in ("zh", "en"):
            found = set(re.findall(r"\{(.*?)\}", text.text(lang)))
            if unknown := sorted(found - PLACEHOLDERS):
                names = ", ".join(unknown)
                raise refuse((name, code, lang), f"没有占位项 {names}", f"unknown placeholder {names}")
