"""What the pages are narrowed to: codes only, and the SQL condition that they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace

# The field of a filter → (its name in the URL, the column of `cohort`).
COLUMNS = {
    "level": ("level", "level"),
    "reporting_line": ("line", "reporting_line"),
    "supervisor_id": ("unit", "supervisor_id"),
    "cast_class": ("class", "cast_class"),
    "size_class": ("size", "size_class"),
    "band": ("band", "band"),
    "decision": ("decision", "decision"),
}
TEXT = "q"
NO_UNIT = "none"


@dataclass(frozen=True)
class Filters:
    """The societies looked at; None means all. `supervisor_id` may be NO_UNIT: without a supervising unit."""

    level: str | None = None
    reporting_line: str | None = None
    supervisor_id: str | None = None
    cast_class: str | None = None
    size_class: str | None = None
    band: str | None = None
    decision: str | None = None
    text: str = ""

    @classmethod
    def of(cls, codes: Mapping[str, str | None]) -> Filters:
        """The filters of field → code."""
        return replace(cls(), **{name: code for name, code in codes.items() if code})

    def only(self, names: Collection[str]) -> Filters:
        """These of the filters; the search text goes."""
        return Filters.of({name: code for name, code in self.chosen.items() if name in names})

    @property
    def chosen(self) -> dict[str, str]:
        """Field → code of the filters that are set, the text aside."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "text"}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def codes(self) -> dict[str, str | None]:
        """Column of `cohort` → the code that it must have, None for no code at all; the text aside."""
        return {
            COLUMNS[name][1]: None if (name, code) == ("supervisor_id", NO_UNIT) else code
            for name, code in self.chosen.items()
        }

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of `where`."""
        codes = {f"f_{name}": code for name, code in self.chosen.items() if self.codes[COLUMNS[name][1]]}
        return codes | ({"f_text": self.text.strip()} if self.text.strip() else {})

    @property
    def about(self) -> dict[str, str]:
        """What they narrow to, for the audit log: field → code."""
        return {name.removeprefix("f_"): value for name, value in self.parameters.items()}

    def where(self, column: str = "society_id") -> str:
        """An SQL condition: `column` is a society that the filters leave. Values are parameters."""
        condition = self.of_cohort("f")
        if condition == "true":
            return condition
        return f"{column} in (select f.society_id from cohort f where {condition})"

    def among(self, column: str = "no", also: str = "true") -> str:
        """An SQL condition: `column` is the row in `cohort` of a society that the filters leave.

        `also`: a condition on that row more, which goes by `f`.
        """
        conditions = [one for one in (also, self.of_cohort("f")) if one != "true"]
        if not conditions:
            return "true"
        return f"{column} in (select f.rowid::integer from cohort f where {' and '.join(conditions)})"

    def of_cohort(self, alias: str) -> str:
        """The condition on a row of `cohort` itself, which goes by `alias`."""
        names = {COLUMNS[name][1]: name for name in self.chosen}
        parts = [
            f"{alias}.{column} is null" if code is None else f"{alias}.{column} = $f_{names[column]}"
            for column, code in self.codes.items()
        ]
        if self.text.strip():
            parts.append(sql_for_search(alias, "$f_text"))
        return " and ".join(parts) or "true"


ALL = Filters()


def sql_for_search(alias: str, text: str) -> str:
    """True where a society's name, former names, credit code or pinyin initials hold the text asked for."""
    return (
        f"(contains({alias}.name, {text}) or starts_with({alias}.society_id, upper({text})) "
        f"or {alias}.society_id in (select n.society_id from society_names n "
        f"where contains(n.initials, lower({text})) "
        f"or len(list_filter(n.former_names, lambda old: contains(old, {text}))) > 0))"
    )
