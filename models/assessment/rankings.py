"""Simultaneous rank sets of every peer group, from the draws of the data: the `rank_sets` frame."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.schema import Methodology
from models.assessment.rank_sets import RankSets, band_rank_sets, rank_sets
from models.assessment.uncertainty import members_of

SCHEMA = {
    "society_id": pl.String, "peer_group": pl.String, "low": pl.Int64, "high": pl.Int64, "top_n": pl.Int64,
    "may_be_top": pl.Boolean, "is_surely_top": pl.Boolean, "level": pl.Float64, "basis": pl.String,
}  # fmt: skip


def rank_set_frame(
    ids: pl.Series, groups: pl.Series, point: Floats, drawn: Floats, methodology: Methodology
) -> pl.DataFrame:
    """One row a rated society with peers: bounds of its rank that hold for the whole group at once.

    `point` (n,), `drawn` (draws, n): the data's draws. The top are the group's share of the exemplars' places
    (at least one): `may_be_top` is the confidence set for them, `is_surely_top` those in it for certain.
    Groups above `pairwise_maximum` have sets from bands (`basis`), see `rank_sets`.
    """
    rules = methodology.uncertainty.rank_sets
    frames = [pl.DataFrame(schema=SCHEMA)]
    for group in members_of(groups, point):
        is_pairwise = len(group) <= rules.pairwise_maximum
        find = rank_sets if is_pairwise else band_rank_sets
        sets: RankSets = find(point[group], np.ascontiguousarray(drawn[:, group]), level=rules.level)
        top = max(1, math.floor(methodology.exemplars.places_share * len(group) + 1e-9))
        frames.append(
            pl.DataFrame(
                {
                    "society_id": ids.gather(group),
                    "peer_group": groups.gather(group),
                    "low": sets.low,
                    "high": sets.high,
                    "top_n": np.full(len(group), top),
                    "may_be_top": sets.possible_top(top),
                    "is_surely_top": sets.certain_top(top),
                    "level": np.full(len(group), rules.level),
                    "basis": ["pairwise" if is_pairwise else "bands"] * len(group),
                },
                schema=SCHEMA,
            )
        )
    return pl.concat(frames).sort("society_id")
