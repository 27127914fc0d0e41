"""Injectors that break a contract's rule, so that a row contradicts itself or its year."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from data_contracts.contract import Rule, load_contract
from models.sample.mess.cells import MONTH_ONLY, Unfit
from models.sample.mess.record import Verdict
from models.sample.workbook import sheet_fields

WORD = re.compile(r"[a-z_0-9]*[a-z_][a-z_0-9]*")
Change = tuple[str, Any]  # field, what is written


@dataclass(frozen=True)
class RowInjector:
    """A defect of a row; `make` gives the one cell to change, or raises Unfit."""

    defect: str
    verdict: Verdict
    weight: float
    families: frozenset[str] | None
    make: Callable[[np.random.Generator, str, dict[str, Any]], Change]


def _pick(rng: np.random.Generator, options: list[Change]) -> Change:
    if not options:
        raise Unfit
    return options[int(rng.integers(0, len(options)))]


@cache
def _rules(family: str, defect: str) -> tuple[Rule, ...]:
    rules = load_contract(family).rules
    # Those over a gap between two steps (“or”) hold wherever the steps between are filled in.
    plain = (r for r in rules if "<=" in r.holds and " or " not in r.holds)
    return tuple(r for r in plain if r.defect == defect and r.is_hard)


def _sides(rule: Rule) -> tuple[list[str], list[str]]:
    """Fields left and right of the rule's <=."""
    left, right = ([w for w in WORD.findall(side) if w in rule.fields] for side in rule.holds.split("<="))
    return left, right


def _reversed(defect: str) -> Callable[[np.random.Generator, str, dict[str, Any]], Change]:
    def make(rng: np.random.Generator, family: str, row: dict[str, Any]) -> Change:
        options: list[Change] = []
        for rule in _rules(family, defect):
            (before,), (after,) = _sides(rule)
            if isinstance(row[before], date) and isinstance(row[after], date):
                options.append((after, row[before] - timedelta(days=int(rng.integers(3, 40)))))
        return _pick(rng, options)

    return make


def _too_great(defect: str) -> Callable[[np.random.Generator, str, dict[str, Any]], Change]:
    def make(rng: np.random.Generator, family: str, row: dict[str, Any]) -> Change:
        options: list[Change] = []
        for rule in _rules(family, defect):
            left, right = _sides(rule)
            if all(isinstance(row[name], int) for name in (*left, *right)):
                whole = sum(row[name] for name in right)
                options.append((left[0], whole + int(rng.integers(1, 30)) + whole // 10))
        return _pick(rng, options)

    return make


def _other_year(rng: np.random.Generator, family: str, row: dict[str, Any]) -> Change:
    options: list[Change] = []
    for rule in load_contract(family).rules:
        name = rule.fields[0]
        if rule.defect == "D18" and isinstance(row[name], date):
            moved = row[name].replace(year=row[name].year - 1, day=min(28, row[name].day))
            options.append((name, moved))
    return _pick(rng, options)


def _views(rng: np.random.Generator, family: str, row: dict[str, Any]) -> Change:
    views = row["views_n"]
    if not isinstance(views, int) or views < 50:
        raise Unfit
    return "online_unique_n", views


@cache
def _free_dates(family: str) -> tuple[str, ...]:
    """Date fields that no order of dates depends on: a month there stays consistent."""
    bound = {name for r in load_contract(family).rules if "<=" in r.holds for name in r.fields}
    return tuple(f.name for f in sheet_fields(family) if f.kind == "date" and f.name not in bound)


def _month(family_is_case: bool) -> Callable[[np.random.Generator, str, dict[str, Any]], Change]:
    def make(rng: np.random.Generator, family: str, row: dict[str, Any]) -> Change:
        fields = sheet_fields(family)
        names = [f.name for f in fields if f.kind == "date"] if family_is_case else _free_dates(family)
        by_name = {f.name: f for f in fields}
        dated = [n for n in names if isinstance(row[n], date)]
        return _pick(rng, [(n, MONTH_ONLY(rng, by_name[n], row[n])) for n in dated])

    return make


CASES = frozenset({"investigations"})
NO_CASES = frozenset({"education_sessions", "evaluation_activities", "documents"})
REPORTS = frozenset({"annual_reports"})
SESSIONS = frozenset({"education_sessions"})

ROWS: tuple[RowInjector, ...] = (
    RowInjector("D16", "W", 1, NO_CASES, _month(False)),
    RowInjector("D16", "R", 2, CASES, _month(True)),
    RowInjector("D17", "R", 2, None, _reversed("D17")),
    RowInjector("D18", "R", 2, None, _other_year),
    RowInjector("D24", "R", 2, None, _too_great("D24")),
    RowInjector("D25", "R", 2, REPORTS, _too_great("D25")),
    RowInjector("D26", "Q", 1, SESSIONS, _views),
    RowInjector("D39", "R", 6, CASES, _reversed("D39")),
)
