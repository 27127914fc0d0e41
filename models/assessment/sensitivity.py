"""Sobol' indices: which uncertain choice moves an output, alone (first order) and in all (total).

Sampling is SALib's (Saltelli's scheme on scrambled Sobol' points, without second order); the estimators are
our own, since those at hand change when a constant is added to the output or give zeros for one NaN.
First order: Saltelli et al. (2010), Computer Physics Communications 181, table 2 (b), on centred outputs;
total: Jansen (1999). Intervals: percentile bootstrap over the base points, which is wide rather than narrow
for Sobol' points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite.columns import is_constant
from models.assessment.composite.ranking import Floats
from models.errors import FengqingError

# Resamples worked on at once: 100 of 16,384 base points take 13 MB.
BLOCK = 100


@dataclass(frozen=True)
class Design:
    """Where to evaluate: `points` (base · (k + 2), k) in [0, 1), one column an uncertain input.

    Rows come in `base` blocks of k + 2: A, then A with input 1, 2 … k taken from B, then B.
    """

    inputs: tuple[str, ...]
    base: int
    points: Floats

    def pick(self, name: str, options: int) -> NDArray[np.int64]:
        """Turn an input into one of `options` equally likely choices, (evaluations,): 0 … options - 1."""
        chosen = (self.points[:, self.inputs.index(name)] * options).astype(np.int64)
        return np.minimum(chosen, options - 1)


@dataclass(frozen=True)
class Indices:
    """Sobol' indices: `first` and `total` (inputs, outputs), each with `…_low` and `…_high` at `level`."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    level: float
    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats

    def frame(self) -> pl.DataFrame:
        """One row an output and input: output, input, then the six numbers."""
        shape = (len(self.outputs), len(self.inputs))
        numbers = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        return pl.DataFrame(
            {
                "output": np.repeat(self.outputs, shape[1]).tolist(),
                "input": list(self.inputs) * shape[0],
                **{name: getattr(self, name).T.ravel() for name in numbers},
            }
        )


def design(inputs: Sequence[str], *, base: int, seed: int) -> Design:
    """Sample the unit cube of `inputs`; the same seed gives the same points.

    Raises:
        FengqingError: `base` is not a power of two (Sobol' points lose their balance), or an input repeats.
    """
    if base < 2 or base & (base - 1):
        raise FengqingError(
            "SENSITIVITY_BASE",
            f"灵敏度分析的基础样本数须为 2 的幂，现为 {base}。可用 1024。",
            f"The base sample of a sensitivity analysis must be a power of two, not {base}; try 1024.",
        )
    if not inputs or len(set(inputs)) != len(inputs):
        raise FengqingError(
            "SENSITIVITY_INPUTS",
            f"不确定输入为空或重名：{'、'.join(inputs)}。请逐个命名。",
            f"The uncertain inputs are empty or repeat: {', '.join(inputs)}. Give each its own name.",
        )
    from SALib.sample import sobol

    k = len(inputs)
    problem = {"num_vars": k, "names": list(inputs), "bounds": [[0.0, 1.0]] * k}
    points = sobol.sample(problem, base, calc_second_order=False, scramble=True, seed=seed)
    return Design(tuple(inputs), base, points)


def sobol_indices(  # noqa: PLR0913 - the options are named
    plan: Design,
    outputs: Floats,
    *,
    seed: int,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    resamples: int = 1_000,
) -> Indices:
    """First-order and total indices of `outputs`, (evaluations,) or (evaluations, k), at `plan.points`.

    `names` (k,) are the outputs' names, in messages and in the result. `seed` draws the bootstrap.

    Raises:
        FengqingError: the number of evaluations does not fit, an output holds NaN or infinity, or an output
            is constant (it has no variance to share out).
    """
    y = np.asarray(outputs, dtype=np.float64)
    y = y[:, None] if y.ndim == 1 else y
    called = tuple(names) if names is not None else tuple(f"y{n + 1}" for n in range(y.shape[1]))
    _check(plan, y, called)
    y = y - y.mean(axis=0)
    y = y / np.abs(y).max(axis=0)
    point, drawn = _estimates(plan, y, seed, resamples)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return Indices(plan.inputs, called, level, point[0], low[0], high[0], point[1], low[1], high[1])


def _check(plan: Design, y: Floats, called: tuple[str, ...]) -> None:
    if y.shape != (len(plan.points), len(called)):
        raise FengqingError(
            "SENSITIVITY_SHAPE",
            f"输出应为 {len(plan.points)} 行 {len(called)} 列，实为 {y.shape}。请对每个样本点各算一次。",
            f"Outputs should be {len(plan.points)} × {len(called)}, not {y.shape}; evaluate each point once.",
        )
    broken = ~np.isfinite(y)
    if broken.any():
        column = int(broken.any(axis=0).argmax())
        count, first = int(broken[:, column].sum()), int(broken[:, column].argmax())
        raise FengqingError(
            "SENSITIVITY_NOT_FINITE",
            f"输出“{called[column]}”有 {count} 个值为空或无穷（首个在第 {first} 次计算），"
            "指数无法成立。请先查明原因。",
            f"Output “{called[column]}” has {count} NaN or infinite values (the first at evaluation "
            f"{first}); no index would be right. Find the cause first.",
        )
    flat = is_constant(y)
    if flat.any():
        name = called[int(flat.argmax())]
        raise FengqingError(
            "SENSITIVITY_CONSTANT",
            f"输出“{name}”在全部样本中不变，没有方差可分解。请去掉该输出，或检查不确定输入是否生效。",
            f"Output “{name}” never changes, so there is no variance to share out; leave it out, or check "
            "that the uncertain inputs take effect.",
        )


def _estimates(plan: Design, y: Floats, seed: int, resamples: int) -> tuple[Floats, Floats]:
    """(2, inputs, outputs) and its bootstrap (resamples, 2, inputs, outputs); 2 = first order, total.

    Every estimator is a function of means of terms per base point, so that a resample is a row of counts
    and all resamples are one matrix product.
    """
    base, k, m = plan.base, len(plan.inputs), y.shape[1]
    blocks = y.reshape(base, k + 2, m)
    a, mixed, b = blocks[:, 0], blocks[:, 1:-1], blocks[:, -1]
    step = mixed - a[:, None]
    terms = (b[:, None] * step, step, step**2, (a + b) / 2, (a**2 + b**2) / 2)
    ends = np.cumsum([t.reshape(base, -1).shape[1] for t in terms])[:-1]
    stacked = np.concatenate([t.reshape(base, -1) for t in terms], axis=1)

    def finish(means: Floats) -> Floats:
        product, shift, square, mean, power = np.split(means, ends, axis=-1)
        variance = np.tile(power - mean**2, k)
        first = product - np.tile(mean, k) * shift
        # A resample of few points may by chance hold a single value; it then says nothing.
        safe = np.where(variance > 0, variance, np.nan)
        return np.stack([first / safe, square / 2 / safe], axis=-2).reshape(*means.shape[:-1], 2, k, m)

    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = np.empty((resamples, 2, k, m))
    for start in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - start)
        counts = generator.multinomial(base, np.full(base, 1 / base), size=size)
        drawn[start : start + size] = finish(counts @ stacked / base)
    usable = np.isfinite(drawn).all(axis=(1, 2, 3))
    if not usable.any():
        raise FengqingError(
            "SENSITIVITY_BASE",
            f"基础样本 {base} 太少，无法给出区间。请加大（2 的幂，如 1024）。",
            f"A base sample of {base} is too small for intervals; use a larger power of two, such as 1024.",
        )
    return finish(stacked.mean(axis=0)), drawn[usable]


def mean_rank_shift(ranks: Floats, nominal: Floats) -> Floats:
    """Mean absolute shift of rank from the nominal ranking, (evaluations,); unranked units (NaN) stay out.

    Shapes: ranks (evaluations, units), nominal (units,). After Saisana, Saltelli and Tarantola (2005).

    Raises:
        FengqingError: the draws rank other units than the nominal ranking does.
    """
    ranked = ~np.isnan(nominal)
    if not ranked.any() or (np.isnan(ranks) == ranked).any():
        raise FengqingError(
            "SENSITIVITY_UNITS",
            "抽样排名的单位与基准排名的单位不一致。请只比较两边都有名次的单位。",
            "The draws and the nominal ranking do not rank the same units; compare those that both rank.",
        )
    shift: Floats = np.abs(ranks[:, ranked] - nominal[ranked]).mean(axis=1)
    return shift


def set_distance(selected: NDArray[np.bool_], nominal: NDArray[np.bool_]) -> Floats:
    """Jaccard distance of the selected set from the nominal one, (evaluations,): 0 the same, 1 disjoint.

    Shapes: selected (evaluations, units), nominal (units,). Two empty sets are the same.
    """
    both = (selected & nominal).sum(axis=1)
    either = (selected | nominal).sum(axis=1)
    return 1 - np.divide(both, either, out=np.ones(len(selected)), where=either > 0)
