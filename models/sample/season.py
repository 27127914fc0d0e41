"""One report year of the population, and the draws that tie what is filed to the latent qualities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.sample.population import Population
from models.sample.seeds import stream
from models.sample.words import words

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Dates = NDArray[np.datetime64]

STICKINESS = 0.85  # share of a society's habits that carries over to the next year
MIDDLE, SLOPE = 0.62, 0.11  # share of things done by a middling society, and a standard deviation's worth
EVIDENCE_EASE, EVIDENCE_NOISE = 1.5, 0.9


@dataclass
class Season:
    """The population in one year. Indices of societies are positions in the population."""

    population: Population
    year: int
    first_year: int
    seed: int

    def __len__(self) -> int:
        """Number of societies, registered in this year or not."""
        return len(self.population)

    @property
    def d(self) -> Floats:
        """Latent dimensions of this year, shape (n, 7)."""
        return self.population.latent[self.year].dimensions

    @property
    def quality(self) -> Floats:
        """Latent general quality of this year, shape (n,)."""
        return self.population.latent[self.year].quality

    def rng(self, *tags: str | int) -> np.random.Generator:
        """A stream of this year only."""
        return stream(self.seed, self.year, *tags)

    @cached_property
    def listed(self) -> Bools:
        """Societies in this year's register: entered, and not gone the year before."""
        p = self.population
        return (p.enters <= self.year) & (p.leaves + 1 >= self.year)

    @cached_property
    def active(self) -> Bools:
        """Societies registered and due to file."""
        p = self.population
        return self.listed & (p.leaves >= self.year) & ~p.preparing

    @cached_property
    def filed(self) -> Bools:
        """Societies that file; the weakest more often do not."""
        willing = self.quality + self.noise("filing") > -2.3
        return self.active & willing & (self.population.in_scope | (self.noise("filing out of scope") > 0))

    def noise(self, tag: str, *shape: int) -> Floats:
        """Standard normal, shape (n, *shape); most of it stays with the society from year to year."""
        n = (len(self), *shape)
        kept = stream(self.seed, "habit", tag).standard_normal(n)
        return np.sqrt(STICKINESS) * kept + np.sqrt(1 - STICKINESS) * self.rng(tag).standard_normal(n)

    def has(self, tag: str, k: int, width: int = 1, middle: float = MIDDLE, slope: float = SLOPE) -> Bools:
        """Which of `width` things each society has, more of them the better dimension k is; (n, width).

        The share follows the dimension closely; which things make it up is chance, kept from year to year.
        """
        share = np.clip(self.level_of(f"{tag} share", k, middle, slope, 0.04), 0, 1)
        luck = 1 / (1 + np.exp(-1.7 * self.noise(f"{tag} luck")))  # uniform, near enough
        count = np.floor(share * width + luck)
        order = np.argsort(np.argsort(self.noise(f"{tag} order", width), axis=1), axis=1)
        return order < count[:, None]

    def level_of(self, tag: str, k: int, middle: float, slope: float, noise: float) -> Floats:
        """A quantity that rises with dimension k: middle + slope·d + noise; (n,)."""
        return middle + slope * self.d[:, k] + noise * self.noise(tag)

    def evidence(self, tag: str, soc: Ints, k: int | None, table: str) -> pl.Series:
        """Names of attachments for rows of these societies, null where the society sent none; (rows,).

        What is sent depends on dimension k, or on the general quality.
        """
        rng = self.rng(tag, "evidence")
        # Whether a society keeps papers at all is its own habit; single rows differ from it only a little.
        level = self.quality if k is None else self.d[:, k]
        habit = 0.5 * level[soc] + EVIDENCE_EASE + 0.3 * self.noise(f"{tag} papers")[soc]
        sent = habit + EVIDENCE_NOISE * rng.standard_normal(len(soc)) > 0
        shape = rng.choice(3, len(soc), p=[0.7, 0.2, 0.1])
        number = pl.Series(rng.integers(1, 30, len(soc)).astype(str))
        texts = [w.split("{n}") for w in words()["evidence"]]
        choices = [pl.lit(a.format(t=table)) + number + pl.lit(b.format(t=table)) for a, b in texts]
        first, second = pl.lit(pl.Series(shape == 0)), pl.lit(pl.Series(shape == 1))
        named = pl.when(first).then(choices[0]).when(second).then(choices[1]).otherwise(choices[2])
        return some(pl.select(named).to_series(), sent)


def chances(level: Floats) -> Floats:
    """The chance that a level with standard normal luck on top is above 0, elementwise."""
    from scipy.special import ndtr

    return np.asarray(ndtr(level), dtype=np.float64)


def lists(mask: Bools, codes: list[str]) -> pl.Series:
    """The codes marked in each row of the mask (n, k) as a list column; k is small."""
    table = [list(compress(codes, bits)) for bits in product([False, True], repeat=len(codes))]
    place = mask @ (1 << np.arange(len(codes))[::-1])
    return pl.Series(table, dtype=pl.List(pl.String)).gather(place)


def numbered(prefix: str, numbers: Ints, width: int = 2) -> pl.Series:
    """Row numbers such as S01."""
    return pl.select(pl.lit(prefix) + pl.Series(numbers).cast(pl.String).str.zfill(width)).to_series()


def titled(pattern: str, **parts: Any) -> pl.Series:
    """The pattern with each {part} filled from an equally long column or a single value."""
    columns: dict[str, pl.Series] = {}
    pieces: list[pl.Expr] = []
    for k, piece in enumerate(re.split(r"\{(\w+)\}", pattern)):
        part = parts[piece] if k % 2 else piece
        if isinstance(part, (pl.Series, np.ndarray)):
            columns[piece] = pl.Series(piece, part).cast(pl.String)
            pieces.append(pl.col(piece))
        else:
            pieces.append(pl.lit(str(part)))
    return pl.DataFrame(columns).select(pl.concat_str(pieces).alias("text")).to_series()


def running(soc: Ints) -> Ints:
    """1, 2, 3 … within each run of equal societies; soc is sorted."""
    _, start, counts = np.unique(soc, return_index=True, return_counts=True)
    return np.arange(len(soc)) - np.repeat(start, counts) + 1


def dates(start: np.datetime64 | Dates, days: Ints | Floats) -> Dates:
    """The days after the start."""
    return start + np.asarray(days).astype("timedelta64[D]")


def unless(values: Dates, gone: Bools) -> Dates:
    """The dates, missing where `gone`."""
    return np.where(gone, np.datetime64("NaT", "D"), values)


def some(values: NDArray[Any] | pl.Series, known: Bools) -> pl.Series:
    """Values as a column, null where not known."""
    return pl.select(pl.when(pl.lit(pl.Series(known))).then(pl.lit(pl.Series(values)))).to_series()
