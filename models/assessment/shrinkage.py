"""The prior that small counts are shrunk to: fitted to the peers (beta-binomial), or the fixed one.

Societies of a peer group have success rates p ~ Beta(mean · weight, (1 - mean) · weight), and a count of n
tries is binomial. The fit maximises the beta-binomial likelihood (Griffiths, Biometrics 29, 1973), started
from the moments (Kleinman, JASA 68, 1973). Counts may be fractions, since self-reported rows count half; the
likelihood is then the same formula with gamma functions, its constant apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from models.assessment.composite.ranking import Floats
from models.assessment.methodology.indicator import Shrinkage
from models.errors import FengqingError

# Half a success or failure keeps a prior off 0 and 1, where it would have no spread.
HALF = 0.5
GRID = 128  # points that the weight's posterior is reckoned at


@dataclass(frozen=True)
class Prior:
    """Beta prior with `mean` (0–1) worth `weight` tries.

    `source`: fitted, pooled (fitted to all groups together, this one being too small), or fixed (too few
    societies to fit, or no rate can be told from another). `societies` behind it, and whether the weight was
    held at an end of its range.
    """

    mean: float
    weight: float
    source: Literal["fitted", "pooled", "fixed"]
    societies: int
    is_held: bool = False


def moment_prior(successes: Floats, tries: Floats) -> tuple[float, float]:
    """Mean and weight by moments (Kleinman 1973), both arrays (n,), tries above 0.

    The weight is infinite where the rates differ no more than the binomial alone would make them, and 0
    where they differ more than rates between 0 and 1 can.
    """
    n, total = len(tries), tries.sum()
    mean = successes.sum() / total
    spread = (tries * (successes / tries - mean) ** 2).sum()
    binomial = mean * (1 - mean)
    reach = total - (tries**2).sum() / total
    excess = spread - binomial * (n - 1)
    if excess <= 0 or reach <= n - 1:
        return float(mean), math.inf
    # E[spread] = m(1 - m)[(n - 1)(1 - ρ) + ρ·reach], weight = 1/ρ - 1
    rho = excess / (binomial * (reach - (n - 1)))
    return float(mean), float(max(1 / rho - 1, 0.0))


def fit_prior(successes: Floats, tries: Floats, rules: Shrinkage) -> Prior:
    """Fit the prior of one peer group by maximum likelihood; both arrays (n,), 0 ≤ successes ≤ tries.

    Societies without tries are left out. With fewer others than the rules ask for, or all of them wholly at 0
    or at 1, or none with two tries, the prior is the pooled rate (kept half a case off 0 and 1) worth the
    fixed weight.

    Raises:
        FengqingError: NaN, infinite or negative counts, or more successes than tries.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln, digamma

    _check(successes, tries)
    has_tries = tries > 0
    k, n, total = successes[has_tries], tries[has_tries], float(tries.sum())
    pooled = float(np.clip(k.sum() / total, HALF / (total + 1), 1 - HALF / (total + 1))) if total else HALF
    if len(n) < rules.fitted.minimum or k.sum() <= 0 or k.sum() >= total or n.max() < 2:
        return Prior(pooled, rules.prior_weight, "fixed", len(n))
    mean, weight = moment_prior(k, n)
    societies = len(n)
    # A nation has few distinct counts: each enters once, as often as it occurs.
    (k, n), times = np.unique(np.stack([k, n]), axis=1, return_counts=True)
    share = times / times.sum()

    def loss(at: Floats) -> tuple[float, Floats]:
        """Minus the mean log likelihood and its slope, at (logit mean, log weight)."""
        mean, weight = 1 / (1 + math.exp(-at[0])), math.exp(at[1])
        a, b = mean * weight, (1 - mean) * weight
        value = betaln(k + a, n - k + b) - betaln(a, b)
        both = digamma(n + weight) - digamma(weight)
        by_a = digamma(k + a) - digamma(a) - both
        by_b = digamma(n - k + b) - digamma(b) - both
        slope = ((by_a - by_b) * a * (1 - mean), by_a * a + by_b * b)
        return -float(share @ value), -np.array([share @ part for part in slope])

    lightest, heaviest = rules.fitted.lightest, rules.fitted.heaviest
    ends = (math.log(lightest), math.log(heaviest))
    middle = math.sqrt(lightest * heaviest)
    inside = weight if lightest < weight < heaviest else middle
    start = [math.log(mean / (1 - mean)), math.log(inside)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(-12.0, 12.0), ends],
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )  # fmt: skip
    if not np.isfinite(found.x).all():
        raise FengqingError(
            "PRIOR_NOT_FOUND",
            f"{societies} 个学会的贝塔—二项先验未能拟合：{found.message}。请检查分子与分母，或改用固定先验。",
            f"The beta-binomial prior of {societies} societies was not found: {found.message}. Check "
            "numerators and denominators, or use the fixed prior.",
        )
    is_held = not ends[0] + 1e-6 < found.x[1] < ends[1] - 1e-6
    likeliest = 1 / (1 + math.exp(-float(found.x[0])))
    return Prior(
        likeliest, _mean_weight(k, n, share * times.sum(), likeliest, rules), "fitted", societies, is_held
    )


def _mean_weight(k: Floats, n: Floats, times: Floats, mean: float, rules: Shrinkage) -> float:
    """The weight by the posterior mean of 1 ÷ (1 + weight), flat before the counts within its ends.

    That is the correlation of a society's tries, and the variance of rates is in proportion to it. Counts of
    one or two tries hardly tell it: their likeliest weight jumps from one end to the other by chance, and one
    at the heavy end would make intervals sure of what nobody saw. With telling counts both agree.
    """
    from scipy.special import betaln

    low, high = 1 / (1 + rules.fitted.heaviest), 1 / (1 + rules.fitted.lightest)
    related = low + (high - low) * (np.arange(GRID) + 0.5) / GRID
    weight = (1 / related - 1)[:, None]
    a, b = mean * weight, (1 - mean) * weight
    log = (betaln(k + a, n - k + b) - betaln(a, b)) @ times
    chance = np.exp(log - log.max())
    return float(1 / (chance @ related / chance.sum()) - 1)


def fit_priors(counts: pl.DataFrame, rules: Shrinkage) -> pl.DataFrame:
    """Fit one prior for each peer_group and indicator of `counts` (with numerator and denominator).

    A group that is too small to fit takes the prior fitted to all groups together, if that can be fitted.
    Rows without a group, or without tries, are left out; numerators are held within 0 and the denominator.
    Gives peer_group, indicator, prior_mean, prior_weight, prior_source, prior_societies, prior_is_held,
    sorted by the first two.
    """
    usable = counts.filter(pl.col("peer_group").is_not_null(), pl.col("denominator") > 0).select(
        "peer_group", "indicator", pl.col("numerator").clip(0, pl.col("denominator")), "denominator"
    )
    groups = usable.group_by("peer_group", "indicator").agg("numerator", "denominator")
    rows = []
    together: dict[str, Prior] = {}
    for group, indicator, successes, tries in groups.sort("peer_group", "indicator").iter_rows():
        prior = fit_prior(np.array(successes, dtype=np.float64), np.array(tries, dtype=np.float64), rules)
        if prior.source == "fixed" and prior.societies < rules.fitted.minimum:
            if indicator not in together:
                all_of = usable.filter(pl.col("indicator") == indicator)
                together[indicator] = fit_prior(
                    all_of["numerator"].to_numpy(), all_of["denominator"].to_numpy(), rules
                )
            if together[indicator].source == "fitted":
                prior = replace(together[indicator], source="pooled")
        rows.append(
            (group, indicator, prior.mean, prior.weight, prior.source, prior.societies, prior.is_held)
        )
    schema = {
        "peer_group": pl.String, "indicator": pl.String, "prior_mean": pl.Float64, "prior_weight": pl.Float64,
        "prior_source": pl.String, "prior_societies": pl.Int64, "prior_is_held": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def shrink(successes: Floats, tries: Floats, mean: Floats, weight: Floats, level: float) -> Floats:
    """Posterior mean and equal-tailed interval of each rate, (3, n), under priors (n,); no tries give these.

    Raises:
        FengqingError: NaN, infinite or negative counts, or more successes than tries.
    """
    from scipy.stats import beta

    _check(successes, tries)
    a, total = mean * weight + successes, weight + tries
    tail = (1 - level) / 2
    return np.stack([a / total, beta.ppf(tail, a, total - a), beta.ppf(1 - tail, a, total - a)])


def _check(successes: Floats, tries: Floats) -> None:
    is_good = np.isfinite(successes) & np.isfinite(tries) & (successes >= 0) & (successes <= tries)
    if not is_good.all():
        first = int((~is_good).argmax())
        raise FengqingError(
            "COUNTS_REFUSED",
            f"第 {first} 行的分子 {successes[first]:g}、分母 {tries[first]:g} 不成立（须 0 ≤ 分子 ≤ 分母）。"
            "请更正或移出该行。",
            f"Numerator {successes[first]:g} and denominator {tries[first]:g} of row {first} cannot be "
            "(0 ≤ numerator ≤ denominator); correct or leave out the row.",
        )
