"""Many draws at once: the same data under sampled treatment, normalisation, aggregation and weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.aggregation import aggregate, draw_blocks, node_weights
from models.assessment.composite.messages import CompositeError
from models.assessment.composite.metadata import MetaTree
from models.assessment.composite.normalisation import normalise
from models.assessment.composite.pipeline import BuildOptions, check_options
from models.assessment.composite.ranking import Floats
from models.assessment.composite.treatment import treat


def score_draws(
    values: Floats,
    tree: MetaTree,
    options: Sequence[BuildOptions],
    choice: NDArray[np.int64],
    weights: Floats | None = None,
) -> Floats:
    """Score of the top aggregate for every draw: (draws, units).

    `values` is (units, indicators) before treatment (`Prepared.values`); draw d uses `options[choice[d]]`
    from treatment on and `weights[d]` ((draws, nodes) or (draws, indicators); None: the tree's). Treatment
    and normalisation run once for each distinct choice, so a draw costs its share of a few matrix products.
    """
    draws, units = len(choice), len(values)
    outside = choice[(choice < 0) | (choice >= len(options))]
    if outside.size:
        raise CompositeError(
            "data_shape", what="choice", expected=f"0 … {len(options) - 1}", found=outside[0]
        )
    full = node_weights(tree, weights)
    if full.ndim == 2 and len(full) != draws:
        raise CompositeError("data_shape", what="weights", expected=f"({draws}, …)", found=full.shape)
    treated: dict[tuple[int | None, float, float] | None, Floats] = {}
    scaled: dict[tuple[Any, ...], Floats] = {}
    scores = np.empty((draws, units))
    for number in np.unique(choice):
        chosen = options[number]
        check_options(chosen, tree)
        limits = (chosen.winmax, chosen.skew_limit, chosen.kurtosis_limit) if chosen.treat else None
        if limits not in treated:
            treated[limits] = _treated(values, tree, chosen)
        scale = (limits, chosen.normalise, chosen.scale, chosen.on_constant)
        if scale not in scaled:
            scaled[scale], _ = normalise(
                treated[limits],
                tree.direction,
                tree.indicators,
                method=chosen.normalise,
                scale=chosen.scale,
                goalposts=tree.goalposts,
                on_constant=chosen.on_constant,
            )
        normalised = scaled[scale]
        mine = np.flatnonzero(choice == number)
        if full.ndim == 1:
            scores[mine] = aggregate(normalised, tree, full, method=chosen.aggregate)[:, -1]
            continue
        for block in draw_blocks(len(mine), units, len(tree.aggregates)):
            rows = mine[block]
            scores[rows] = aggregate(normalised, tree, full[rows], method=chosen.aggregate)[..., -1]
    return scores


def _treated(values: Floats, tree: MetaTree, chosen: BuildOptions) -> Floats:
    if not chosen.treat:
        return values
    return treat(
        values,
        tree.indicators,
        winmax=chosen.winmax,
        skew_limit=chosen.skew_limit,
        kurtosis_limit=chosen.kurtosis_limit,
    ).values
