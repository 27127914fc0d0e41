"""What may be shown to whom: the unranked public list, and small counts of cases."""

from __future__ import annotations

import os

# Below this a count of cases could point to a person (domain.md §5, privacy).
SMALLEST_COUNT = 5
# Families whose rows are about cases.
CASE_FAMILIES = ("investigations",)
APPROVAL_VARIABLE = "FENGQING_APPROVAL_NO"


def approval_number(option: str | None = None) -> str | None:
    """The number of the approval that allows a public ranking, if one is configured.

    A scheme that names units by indicator is a 创建示范活动 and needs approval; without a number the
    public list is an unranked set.
    """
    number = (option if option is not None else os.environ.get(APPROVAL_VARIABLE, "")).strip()
    return number or None


def sql_for_small_count(indicator_families: str, count: str) -> str:
    """A condition that is true where `count` is a small count of cases.

    `indicator_families` is an SQL expression for the list of an indicator's families.
    """
    families = ", ".join(f"'{name}'" for name in CASE_FAMILIES)
    return (
        f"(list_has_any({indicator_families}, [{families}]) and {count} > 0 and {count} < {SMALLEST_COUNT})"
    )
