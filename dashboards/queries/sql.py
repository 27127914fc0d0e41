"""Pieces of SQL that several queries share; “as of” is the last day of the report year."""

from __future__ import annotations

AS_OF = "(select make_date(year, 12, 31) from run)"
# An order of findings, the gravest first.
GRAVEST = "case verdict when 'Q' then 1 when 'R' then 2 else 3 end"
SOCIETY = "s.society_id, s.name, s.level, s.supervisor_name"


def sql_for_stalled(alias: str) -> str:
    """A charter that the congress has passed and the registrar has not approved."""
    return (
        f"({alias}.congress_on is not null and {alias}.congress_on <= {AS_OF} "
        f"and {alias}.approved_on is null and {alias}.approval_no is null and {alias}.stage <> 'repealed')"
    )


def sql_for_overdue(alias: str) -> str:
    """A rectification past its term and not closed."""
    return f"({alias}.status <> 'closed' and {alias}.rectify_due_on <= {AS_OF})"
