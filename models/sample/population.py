"""The fictitious societies: codes, names, levels, lines, sizes and standing, the same in every year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_contracts.contract import load_contract
from models.sample.codes import credit_codes
from models.sample.latent import Latent, latents
from models.sample.seeds import stream
from models.sample.words import words

LEVELS = ("national", "provincial", "sub_provincial", "city", "county")
# Median members, spread (log-normal), sessions a year and unit members, by level as above.
MEDIAN_MEMBERS = np.array([11_000, 1_500, 1_000, 350, 170])
SPREAD = np.array([1.15, 0.9, 0.8, 0.8, 0.6])
SESSIONS = np.array([24.0, 8.0, 6.0, 3.0, 1.5])
UNIT_MEMBERS = np.array([180, 60, 45, 20, 8])
RENAMED = 0.05  # share of societies that had another name
FOUNDING_MEMBERS = 50  # least number of individual members to found a society

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.str_]


@dataclass(frozen=True)
class Population:
    """All societies ever seen in the sample; every array has length n.

    `enters` and `leaves` are the years of first and last registration (inclusive), `line` the reporting
    line's code, `supervisor` a unit's number or "" for a decoupled body.
    """

    ids: Texts
    names: Texts
    former: Texts
    level: Ints
    line: Texts
    mode: Texts
    cast_class: Texts
    cast_code: Texts
    members: Ints
    in_scope: NDArray[np.bool_]
    preparing: NDArray[np.bool_]
    enters: Ints
    leaves: Ints
    latent: dict[int, Latent]

    def __len__(self) -> int:
        """Number of societies."""
        return len(self.ids)


def national_count(n: int) -> int:
    """How many of n societies are national: enough in a small sample, 240 in a full nation."""
    return round(min(0.09 * n, 24 + 0.0088 * n))


def population(n: int, years: list[int], seed: int) -> Population:
    """Build n societies; some enter or leave between the years."""
    rng = stream(seed, "population")
    level = _levels(rng, n)
    classes = np.array([e.code for e in load_contract("societies").field("cast_class").enum])
    cast_class = rng.choice(classes, n, p=[0.18, 0.30, 0.07, 0.13, 0.16, 0.16])
    names, former = _names(rng, level, cast_class)
    preparing = (rng.random(n) < 0.015) & (level > 0)
    bodies = 90_000_000 + rng.choice(9_999_999, n, replace=False).astype(np.int64)
    ids = credit_codes(bodies).astype("U18")
    ids[preparing] = [f"T{years[0]}-{k + 1:04d}" for k in range(int(preparing.sum()))]
    members = np.exp(rng.normal(np.log(MEDIAN_MEMBERS[level]), SPREAD[level]))
    enters = np.full(n, years[0])
    leaves = np.full(n, years[-1])
    if len(years) > 1:
        enters = np.where(rng.random(n) < 0.02, rng.choice(years[1:], n), enters)
        leaves = np.where((rng.random(n) < 0.012) & (enters == years[0]), rng.choice(years[:-1], n), leaves)
    number = np.arange(n) % 97 + 1
    cast_code = np.where(
        (level == 0) & (cast_class != "X"), np.char.add(np.char.add(cast_class, "-"), number.astype(str)), ""
    )
    return Population(
        ids=ids, names=names, former=former, level=level, line=_lines(rng, level),
        mode=rng.choice(["dual", "entrusted", "direct"], n, p=[0.8, 0.06, 0.14]),
        cast_class=cast_class, cast_code=cast_code,
        members=np.maximum(FOUNDING_MEMBERS, np.round(members)).astype(np.int64),
        in_scope=rng.random(n) >= 0.02, preparing=preparing, enters=enters, leaves=leaves,
        latent=latents(n, years, seed),
    )  # fmt: skip


def _levels(rng: np.random.Generator, n: int) -> Ints:
    national = national_count(n)
    # Shares of the rest follow the full nation's 4,000 provincial, 9,000 city and 11,760 county bodies.
    cuts = np.round(np.array([0.13, 0.16, 0.52, 1.0]) * (n - national)).astype(int)
    counts = np.diff(np.concatenate([[0], cuts]))
    level = np.repeat(np.arange(5), [national, *counts])
    return rng.permutation(level).astype(np.int64)


def _lines(rng: np.random.Generator, level: Ints) -> Texts:
    """Lines are dealt round, so that all 37 appear as soon as there are enough societies."""
    codes = np.array([e.code for e in load_contract("societies").field("reporting_line").enum])
    nation, local = codes[0], codes[1:]
    is_city_line = np.array([c.isdigit() and not c.endswith("0000") for c in local])
    line = np.full(len(level), nation)
    for wanted, pool in (
        (level == 2, local[is_city_line]),
        ((level == 1) | (level > 2), local[~is_city_line]),
    ):
        n = int(wanted.sum())
        line[wanted] = rng.permutation(np.resize(rng.permutation(pool), n))
    return line


def _names(rng: np.random.Generator, level: Ints, cast_class: Texts) -> tuple[Texts, Texts]:
    w = words()
    n = len(level)
    cycle = [w["stems"][i % 10] + w["branches"][i % 12] for i in range(60)]
    places = np.array([a + b for b in w["marks"] for a in cycle])
    suffix = np.array([w["places"][code] for code in LEVELS])
    bodies, old = np.array(w["bodies"]), np.array(w["former_bodies"])
    # Every field has its own shuffled list of places, dealt once: no name occurs twice.
    field = np.empty(n, dtype="U12")
    place = np.empty(n, dtype="U4")
    for code, fields in w["disciplines"].items():
        of_class = cast_class == code
        field[of_class] = rng.choice(fields, int(of_class.sum()))
    for name in np.unique(field):
        for is_nation in (True, False):
            chosen = (field == name) & ((level == 0) == is_nation)
            pool = rng.permutation(places[:1200])
            place[chosen] = np.resize(pool, int(chosen.sum()))
    where = np.char.add(place, suffix[level])
    stem = np.char.add(np.char.add(w["fictitious"], where), field)
    names = np.char.add(stem, rng.choice(bodies, n))
    renamed = rng.permutation(n) < max(2, round(RENAMED * n))
    former = np.where(renamed, np.char.add(stem, rng.choice(old, n)), "")
    return _distinct(names), np.where(former == names, "", former)


def _distinct(names: Texts) -> Texts:
    """Names as they are; the second and later bearers of a name get a number."""
    frame = pl.DataFrame({"name": names}).with_columns(k=pl.int_range(pl.len()).over("name"))
    bare = pl.when(pl.col("k") == 0).then(pl.col("name"))
    return (
        frame.select(bare.otherwise(pl.concat_str("name", pl.lit("（"), pl.col("k") + 1, pl.lit("）"))))[
            "name"
        ]
        .to_numpy()
        .astype(str)
    )
