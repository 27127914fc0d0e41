"""What is not known: the draws of data, method and both, the intervals and the ranges of ranks they give.

Three layers of one simulation, with the same noise (see docs/methodology.md):

- data: the published method under the noise of every share. Its intervals are the published ones: they hold
  the score that the society would have with its true rates, evidence and pending checks as they stand;
- method: the data as they are under other weights, normalisations, aggregations, rules for what is missing,
  and peer groups: whether the result hangs on how it was worked out;
- joint: both, and self-reported figures that may be wrong, and the outcome of pending checks. Selection is
  judged by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.cells import Cells
from models.assessment.composite.aggregation import draw_blocks
from models.assessment.composite.ranking import Floats, rank_units
from models.assessment.methodology.schema import Methodology
from models.assessment.noise import Pool, make_pool
from models.assessment.plan import data_plan, joint_plan, method_plan
from models.assessment.simulation import Drawn, Simulator, make_simulator, tails

Ints = NDArray[np.int64]
RANK_BYTES = 64_000_000


@dataclass(frozen=True)
class Draws:
    """Scores of every society under every draw, NaN where a score does not exist.

    `composite` and `meets_floor` (draws, n) are the joint ones, by which selection is judged; `low`, `high`
    (n,) and `dimension_low`, `dimension_high` (n, d) the published intervals, 0–100. `data`, `method` and
    `joint` are the layers; `is_coarser` (draws,): the joint draws that compare with the next coarser group.
    `simulator` made them.
    """

    simulator: Simulator
    data: Drawn
    method: Drawn
    joint: Drawn
    is_coarser: NDArray[np.bool_]

    @property
    def composite(self) -> Floats:
        """The joint draws."""
        return self.joint.composite

    @property
    def meets_floor(self) -> NDArray[np.bool_]:
        """Whether every dimension has the exemplars' floor, in the joint draws."""
        return self.joint.meets_floor

    @property
    def low(self) -> Floats:
        """Lower end of the published interval."""
        return self.data.low

    @property
    def high(self) -> Floats:
        """Upper end of the published interval."""
        return self.data.high

    @property
    def dimension_low(self) -> Floats:
        """Lower ends of the dimensions' intervals."""
        return self.data.dimension_low

    @property
    def dimension_high(self) -> Floats:
        """Upper ends of the dimensions' intervals."""
        return self.data.dimension_high

    def layers(self) -> dict[str, Drawn]:
        """The three layers by name."""
        return {"data": self.data, "method": self.method, "joint": self.joint}


def pool_for(methodology: Methodology, seed: int, most: int) -> Pool:
    """The noise pool of a methodology: outcomes by its chances, worth what evidence says they are."""
    rules, worth = methodology.uncertainty, methodology.evidence.outcome_weights
    told = methodology.evidence.weights["self_reported"]
    # A self-reported figure counts what its grade weighs; a check replaces that by the outcome's weight.
    scales = ((rules.self_reported, told or 1.0), (rules.pending, 1.0))
    evidence, pending = (
        {
            worth["confirmed"] / scale: chances.confirmed,
            worth["partly"] / scale: chances.partly,
            worth["refuted"] / scale: chances.refuted,
        }
        for chances, scale in scales
    )
    return make_pool(seed, most, evidence, pending)


def simulator_for(cells: Cells, methodology: Methodology, seed: int, most: int) -> Simulator:
    """A simulator over `cells`, for plans that read at most `most` draws of noise."""
    return make_simulator(cells, methodology, pool_for(methodology, seed, most))


def draw(cells: Cells, methodology: Methodology, seed: int) -> Draws:
    """Draw the three layers; the same cells, methodology and seed give the same numbers to the bit."""
    simulator = simulator_for(cells, methodology, seed, methodology.uncertainty.draws)
    joint = joint_plan(methodology, seed)
    return Draws(
        simulator=simulator,
        data=simulator.run(data_plan(methodology)),
        method=simulator.run(method_plan(methodology, seed)),
        joint=simulator.run(joint),
        is_coarser=joint.options[:, -1] > 0,
    )


def rank_ranges(point: Floats, drawn: Floats, groups: pl.Series | Ints, level: float) -> NDArray[np.float64]:
    """Rank in the peer group and its range over the draws: (3, n) = rank, rank_low, rank_high.

    1 is the best; equal scores share the best rank. `point` (n,), `drawn` (draws, n), `groups` (n,) names.
    Societies without a score have none (NaN) and take no place. The range holds whole ranks, outward.
    """
    ranges = np.full((3, len(point)), np.nan)
    lower, upper = tails(level)
    for group in members_of(groups, point):
        ordered = np.sort(group_ranks(drawn, group), axis=0)
        ranges[0, group] = rank_units(point[group])
        ranges[1, group] = ordered[int(lower * (len(drawn) - 1))]
        ranges[2, group] = ordered[math.ceil(upper * (len(drawn) - 1))]
    return ranges


def joint_dimensions(cells: Cells, methodology: Methodology, seed: int, members: Ints) -> Floats:
    """The dimensions of some societies in the joint draws of `draw`, (d, members, draws)."""
    simulator = simulator_for(cells, methodology, seed, methodology.uncertainty.draws)
    return simulator.dimensions(joint_plan(methodology, seed), members)


def joint_rank_ranges(point: Floats, draws: Draws, level: float) -> NDArray[np.float64]:
    """The same over the joint draws, (2, n) = low, high."""
    place = group_places(draws.joint.composite, draws.is_coarser, draws.simulator.cells, point)
    lower, upper = tails(level)
    ranges = np.full((2, len(point)), np.nan)
    ranked = np.flatnonzero(~np.isnan(place[0]))
    ordered = np.sort(place[:, ranked], axis=0)
    ranges[0, ranked] = ordered[int(lower * (len(place) - 1))]
    ranges[1, ranked] = ordered[math.ceil(upper * (len(place) - 1))]
    return ranges


def group_places(
    drawn: Floats, is_coarser: NDArray[np.bool_], cells: Cells, point: Floats
) -> NDArray[np.float32]:
    """Place of every society in its peer group in every draw, (draws, n); NaN without score or group.

    A draw that compares with the coarser group gives the place there as a share of that group, read as a
    place in the published one: 1 stays 1, the last stays the last.
    """
    place = np.full(drawn.shape, np.nan, dtype=np.float32)
    sizes = np.full((2, len(point)), np.nan)
    for which, chosen in enumerate((np.flatnonzero(~is_coarser), np.flatnonzero(is_coarser))):
        mine = drawn[chosen]
        for group in members_of(cells.group[which], point):
            sizes[which, group] = len(group)
            if chosen.size:
                place[np.ix_(chosen, group)] = group_ranks(mine, group)
    if is_coarser.any():
        ratio = (sizes[0] - 1) / np.maximum(sizes[1] - 1, 1)
        place[is_coarser] = (1 + (place[is_coarser] - 1) * ratio).round()
    return place


def members_of(groups: pl.Series | Ints, point: Floats) -> list[Ints]:
    """The scored societies of each group, by position; nobody of no group (null, -1)."""
    named = pl.Series(groups) if isinstance(groups, np.ndarray) else groups
    frame = pl.DataFrame({"group": named, "row": range(len(point))}).filter(
        pl.col("group").is_not_null() & pl.Series(~np.isnan(point))
    )
    if isinstance(groups, np.ndarray):
        frame = frame.filter(pl.col("group") >= 0)
    return [rows.to_numpy() for rows in frame.group_by("group", maintain_order=True).agg("row")["row"]]


def group_ranks(drawn: Floats, group: Ints) -> NDArray[np.int32]:
    """Ranks within the group in every draw, (draws, members)."""
    ranks = np.empty((len(drawn), len(group)), dtype=np.int32)
    for block in draw_blocks(len(drawn), len(group), 6, limit_bytes=RANK_BYTES):
        ranks[block] = rank_units(drawn[block][:, group])
    return ranks
