"""Aggregation up the tree: arithmetic, geometric and harmonic means and Copeland, over many draws."""

from collections.abc import Iterator, Sequence

import numpy as np

from models.assessment.composite.messages import CompositeError, named
from models.assessment.composite.metadata import MetaTree
from models.assessment.composite.pairwise import copeland
from models.assessment.composite.ranking import Floats

# Each mean is a weighted sum seen through a function and back: one matrix product serves all three.
MEANS = {
    "amean": (np.positive, np.positive),
    "gmean": (np.log, np.exp),
    "hmean": (np.reciprocal, np.reciprocal),
}
METHODS = (*MEANS, "copeland")


def weighted_mean(
    values: Floats, weights: Floats, *, method: str = "amean", codes: Sequence[str] = ("values",)
) -> Floats:
    """Weighted mean over the last axis; a missing value leaves both sums.

    Shapes: values (units, k) or (draws, units, k), weights (k,) or (draws, k), not negative; the result is
    (units,) unless either has draws, then (draws, units). Weights are relative. With values (units, k) and
    weights (draws, k) it costs one matrix product (two when something is missing). A unit with no value, or
    none with a positive weight, gives NaN. `codes` names the columns (or what they are) in errors.

    Raises:
        CompositeError: values not above 0 for "gmean" or "hmean", naming the columns.
    """
    if method not in MEANS:
        raise CompositeError("option", option="--aggregate", value=method, allowed=METHODS)
    if method != "amean" and (values <= 0).any():
        bad = (values <= 0).reshape(-1, values.shape[-1]).any(axis=0)
        columns = [*codes] if len(codes) == 1 else named(codes, bad)
        raise CompositeError("not_positive", columns=columns, method=method)
    forward, back = MEANS[method]
    missing = np.isnan(values)
    if missing.any():
        seen = (~missing).astype(float)
        total = _product(forward(np.where(missing, 1.0, values)) * seen, weights)
        weight = _product(seen, weights)
    else:
        total = _product(forward(values), weights)
        weight = np.broadcast_to(weights.sum(axis=-1)[..., None], total.shape)
    has_value = weight > 0
    mean = back(np.divide(total, weight, out=np.ones_like(total), where=has_value))
    return np.where(has_value, mean, np.nan)


def _product(values: Floats, weights: Floats) -> Floats:
    if weights.ndim == 1:
        return values @ weights
    if values.ndim == 2:
        return weights @ values.T
    return np.matmul(values, weights[:, :, None])[..., 0]


def node_weights(tree: MetaTree, weights: Floats | None) -> Floats:
    """Give weights for all nodes, (nodes,) or (draws, nodes), from None, all-node or indicator-only weights.

    Weights of shape (..., indicators) are completed with the tree's own for the aggregates.

    Raises:
        CompositeError: a wrong shape, a negative weight, or a group whose weights sum to 0.
    """
    nodes = len(tree.codes)
    if weights is None:
        return tree.weight
    if weights.shape[-1] == tree.size:
        upper = np.broadcast_to(tree.weight[tree.size :], (*weights.shape[:-1], nodes - tree.size))
        weights = np.concatenate([weights, upper], axis=-1)
    if weights.shape[-1] != nodes or weights.ndim > 2:
        raise CompositeError(
            "data_shape", what="weights", expected=f"(draws, {tree.size} | {nodes})", found=weights.shape
        )
    tree.check_weights(weights)
    return weights


def level_methods(tree: MetaTree, method: str | Sequence[str]) -> tuple[str, ...]:
    """Give one aggregation method for each level from 2 up; a single name serves all."""
    chosen = (method,) * (tree.levels - 1) if isinstance(method, str) else tuple(method)
    unknown = [name for name in chosen if name not in METHODS]
    if unknown:
        raise CompositeError("option", option="--aggregate", value=unknown[0], allowed=METHODS)
    if len(chosen) != tree.levels - 1:
        raise CompositeError("option", option="--aggregate", value=",".join(chosen), allowed=METHODS)
    return chosen


def aggregate(
    values: Floats, tree: MetaTree, weights: Floats | None = None, *, method: str | Sequence[str] = "amean"
) -> Floats:
    """Aggregate normalised indicators up the tree, level by level.

    Shapes: values (units, indicators) or (draws, units, indicators); weights None (the tree's), (nodes,),
    (indicators,), (draws, nodes) or (draws, indicators); the result has a last axis in the order of
    `tree.aggregates` (the top last): (units, aggregates), or (draws, units, aggregates) with draws. Use
    `draw_blocks` to keep large runs in memory. `method`: one name, or one for each level from 2 up.
    """
    if values.shape[-1] != tree.size:
        raise CompositeError("data_shape", what="values", expected=f"(…, {tree.size})", found=values.shape)
    weight = node_weights(tree, weights)
    methods = level_methods(tree, method)
    scores: list[Floats] = []
    for node, below in enumerate(tree.children, start=tree.size):
        if below[-1] < tree.size:
            part = values[..., below]
        else:
            part = np.stack([scores[child - tree.size] for child in below], axis=-1)
        how = methods[tree.level[node] - 2]
        share = weight[..., below]
        if how == "copeland":
            scores.append(copeland(part, share))
        else:
            codes = [tree.codes[child] for child in below]
            scores.append(weighted_mean(part, share, method=how, codes=codes))
    return np.stack(scores, axis=-1)


def draw_blocks(draws: int, units: int, columns: int, *, limit_bytes: int = 256_000_000) -> Iterator[slice]:
    """Cut `draws` into slices for which one (draws, units, columns) float array fits in `limit_bytes`."""
    step = max(1, limit_bytes // max(1, units * columns * 8))
    for start in range(0, draws, step):
        yield slice(start, min(start + step, draws))
