"""Some societies under a plan: their scores in every draw, as they come and read on the published scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.assessment.cells import Cells
from models.assessment.columns import Column, Scale, deviates, draw_column
from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.noise import Pool
from models.assessment.plan import AGGREGATIONS, Plan, published_plan
from models.assessment.quotas import Ints
from models.assessment.scoring import DIGITS, FULL, columns_of


@dataclass(frozen=True)
class Levels:
    """How scores under other options are read on the published scale: by equal shares of the rated societies.

    (normalisation, aggregation, missing) → quantiles there and here, for the composite; (normalisation,
    missing, dimension) likewise for dimensions.
    """

    composite: dict[tuple[int, int, int], tuple[Floats, Floats]]
    dimension: dict[tuple[int, int, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Setting:
    """What every plan shares: cells, pool, scales of the indicators and levels of the options."""

    cells: Cells
    methodology: Methodology
    pool: Pool
    scales: list[Scale]
    levels: Levels


def combinations(plan: Plan) -> list[Ints]:
    """The draws of each combination of options and kinds of noise, in the order of the first."""
    kinds = np.stack([plan.data >= 0, plan.evidence >= 0, plan.pending >= 0], axis=1)
    key = np.concatenate([plan.options, kinds], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == k) for k in np.argsort(first)]


class Block:
    """Some societies under a plan: the parts that do not depend on the draw are made once."""

    def __init__(self, setting: Setting, plan: Plan, members: Ints) -> None:
        self.setting, self.plan, self.members = setting, plan, members
        k = len(setting.methodology.indicators)
        is_noisy = bool((plan.data >= 0).any())
        groupings = tuple(np.unique(plan.options[:, -1]).tolist()) if is_noisy else ()
        self.columns = [Column.make(setting.cells, j, members, groupings) for j in range(k)]
        self.owners = columns_of(setting.methodology)

    def published(self) -> tuple[Floats, Floats]:
        """The published score (n,) and dimensions (d, n), without any noise."""
        plan, self.plan = self.plan, published_plan(self.setting.methodology)
        score, parts = self.scores(np.zeros(1, dtype=np.int64))
        self.plan = plan
        return np.round(score[:, 0], DIGITS), np.round(parts[:, :, 0], DIGITS)

    def scores(self, draws: Ints) -> tuple[Floats, Floats]:
        """Composite (n, draws) and dimensions (d, n, draws) of draws with equal options, as they come."""
        setting, plan = self.setting, self.plan
        normalisation, aggregation, missing, grouping = plan.options[draws[0]].tolist()
        weights = plan.weights[draws]
        is_fixed = bool((weights == weights[0]).all())
        shape = (len(self.members), len(draws))
        mixed: dict[int, Floats] = {}
        if plan.data[draws[0]] >= 0:
            cells = setting.cells
            made = deviates(cells, setting.pool, self.members, plan.data[draws])
            mixed = dict(zip(cells.sampled.tolist(), made, strict=True))
        parts, total = np.empty((len(self.owners), *shape)), np.zeros(shape)
        bottom_all = np.zeros(shape)
        for d, owned in enumerate(self.owners):
            top, bottom = np.zeros(shape), np.zeros(shape)
            for j in owned.tolist():
                value, counts = draw_column(
                    self.columns[j], setting.pool, plan, draws, setting.scales[j], mixed.get(j),
                    normalisation=normalisation, missing=missing, grouping=grouping,
                )  # fmt: skip
                # A column that no draw changes is one number a society: no more is multiplied than must be.
                weight = weights[:1, j] if is_fixed else weights[:, j]
                top += value * weight
                bottom += counts * weight
            has_any = bottom > 0
            safe = np.where(has_any, bottom, 1.0)
            share = np.divide(top, safe, out=top)
            parts[d] = np.where(has_any, share * FULL, np.nan)
            if AGGREGATIONS[aggregation] == "gmean":
                least = setting.methodology.uncertainty.geometric_floor / FULL
                np.maximum(share, least, out=share)
                np.log(share, out=share)
            share *= bottom
            total += share
            bottom_all += bottom
        has_any = bottom_all > 0
        total /= np.where(has_any, bottom_all, 1.0)
        if AGGREGATIONS[aggregation] == "gmean":
            np.exp(total, out=total)
        total *= FULL
        total[~has_any] = np.nan
        return total, parts

    def levelled(self, composite: Floats, parts: Floats, draws: Ints) -> tuple[Floats, Floats]:
        """Read scores on the published scale, and round the composite; see `Levels`."""
        normalisation, aggregation, missing, _ = self.plan.options[draws[0]].tolist()
        levels = self.setting.levels
        pair = levels.composite.get((normalisation, aggregation, missing))
        if pair is not None:
            composite = np.interp(composite, *pair)
        for d in range(len(parts)):
            pair = levels.dimension.get((normalisation, missing, d))
            if pair is not None:
                parts[d] = np.where(np.isnan(parts[d]), np.nan, np.interp(parts[d], *pair))
        # Dimensions are only held against a floor, which allows for rounding itself.
        return np.round(composite, DIGITS), parts
