"""The table checks that the contracts imply, as plain data: what must hold, in SQL, and how to say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from data_contracts.contract import LINEAGE, Contract, Field, Relationship, load_contracts

WORDS_FILE = Path(__file__).with_name("expectations.yaml")

Severity = Literal["hard", "drift"]


@dataclass(frozen=True)
class Check:
    """One check of one family's table.

    `unexpected` selects the rows that break it, from `{rows}`. Where Great Expectations has an
    expectation of its own, `builtin` names it and `options` are its arguments.
    """

    family: str
    name: str
    zh: str
    en: str
    severity: Severity
    unexpected: str
    builtin: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


def checks_of(contract: Contract) -> Iterator[Check]:
    """Every check of the family: columns first, then key, rules and relationships."""
    for f in contract.fields:
        yield from _column_checks(contract, f)
    untraced = " or ".join(f"{f.name} is null" for f in LINEAGE if f.required)
    yield _check(contract, "lineage", "lineage", untraced, zh=contract.zh, en=contract.en)
    yield _unique(contract)
    for rule in contract.rules:
        yield _check(
            contract,
            f"rule:{rule.name}",
            "rule",
            f"not ({rule.holds})",
            "hard" if rule.is_hard else "drift",
            zh=rule.zh,
            en=rule.en,
        )
    covered: set[str] = set()
    for relationship in contract.relationships:
        covered.update(relationship.columns)
        yield _relationship(contract, relationship)
    for f in contract.fields:
        if f.references and f.name not in covered:
            yield _reference(contract, f)


def waits_for_parent(relationship: Relationship) -> bool:
    """Whether rows may stand without their parent for a while.

    True of rows whose parent is the report itself: if only its own row was returned, the others of the
    workbook stay accepted and wait for it.
    """
    parent = load_contracts()[relationship.to_family]
    return all(parent.field(c).from_cover for c in relationship.to_columns)


@cache
def _words() -> dict[str, dict[str, str]]:
    import yaml

    words: dict[str, dict[str, str]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return words


def _check(  # noqa: PLR0913, PLR0917 - one argument a part of the check
    contract: Contract,
    name: str,
    kind: str,
    breaks: str,
    severity: Severity = "hard",
    builtin: str | None = None,
    options: dict[str, Any] | None = None,
    **values: Any,
) -> Check:
    words = _words()[kind]
    return Check(
        family=contract.name,
        name=name,
        zh=words["zh"].format(**values),
        en=words["en"].format(**values),
        severity=severity,
        unexpected=f"select * from {{rows}} where {breaks}",
        builtin=builtin,
        options=options or {},
    )


def _column_checks(contract: Contract, f: Field) -> Iterator[Check]:
    named: dict[str, Any] = {"zh": f.zh, "en": f.en}
    column = {"column": f.name}
    if f.required:
        yield _check(
            contract, f"not_null:{f.name}", "not_null", f"{f.name} is null",
            builtin="ExpectColumnValuesToNotBeNull", options=column, **named,
        )  # fmt: skip
    if f.must_answer:
        said = " or ".join(
            f"coalesce(list_contains({states}, '{f.name}'), false)"
            for states in ("not_applicable_fields", "not_counted_fields")
        )
        yield _check(
            contract, f"answered:{f.name}", "answered", f"{f.name} is null and not ({said})", **named
        )
    codes = [v.code for v in f.enum]
    listed = ", ".join(map(_quoted, codes))
    if codes and f.kind == "array":
        yield _check(contract, f"items:{f.name}", "items", f"not list_has_all([{listed}], {f.name})", **named)
    elif codes:
        yield _check(
            contract, f"code:{f.name}", "code", f"{f.name} not in ({listed})",
            builtin="ExpectColumnValuesToBeInSet", options={**column, "value_set": codes}, **named,
        )  # fmt: skip
    if f.minimum is not None or f.maximum is not None:
        low, high = f.minimum, f.maximum
        bounds = [f"{f.name} < {low}"] * (low is not None) + [f"{f.name} > {high}"] * (high is not None)
        yield _check(
            contract, f"range:{f.name}", "range", " or ".join(bounds),
            builtin="ExpectColumnValuesToBeBetween", options={**column, "min_value": low, "max_value": high},
            low="−∞" if low is None else low, high="∞" if high is None else high, **named,
        )  # fmt: skip
    if f.max_length:
        yield _check(
            contract, f"length:{f.name}", "length", f"length({f.name}) > {f.max_length}",
            high=f.max_length, **named,
        )  # fmt: skip
    if f.pattern:
        pattern = _quoted(f.pattern)
        yield _check(
            contract, f"pattern:{f.name}", "pattern", f"not regexp_full_match({f.name}, {pattern})", **named
        )


def _unique(contract: Contract) -> Check:
    key = ", ".join(contract.key)
    twice = f"({key}) in (select ({key}) from {{rows}} group by {key} having count(*) > 1)"
    return _check(
        contract, "unique:key", "unique", twice,
        builtin="ExpectCompoundColumnsToBeUnique", options={"column_list": list(contract.key)},
        zh=contract.zh, en=contract.en,
        key_zh="、".join(contract.field(c).zh for c in contract.key),
        key_en=", ".join(contract.field(c).en for c in contract.key),
    )  # fmt: skip


def _relationship(contract: Contract, relationship: Relationship) -> Check:
    to = load_contracts()[relationship.to_family]
    columns, to_columns = ", ".join(relationship.columns), ", ".join(relationship.to_columns)
    return _check(
        contract,
        f"relationship:{to.name}",
        "relationship",
        f"({columns}) not in (select ({to_columns}) from {to.name})",
        "drift" if waits_for_parent(relationship) else "hard",
        zh=contract.zh,
        en=contract.en,
        to_zh=to.zh,
        to_en=to.en,
    )


def _reference(contract: Contract, f: Field) -> Check:
    """A code that points into another family, within the same society and year where both have them."""
    to_family, to_column = (f.references or "").split(".")
    to = load_contracts()[to_family]
    shared = [c for c in to.key if c != to_column]
    columns, to_columns = ", ".join([*shared, f.name]), ", ".join([*shared, to_column])
    return _check(
        contract,
        f"reference:{f.name}",
        "reference",
        f"{f.name} is not null and ({columns}) not in (select ({to_columns}) from {to.name})",
        "drift",
        zh=f.zh,
        en=f.en,
        to_zh=to.zh,
        to_en=to.en,
    )


def _quoted(text: str) -> str:
    # Braces are doubled: the query is a template with `{rows}` in it.
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"
