"""What the methodology's models share: the strict block, texts in two languages, codes, refusals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Status = Literal["本项目建议值", "GKU"]
Family = Literal[
    "societies", "units", "annual_reports", "documents", "education_sessions", "education_attendance",
    "investigations", "evaluation_activities", "youth_participation", "supervision_issues",
    "practice_nominations", "verifications", "objections", "credit_records",
]  # fmt: skip
Grade = Literal["self_reported", "attached", "sampled", "onsite", "authority"]
State = Literal["reported", "zero", "not_reported", "not_applicable", "under_verification"]
Level = Literal["national", "provincial", "sub_provincial", "city", "county"]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


def refuse(at: tuple[str | int, ...], zh: str, en: str) -> PydanticCustomError:
    """An error at a place below the model that raises it, in Chinese and English."""
    return PydanticCustomError("refused", "{en}", {"at": list(at), "zh": zh, "en": en})


def refuse_repeats(at: str, key: str, items: list[Any]) -> None:
    """Raise at the second item whose `key` was seen before."""
    seen: set[Any] = set()
    for n, item in enumerate(items):
        value = getattr(item, key)
        if value in seen:
            raise refuse((at, n, key), f"{key} “{value}”重复", f"{key} {value!r} is repeated")
        seen.add(value)


class Block(BaseModel):
    """A part of the methodology: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Block):
    """The same text in Chinese and English."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def text(self, lang: str) -> str:
        """The text in `zh` or `en`."""
        return self.en if lang == "en" else self.zh


class Named(Text):
    """A code with its names."""

    code: Annotated[str, Field(min_length=1)]
