"""The indicator tree (iMeta): indicators, the aggregates above them, weights, directions, denominators."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.messages import CompositeError, named
from models.assessment.composite.ranking import Floats

TYPES = ("Indicator", "Aggregate", "Group", "Denominator", "Other")
REQUIRED = ("Level", "iCode", "Direction", "Weight", "Parent", "Type")
GOALPOST_COLUMNS = ("goalpost_lower", "goalpost_upper")


@dataclass(frozen=True, eq=False)
class MetaTree:
    """A checked tree. Nodes are the indicators in iMeta order, then the aggregates from level 2 to the top.

    `level`, `parent` (node index, -1 at the top) and `weight` have shape (nodes,); `direction` (+1 or -1),
    `denominator` (a code or None) and `goalposts` (lower, upper; NaN where none) follow the indicators.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    level: NDArray[np.int64]
    parent: NDArray[np.int64]
    weight: Floats
    direction: Floats
    denominator: tuple[str | None, ...]
    goalposts: Floats
    children: tuple[NDArray[np.int64], ...] = field(init=False)

    def __post_init__(self) -> None:
        below = tuple(np.flatnonzero(self.parent == node) for node in range(self.size, len(self.codes)))
        object.__setattr__(self, "children", below)
        self.check_weights(self.weight)

    @property
    def size(self) -> int:
        """Number of indicators."""
        return len(self.direction)

    @cached_property
    def indicators(self) -> tuple[str, ...]:
        """Codes of the indicators, in column order."""
        return self.codes[: self.size]

    @cached_property
    def aggregates(self) -> tuple[str, ...]:
        """Codes of the aggregates, from level 2 to the top one (the last)."""
        return self.codes[self.size :]

    @property
    def levels(self) -> int:
        """Number of levels, the indicators' included."""
        return int(self.level[-1])

    def check_weights(self, weights: Floats) -> None:
        """Refuse node weights (..., nodes) that are negative, not numbers, or sum to 0 below an aggregate."""
        bad = ~np.isfinite(weights) | (weights < 0)
        if bad.any():
            columns = named(self.codes, bad.reshape(-1, bad.shape[-1]).any(axis=0))
            raise CompositeError("meta_weight", columns=columns)
        empty = [
            code
            for code, below in zip(self.aggregates, self.children, strict=True)
            if (weights[..., below].sum(axis=-1) == 0).any()
        ]
        if empty:
            raise CompositeError("meta_weight_sum", columns=empty)


def tree_from_rows(rows: Sequence[Mapping[str, Any]]) -> MetaTree:
    """Build the tree from iMeta rows (dictionaries as in COINr's iMeta); absent cells are None.

    Needs Level, iCode, Direction, Weight, Parent, Type; reads iName, Denominator and the two goalpost columns
    when there. Rows of type Group, Denominator and Other describe further iData columns.

    Raises:
        CompositeError: naming the rows at fault.
    """
    if not rows:
        raise CompositeError("meta_empty")
    _refuse("meta_columns", [name for name in REQUIRED if name not in rows[0]])
    counted = Counter(row["iCode"] or "" for row in rows)
    repeated = sorted(code for code, times in counted.items() if times > 1 or not code)
    _refuse("meta_code", repeated)
    _refuse("meta_type", [row["iCode"] for row in rows if row["Type"] not in TYPES], allowed=TYPES)
    of_type = {kind: [row for row in rows if row["Type"] == kind] for kind in TYPES}
    indicators, aggregates = of_type["Indicator"], of_type["Aggregate"]
    if not indicators:
        raise CompositeError("meta_empty")
    nodes = indicators + sorted(aggregates, key=lambda row: _number(row["Level"]))
    _check_levels(indicators, aggregates)
    parent = _parents(nodes, len(indicators))
    _refuse("meta_direction", [r["iCode"] for r in indicators if _number(r["Direction"]) not in (1.0, -1.0)])
    measures = {row["iCode"] for row in of_type["Denominator"]}
    by = [row.get("Denominator") or None for row in indicators]
    unlisted = [r["iCode"] for r, code in zip(indicators, by, strict=True) if code and code not in measures]
    _refuse("meta_denominator", unlisted)
    return MetaTree(
        codes=tuple(row["iCode"] for row in nodes),
        names=tuple(row.get("iName") or row["iCode"] for row in nodes),
        level=np.array([int(_number(row["Level"])) for row in nodes], dtype=np.int64),
        parent=parent,
        weight=np.array([_weight(row, node, parent) for node, row in enumerate(nodes)]),
        direction=np.array([_number(row["Direction"]) for row in indicators]),
        denominator=tuple(by),
        goalposts=np.array([[_number(row.get(name)) for name in GOALPOST_COLUMNS] for row in indicators]),
    )


def _weight(row: Mapping[str, Any], node: int, parent: NDArray[np.int64]) -> float:
    # The top aggregate is nobody's child: its weight is never used, so it may be empty.
    value = _number(row["Weight"])
    return 1.0 if parent[node] < 0 and np.isnan(value) else value


def _number(value: Any) -> float:
    if value is None or value == "":
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _refuse(code: str, columns: Sequence[str], **facts: Any) -> None:
    if columns:
        raise CompositeError(code, columns=list(columns), **facts)


def _check_levels(indicators: Sequence[Mapping[str, Any]], aggregates: Sequence[Mapping[str, Any]]) -> None:
    wrong = [row["iCode"] for row in indicators if _number(row["Level"]) != 1]
    wrong += [
        row["iCode"]
        for row in aggregates
        if not (_number(row["Level"]) >= 2 and float(_number(row["Level"])).is_integer())
    ]
    _refuse("meta_level", wrong)


def _parents(nodes: Sequence[Mapping[str, Any]], indicator_count: int) -> NDArray[np.int64]:
    place = {row["iCode"]: node for node, row in enumerate(nodes) if node >= indicator_count}
    roots = [row["iCode"] for row in nodes[indicator_count:] if not row["Parent"]]
    if len(roots) != 1:
        raise CompositeError("meta_root", columns=roots or ["—"])
    _refuse(
        "meta_parent",
        [row["iCode"] for row in nodes if row["iCode"] != roots[0] and row["Parent"] not in place],
    )
    parent = np.array([place[row["Parent"]] if row["Parent"] else -1 for row in nodes], dtype=np.int64)
    level = np.array([_number(row["Level"]) for row in nodes])
    child = parent >= 0
    skips = np.flatnonzero(child)[level[parent[child]] != level[child] + 1]
    _refuse("meta_level", [nodes[node]["iCode"] for node in skips])
    has_child = np.isin(np.arange(len(nodes)), parent)
    has_child[:indicator_count] = True
    _refuse("meta_childless", named([row["iCode"] for row in nodes], ~has_child))
    return parent
