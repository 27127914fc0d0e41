"""Two methodologies as plain data, compared parameter by parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.assessment.parameter_names import names as parameter_names

if TYPE_CHECKING:
    import polars as pl

LABELS = Path(__file__).parent / "parameters.yaml"
SCHEMA = ("path", "zh", "en", "before", "after")
# What names an item of a list.
NAMES = ("code", "id", "check")


def parameter_changes(a: dict[str, Any], b: dict[str, Any]) -> pl.DataFrame:
    """The parameters that differ: path, zh, en (what it is called), before and after as text (null: absent).

    Items of lists are known by their code or id, so that a new indicator does not shift the others.
    """
    import polars as pl

    first, second = dict(_leaves(a, ())), dict(_leaves(b, ()))
    names = _names(a) | _names(b)
    rows = [
        (".".join(path), *_label(path, names), _text(first.get(path)), _text(second.get(path)))
        for path in dict.fromkeys([*first, *second])
        if first.get(path) != second.get(path)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(SCHEMA, pl.String), orient="row")


def _leaves(value: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, str(key)))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for n, item in enumerate(value):
            yield from _leaves(item, (*at, _name_of(item, n)))
    elif value is not None:
        yield at, value


def _name_of(item: dict[str, Any], n: int) -> str:
    return next((str(item[name]) for name in NAMES if name in item), str(n + 1))


def _names(value: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """(list, code) → the item's own zh and en, of every list whose items name themselves."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, list):
            for n, item in enumerate(inner):
                if isinstance(item, dict):
                    named = item if "zh" in item else item.get("title", {})
                    if "zh" in named:
                        found[key, _name_of(item, n)] = (named["zh"], named["en"])
        else:
            found |= _names(inner)
    return found


def _label(path: tuple[str, ...], names: dict[tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
    """The path in words: every part that has a name is called by it."""
    import yaml

    named = parameter_names()
    known = yaml.safe_load(LABELS.read_text(encoding="utf-8")) | named["names"] | named["blocks"]
    zh, en = [], []
    for n, part in enumerate(path):
        own = names.get((path[n - 1], part)) if n else None
        text = known.get(part)
        if own:
            zh.append(f"{part} {own[0]}")
            en.append(f"{part} {own[1]}")
        elif text:
            zh.append(text["zh"])
            en.append(text["en"])
        else:
            zh.append(part)
            en.append(part)
    return " · ".join(zh), " · ".join(en)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
