"""Models of bands, peer groups and the calendar."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.assessment.methodology.base import Block, Count, MonthDay, Named, Share, Status, Text, refuse


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
