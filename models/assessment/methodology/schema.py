"""The methodology as a whole: pydantic refuses what does not fit together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, model_validator

from models.assessment.methodology.base import Block, Status, Text, refuse, refuse_repeats
from models.assessment.methodology.exemplar_rules import Exemplars, Holds, Objections, RegisterHints, Vetoes
from models.assessment.methodology.indicator import (
    Counting,
    Dimension,
    Evidence,
    Indicator,
    MissingBounds,
    MissingStates,
    RulePack,
    Shrinkage,
    Stewardship,
)
from models.assessment.methodology.rules import Calendar, Composite, PeerGroups
from models.assessment.methodology.uncertainty_rules import Coherence, Uncertainty

Year = Annotated[int, Field(ge=2020, le=2100)]


class Methodology(Block):
    """The whole method for a year. `sha256` is of the file it was read from ('' if built in code)."""

    id: str
    version: str
    year: Year
    valid_years: list[Year]
    status: Status
    title: Text
    source: Text
    stewardship: Stewardship
    dimensions: list[Dimension]
    indicators: list[Indicator]
    missing_states: MissingStates
    missing_bounds: MissingBounds
    evidence: Evidence
    shrinkage: Shrinkage
    counting: Counting
    rule_packs: Annotated[list[RulePack], Field(min_length=1)]
    composite: Composite
    peer_groups: PeerGroups
    uncertainty: Uncertainty
    coherence: Coherence
    vetoes: Vetoes
    holds: Holds
    register_hints: RegisterHints
    objections: Objections
    exemplars: Exemplars
    calendar: Calendar
    _sha256: str = PrivateAttr(default="")

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes, for the run's manifest."""
        return self._sha256

    @property
    def weights(self) -> dict[str, float]:
        """Indicator code → weight, in the file's order."""
        return {i.code: i.weight for i in self.indicators}

    def indicator(self, code: str) -> Indicator:
        """The indicator of that code; KeyError if there is none."""
        return next((i for i in self.indicators if i.code == code), None) or _unknown(code)

    def dimension(self, code: str) -> Dimension:
        """The dimension of that code; KeyError if there is none."""
        return next((d for d in self.dimensions if d.code == code), None) or _unknown(code)

    def rules_for(self, year: int) -> RulePack:
        """The rules for investigations in force on 31 December of `year` (the newest, if several)."""
        day = date(year, 12, 31)
        fit = [p for p in self.rule_packs if p.in_force_from <= day <= (p.in_force_to or day)]
        if not fit:
            raise KeyError(f"no rule pack in force on {day} 没有 {day} 有效的规则包")
        return max(fit, key=lambda p: p.in_force_from)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        refuse_repeats("dimensions", "code", self.dimensions)
        refuse_repeats("indicators", "code", self.indicators)
        refuse_repeats("rule_packs", "id", self.rule_packs)
        totals = {d.code: 0.0 for d in self.dimensions}
        for n, indicator in enumerate(self.indicators):
            if indicator.dimension not in totals:
                raise refuse(
                    ("indicators", n, "dimension"), f"没有维度“{indicator.dimension}”",
                    f"there is no dimension {indicator.dimension!r}",
                )  # fmt: skip
            totals[indicator.dimension] += indicator.weight
        for n, dimension in enumerate(self.dimensions):
            total = totals[dimension.code]
            if abs(total - dimension.weight) > 1e-9:
                raise refuse(
                    ("dimensions", n, "weight"),
                    f"{dimension.code} 的指标权重之和为 {total:g}，与所写 {dimension.weight:g} 不符",
                    f"the indicators of {dimension.code} weigh {total:g}, not {dimension.weight:g}",
                )
        if abs(sum(totals.values()) - 100) > 1e-9:
            total = sum(totals.values())
            raise refuse(
                ("dimensions",), f"权重之和为 {total:g}，须为 100", f"weights sum to {total:g}, must be 100"
            )
        for n, code in enumerate(self.exemplars.tie_dimensions):
            if code not in totals:
                raise refuse(
                    ("exemplars", "tie_dimensions", n), f"没有维度“{code}”", f"there is no dimension {code!r}"
                )
        for n, year in enumerate(self.valid_years):
            if not any(p.in_force_from <= date(year, 12, 31) for p in self.rule_packs):
                raise refuse(
                    ("valid_years", n), "没有该年度有效的规则包", "no rule pack is in force in that year"
                )
        return self


def _unknown(code: str) -> Any:
    raise KeyError(f"unknown code {code!r} 没有代码 {code}")
