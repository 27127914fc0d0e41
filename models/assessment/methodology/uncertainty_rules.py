"""Models of what is drawn and of what is tested: uncertainty, rank sets, sensitivity, coherence."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from models.assessment.methodology.base import Block, Share, Status, Text, refuse

CoherenceCheck = Literal[
    "observations", "effective_weight", "effective_weight_dimension", "item_rest_correlation",
    "negative_correlation", "redundant_correlation", "cronbach_alpha", "pca_first_share", "rank_shift",
    "met_by_all", "met_by_none",
]  # fmt: skip


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
