"""Models of the judging half: bands, peer groups, uncertainty, vetoes, holds, exemplars, calendar."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from models.assessment.methodology.base import (
    Block,
    Count,
    Level,
    MonthDay,
    Named,
    Share,
    Status,
    Text,
    refuse,
)

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
CoherenceCheck = Literal[
    "observations", "effective_weight", "effective_weight_dimension", "item_rest_correlation",
    "negative_correlation", "redundant_correlation", "cronbach_alpha", "pca_first_share", "rank_shift",
    "met_by_all", "met_by_none",
]  # fmt: skip


class Band(Named):
    """A band: least score (0–100) and, where set, the share of full marks each dimension needs."""

    code: Literal["excellent", "good", "pass", "improve"]
    minimum: Annotated[float, Field(ge=0, le=100)]
    dimension_floor: Share | None = None


class Composite(Block):
    """From scores to bands."""

    status: Status
    minimum_applicable_weight: Annotated[float, Field(ge=0, le=100)]
    bands: list[Band]
    unrated: Text
    unrated_reasons: dict[Literal["NOT_FILED", "RETURNED", "APPLICABLE_WEIGHT"], Text]

    @model_validator(mode="after")
    def _bands_descend(self) -> Self:
        if [b.code for b in self.bands] != ["excellent", "good", "pass", "improve"]:
            raise refuse(
                ("bands",),
                "须依次为 excellent、good、pass、improve",
                "must be excellent, good, pass, improve",
            )
        for n in range(1, len(self.bands)):
            if self.bands[n].minimum >= self.bands[n - 1].minimum:
                raise refuse(("bands", n, "minimum"), "须低于上一等次", "must be below the band before it")
        if self.bands[-1].minimum != 0:
            raise refuse(("bands", 3, "minimum"), "最低等次须从0起", "the lowest band must start at 0")
        if len(self.unrated_reasons) != 3:
            raise refuse(("unrated_reasons",), "缺不予评级原因", "must name all three reasons for no rating")
        return self


class SizeClass(Named):
    """A size class from `minimum` individual members up."""

    code: Literal["large", "medium", "small", "micro"]
    minimum: Count


class PeerGroups(Block):
    """Who is compared with whom."""

    status: Status
    variables: Annotated[list[Literal["level", "size_class", "has_cases"]], Field(min_length=1)]
    minimum: Annotated[int, Field(ge=1)]
    size_classes: list[SizeClass]

    @model_validator(mode="after")
    def _sizes_descend(self) -> Self:
        minima = [s.minimum for s in self.size_classes]
        if minima != sorted(set(minima), reverse=True) or minima[-1] != 0 or len(minima) != 4:
            raise refuse(
                ("size_classes",),
                "须从大到小列全四类，末类从0起",
                "list all four, largest first, the last from 0",
            )
        if len(set(self.variables)) != len(self.variables):
            raise refuse(("variables",), "变量重复", "a variable is repeated")
        return self


class OutcomeChances(Block):
    """Chances of a check's outcomes; what each leaves of a figure is `evidence.outcome_weights`."""

    confirmed: Share
    partly: Share
    refuted: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        return _sum_to_one(self)


class NormalisationShares(Block):
    """Share of draws with each normalisation; the first is the published one."""

    goalposts: Share
    prank: Share
    minmax: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        return _sum_to_one(self)


class AggregationShares(Block):
    """Share of draws with each aggregation of the dimensions; the first is the published one."""

    amean: Share
    gmean: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        return _sum_to_one(self)


class MissingShares(Block):
    """Share of draws with each rule for what is required and not reported; the first is the published one."""

    zero: Share
    left_out: Share
    peer_mean: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        return _sum_to_one(self)


class GroupingShares(Block):
    """Share of draws with each peer grouping; the first is the published one, the other the next coarser."""

    published: Share
    coarser: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        return _sum_to_one(self)


class FalseAbsences(Block):
    """Chance that an absence is none: of one that the society declared, of one that a signal contradicts."""

    declared: Share
    contradicted: Share


class RankSetRules(Block):
    """Simultaneous confidence sets for ranks: their level, and how they are reckoned."""

    level: Annotated[float, Field(gt=0, lt=1)]
    pairwise_maximum: Annotated[int, Field(ge=2)]


class SensitivityRules(Block):
    """Sobol' indices: base sample (a power of two), bootstrap resamples, level of the intervals."""

    base: Annotated[int, Field(ge=16)]
    resamples: Annotated[int, Field(ge=100)]
    level: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.base & (self.base - 1):
            raise refuse(("base",), "须为2的幂", "must be a power of two")
        return self


class Uncertainty(Block):
    """What the simulation draws, how often, and which interval is shown."""

    status: Status
    source: str
    draws: Annotated[int, Field(ge=100, le=10_000)]
    interval: Annotated[float, Field(gt=0, lt=1)]
    weight_spread: Annotated[float, Field(ge=0, lt=1)]
    normalisation: NormalisationShares
    aggregation: AggregationShares
    geometric_floor: Annotated[float, Field(gt=0, le=100)]
    missing_required: MissingShares
    peer_grouping: GroupingShares
    self_reported: OutcomeChances
    pending: OutcomeChances
    absence_false: FalseAbsences
    rank_sets: RankSetRules
    sensitivity: SensitivityRules


def _sum_to_one(block: Any) -> Any:
    total = sum(block.model_dump().values())
    if abs(total - 1) > 1e-9:
        raise refuse((), f"各项之和为 {total:g}，须为 1", f"the shares sum to {total:g}, must be 1")
    return block


class SignOff(Block):
    """A breach of a coherence check that somebody answers for, by role."""

    check: CoherenceCheck
    item: Annotated[str, Field(min_length=1)]
    other: str | None = None
    text: Text
    role: Annotated[str, Field(min_length=1)]
    signed_on: date


class Coherence(Block):
    """Thresholds of the checks in models/assessment/coherence.py, and the breaches signed off."""

    status: Status
    source: str
    minimum_observations: Annotated[int, Field(ge=3)]
    effective_weight_ratio: Annotated[float, Field(gt=1)]
    effective_weight_ratio_dimension: Annotated[float, Field(gt=1)]
    negative_correlation: Annotated[float, Field(ge=-1, le=0)]
    chance: Annotated[float, Field(gt=0, lt=0.5)]
    redundant_correlation: Annotated[float, Field(gt=0, le=1)]
    alpha_minimum: Annotated[float, Field(le=1)]
    pca_first_share_maximum: Share
    rank_shift_maximum: Share
    met_by_all_maximum: Share
    met_by_none_maximum: Share
    sign_offs: list[SignOff]

    @model_validator(mode="after")
    def _signed_once(self) -> Self:
        seen: set[tuple[str, str, str | None]] = set()
        for n, signed in enumerate(self.sign_offs):
            key = (signed.check, signed.item, signed.other)
            if key in seen:
                raise refuse(("sign_offs", n), "该项已有签认", "this item is already signed off")
            seen.add(key)
        return self


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


class Calendar(Block):
    """The yearly dates and working-day periods."""

    status: Status
    run_on: MonthDay
    report_due_on: MonthDay
    civil_affairs_due_on: MonthDay
    correction_working_days: Count
    correction_rounds: Count
    publicity_working_days: Count
    objection_acknowledged_working_days: Count
    objection_answered_working_days: Count
