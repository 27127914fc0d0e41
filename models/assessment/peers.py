"""Peer groups: level × size × with or without commissioned cases, small groups merged upward."""

from __future__ import annotations

import polars as pl

from models.assessment.methodology.rules import PeerGroups

WHOLE = "all"
REST = "rest"


def size_classes(individual_members: pl.Expr, rules: PeerGroups) -> pl.Expr:
    """Size class from the number of individual members; null stays null."""
    sized = pl.lit(None, dtype=pl.String)
    for size in reversed(rules.size_classes):
        sized = pl.when(individual_members >= size.minimum).then(pl.lit(size.code)).otherwise(sized)
    return sized


def assign_peers(societies: pl.DataFrame, rules: PeerGroups) -> pl.DataFrame:
    """Add `peer_group` (String) and `peer_n` (Int64, members) to the societies that filed; null and 0 else.

    `societies` has `filed` and the rules' variables. Groups partition the societies. A group of fewer than
    `minimum` members merges upward: within one parent (the group without the last variable) the small ones
    are pooled, and the pool takes in the smallest remaining sibling until it is large enough. A pool of all
    siblings bears the parent's name; a pool of some, the parent's name and "rest". A code that is null is
    "unknown". Names are the codes joined with "/".
    """
    parts = [pl.col(v).cast(pl.String).fill_null("unknown") for v in rules.variables]
    named = {"true": "cases", "false": "no_cases"}
    keyed = societies.with_columns(
        pl.concat_str([p.replace(named) for p in parts], separator="/").alias("_cell")
    )
    cells = keyed.filter(pl.col("filed")).group_by("_cell").len().sort("_cell")
    group_of = merge_small(dict(cells.iter_rows()), len(rules.variables), rules.minimum)
    mapping = pl.DataFrame(
        {"_cell": list(group_of), "peer_group": list(group_of.values())},
        schema={"_cell": pl.String, "peer_group": pl.String},
    )
    sized = (
        mapping.join(cells, on="_cell")
        .with_columns(pl.col("len").sum().over("peer_group").cast(pl.Int64).alias("peer_n"))
        .select("_cell", "peer_group", "peer_n")
    )
    joined = keyed.join(sized, on="_cell", how="left", maintain_order="left").drop("_cell")
    return joined.with_columns(
        pl.when("filed").then("peer_group").alias("peer_group"),
        pl.when("filed").then("peer_n").otherwise(0).fill_null(0).alias("peer_n"),
    )


def merge_small(cells: dict[str, int], depth: int, minimum: int) -> dict[str, str]:
    """Give each cell ("a/b/c" → members) its group's name; see `assign_peers` for the rule."""
    group_of = {cell: cell for cell in cells}
    sizes = dict(cells)
    for level in range(depth - 1, -1, -1):
        parents: dict[str, list[str]] = {}
        for name in sizes:
            parents.setdefault(_parent(name, level), []).append(name)
        for parent, children in parents.items():
            pool = _pool({name: sizes[name] for name in children}, minimum)
            if not pool:
                continue
            merged = parent if len(pool) == len(children) else _rest(parent)
            members = sum(sizes.pop(name) for name in pool)
            sizes[merged] = members
            group_of = {cell: merged if name in pool else name for cell, name in group_of.items()}
    return group_of


def _parent(name: str, level: int) -> str:
    return "/".join(name.split("/")[:level]) or WHOLE


def _rest(parent: str) -> str:
    return f"{parent}/{REST}"


def _pool(sizes: dict[str, int], minimum: int) -> frozenset[str]:
    """Name the groups below the minimum, and as many of the smallest others as they need to reach it."""
    ordered = sorted(sizes, key=lambda name: (sizes[name], name))
    pool = {name for name in ordered if sizes[name] < minimum}
    total = sum(sizes[name] for name in pool)
    if not pool:
        return frozenset()
    for name in ordered:
        if total >= minimum:
            break
        if name not in pool:
            pool.add(name)
            total += sizes[name]
    return frozenset(pool)
