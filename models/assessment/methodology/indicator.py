"""Models of the measuring half: dimensions, indicators, absence, evidence, shrinkage, counting rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self, get_args

from pydantic import ConfigDict, Field, model_validator

from models.assessment.methodology.base import (
    Block,
    Count,
    Family,
    Grade,
    Named,
    Share,
    State,
    Status,
    Text,
    refuse,
)


class Stewardship(Block):
    """Who wrote and checked the indicators, and when they are reviewed."""

    authored_by: Text
    checked_by: Text
    next_review: date


class Dimension(Named):
    """One of the seven dimensions; `weight` must equal the sum over its indicators."""

    code: Annotated[str, Field(pattern=r"^D\d$")]
    weight: Annotated[float, Field(gt=0)]
    clause: str


class Condition(Block):
    """When an indicator is not applicable: no rows, or a society's or report's field holds a value."""

    # A run keeps its methodology by the fields' own names, and is read back from it.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    no_rows: Literal[True] | None = None
    field: Literal["level", "journals_n"] | None = None
    values: Annotated[list[str | int] | None, Field(alias="in")] = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.no_rows is None) == (self.field is None) or (self.field is None) != (self.values is None):
            raise refuse(
                (), "须写 no_rows: true，或 field 与 in", "give either no_rows: true, or field and in"
            )
        return self


class ConstantDenominator(Block):
    """A denominator that is the same number for every society."""

    constant: Annotated[float, Field(gt=0)]


class SizeTarget(Block):
    """A target for each size class."""

    large: Annotated[float, Field(gt=0)]
    medium: Annotated[float, Field(gt=0)]
    small: Annotated[float, Field(gt=0)]
    micro: Annotated[float, Field(gt=0)]


class Indicator(Named):
    """One measure: what it is, why it matters, its weight, target, direction and rules for absence."""

    code: Annotated[str, Field(pattern=r"^\d\.\d$")]
    dimension: str
    weight: Annotated[float, Field(gt=0, le=100)]
    unit: Literal["share", "level", "items", "count"]
    target: Annotated[float, Field(ge=0)] | SizeTarget
    direction: Literal["higher", "lower"] = "higher"
    denominator: Literal["rows"] | ConstantDenominator
    missing: Annotated[list[Literal["M", "N", "H"]], Field(min_length=1)]
    not_applicable_when: Annotated[list[Condition], Field(default_factory=list)]
    absence_declared_by: Annotated[
        list[Literal["annual_report", "zero_case_declared", "other_cases_reported", "not_applicable"]],
        Field(default_factory=list),
    ]
    absent_state: Literal["not_reported", "under_verification"] = "not_reported"
    averaged_over: Literal["setting"] | None = None
    families: Annotated[list[Family], Field(min_length=1)]
    clause: str
    formula: Text
    numerator: Text
    denominator_text: Text
    why_it_matters: Text
    levels: Annotated[dict[str, Share], Field(default_factory=dict)]
    items: Annotated[list[str], Field(default_factory=list)]
    next_review: date | None = None

    @property
    def is_required(self) -> bool:
        """M: absence scores 0."""
        return "M" in self.missing

    @property
    def is_shrunk(self) -> bool:
        """H: a small denominator is shrunk to the peer mean."""
        return "H" in self.missing

    @property
    def is_sampled(self) -> bool:
        """A share whose rows bring the denominator: a count out of tries, with the noise of one."""
        return self.unit == "share" and self.denominator == "rows"

    @property
    def low_is_good(self) -> bool:
        """Whether a lower value is better."""
        return self.direction == "lower"

    @property
    def constant_denominator(self) -> float | None:
        """The fixed denominator, or None where the rows bring it."""
        return None if self.denominator == "rows" else self.denominator.constant

    def target_for(self, size_class: str | None) -> float | None:
        """The target in natural units; None where it depends on a size class that is not known."""
        if isinstance(self.target, SizeTarget):
            return None if size_class is None else float(getattr(self.target, size_class))
        return self.target

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if ("M" in self.missing) == ("N" in self.missing):
            raise refuse(("missing",), "须且只能含 M 或 N 之一", "must hold exactly one of M and N")
        if self.is_required and self.not_applicable_when:
            raise refuse(
                ("not_applicable_when",),
                "必报（M）指标不得有不适用条件",
                "an M indicator cannot be not applicable",
            )
        if not self.is_required and not self.not_applicable_when:
            raise refuse(
                ("missing",), "N 指标须写 not_applicable_when", "an N indicator needs not_applicable_when"
            )
        if any(c.no_rows for c in self.not_applicable_when) and not self.absence_declared_by:
            raise refuse(
                ("not_applicable_when",), "无数据不适用的，须写 absence_declared_by",
                "not applicable without rows needs absence_declared_by",
            )  # fmt: skip
        if not self.low_is_good and self.target == 0:
            raise refuse(
                ("target",), "越高越好的指标目标须大于0", "a higher-is-better target must be above 0"
            )
        if self.low_is_good and self.target != 0:
            raise refuse(("target",), "越低越好的指标目标须为0", "a lower-is-better target must be 0")
        return self


class StateScore(Block):
    """What an absence is called and what it scores; null leaves both sums."""

    state: State
    score: Share | None


class MissingStates(Block):
    """The four ways in which an indicator can be empty."""

    status: Status
    required_absent: StateScore
    absence_confirmed: StateScore
    absence_declared: StateScore
    absence_unconfirmed: StateScore
    absence_contradicted: StateScore


class Bounds(Block):
    """Worst and best score of something missing; null leaves both sums."""

    worst: Share | None
    best: Share | None


class MissingBounds(Block):
    """What each case of missing can turn out to be. A zero is a figure and has no rule."""

    status: Status
    required_absent: Bounds
    absence_confirmed: Bounds
    absence_declared: Bounds
    absence_unconfirmed: Bounds
    absence_contradicted: Bounds
    under_verification: Bounds


class Evidence(Block):
    """Grades of evidence, weakest first, their weights, and which count as checked."""

    status: Status
    order: Annotated[list[Grade], Field(min_length=5, max_length=5)]
    weights: dict[Grade, Share]
    checked: list[Grade]
    outcome_weights: dict[Literal["confirmed", "partly", "refuted"], Share]
    method_grades: dict[Literal["onsite", "sampled", "document", "mystery_visit"], Grade]

    @model_validator(mode="after")
    def _all_grades(self) -> Self:
        for name in ("order", "weights"):
            if set(getattr(self, name)) != set(get_args(Grade)):
                raise refuse((name,), "须列全五个证据等级", "must list all five grades of evidence")
        return self


class FittedPrior(Block):
    """When a prior is fitted to the peers, and how few or many tries it may be worth."""

    minimum: Annotated[int, Field(ge=2)]
    lightest: Annotated[float, Field(gt=0)]
    heaviest: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lightest >= self.heaviest:
            raise refuse(("heaviest",), "须大于 lightest", "must be above lightest")
        return self


class Shrinkage(Block):
    """Beta-binomial shrinkage of shares with small denominators to the peers."""

    status: Status
    source: str
    threshold: Annotated[int, Field(ge=1)]
    prior_weight: Annotated[float, Field(gt=0)]
    fitted: FittedPrior
    interval: Annotated[float, Field(gt=0, lt=1)]


class Counting(Block):
    """Numbers that the measures count with."""

    status: Status
    online_minutes: Count
    planned_minimum: Count
    declared_above_roster: Annotated[float, Field(gt=1)]
    review_years: Count
    in_force_stages: list[Literal["published", "effective"]]
    charter_filing_days: Count
    reply_days: Count
    recurrence_months: Count
    youth_bands: list[Literal["youth_32_n", "youth_35_n", "youth_40_n", "youth_45_n"]]
    council_age: Literal[45]


class RulePack(Block):
    """Rules for investigations while they are in force."""

    id: str
    title: Text
    clause: str
    status: Status
    in_force_from: date
    in_force_to: date | None
    acceptance_working_days: Count
    investigation_months: Count
    extension_max_months: Count
    panel_minimum: Count
    peer_minimum: Count
    interview_staff_minimum: Count
    review_request_days: Count
    review_decision_working_days: Count
    review_completion_working_days: Count
