"""The whole build: denominators, imputation, screening, treatment, normalisation, aggregation, ranks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.aggregation import aggregate, level_methods
from models.assessment.composite.denomination import denominate
from models.assessment.composite.imputation import impute_group_mean
from models.assessment.composite.messages import CompositeError, Issue, named
from models.assessment.composite.metadata import MetaTree
from models.assessment.composite.normalisation import check_scale, normalise
from models.assessment.composite.ranking import Floats, rank_units
from models.assessment.composite.screening import coverage, screen
from models.assessment.composite.treatment import Treatment, treat

SCREEN_ON = ("imputed", "raw")


@dataclass(frozen=True, eq=False)
class CompositeData:
    """Units and their raw indicator values, (units, indicators) in the tree's order, NaN for missing.

    `groups` and `denominators` give further columns by code, each (units,): labels or None, and numbers.
    """

    units: tuple[str, ...]
    values: Floats
    tree: MetaTree
    groups: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    denominators: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.units:
            raise CompositeError("data_empty")
        repeated = sorted(unit for unit, times in Counter(self.units).items() if times > 1 or not unit)
        if repeated:
            raise CompositeError("data_units", units=repeated)
        expected = (len(self.units), self.tree.size)
        if self.values.shape != expected:
            raise CompositeError("data_shape", what="values", expected=expected, found=self.values.shape)
        absent = sorted({code for code in self.tree.denominator if code} - set(self.denominators))
        if absent:
            raise CompositeError("data_columns", columns=absent)
        infinite = named(self.tree.indicators, np.isinf(self.values).any(axis=0))
        infinite += [code for code, column in self.denominators.items() if np.isinf(column).any()]
        if infinite:
            raise CompositeError("data_infinite", columns=infinite)


@dataclass(frozen=True)
class BuildOptions:
    """How to build. The defaults are COINr's, but nothing is imputed or screened unless asked.

    `impute_group` names a group column; `screen` is the least coverage (0–1), measured after imputation
    ("imputed", COINr's order) or before it ("raw": the unit then takes no part in group means); `scale` is
    read as `normalisation.DEFAULT_SCALE` says; `aggregate` is a method or one for each level from 2 up.
    """

    impute_group: str | None = None
    screen: float | None = None
    screen_on: str = "imputed"
    treat: bool = True
    winmax: int | None = 5
    skew_limit: float = 2.0
    kurtosis_limit: float = 3.5
    normalise: str = "minmax"
    scale: tuple[float, float] | None = None
    aggregate: str | Sequence[str] = "amean"
    on_constant: str = "error"


@dataclass(frozen=True, eq=False)
class BuildResult:
    """Every stage. `all_units` rows: denominated and imputed; `units` rows (kept): treated and after.

    The stages are (rows, indicators); `aggregated` and `ranks` (kept units, aggregates) in the order of
    `tree.aggregates`, rank 1 = best, ties share the least rank, NaN unranked. `coverage` (all units,) is the
    share of indicators observed before imputation.
    """

    tree: MetaTree
    all_units: tuple[str, ...]
    units: tuple[str, ...]
    coverage: Floats
    denominated: Floats
    imputed: Floats
    treated: Floats
    treatment: Treatment | None
    normalised: Floats
    aggregated: Floats
    ranks: Floats
    issues: tuple[Issue, ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """The data before treatment: what all draws of an uncertainty analysis share."""

    all_units: tuple[str, ...]
    kept: NDArray[np.bool_]
    coverage: Floats
    denominated: Floats
    imputed: Floats
    issues: tuple[Issue, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """Units kept by the screening."""
        return tuple(np.array(self.all_units, dtype=object)[self.kept])

    @property
    def values(self) -> Floats:
        """Imputed values of the kept units, (kept units, indicators)."""
        return self.imputed[self.kept]


def check_options(options: BuildOptions, tree: MetaTree) -> None:
    """Refuse options that cannot work with the tree, before any computing, with a CompositeError."""
    if options.screen_on not in SCREEN_ON:
        raise CompositeError("option", option="--screen-on", value=options.screen_on, allowed=SCREEN_ON)
    if options.winmax is not None and options.winmax < 0:
        raise CompositeError("option", option="--winmax", value=options.winmax, allowed="0, 1, 2, …")
    check_scale(options.normalise, options.scale)
    level_methods(tree, options.aggregate)


def prepare(data: CompositeData, options: BuildOptions) -> Prepared:
    """Divide by denominators, impute and screen: the stages before treatment."""
    tree, codes = data.tree, data.tree.indicators
    one = np.ones(len(data.units))
    below = np.column_stack([data.denominators[code] if code else one for code in tree.denominator])
    rates, told = denominate(data.values, below, codes, data.units)
    issues = list(told)
    observed = coverage(rates)
    kept = np.ones(len(data.units), dtype=bool)
    if options.screen is not None and options.screen_on == "raw":
        kept = screen(rates, options.screen)
    imputed = rates.copy()
    if options.impute_group is not None:
        if options.impute_group not in data.groups:
            raise CompositeError(
                "group_column", columns=[options.impute_group], allowed=sorted(data.groups) or ["—"]
            )
        labels = data.groups[options.impute_group][kept]
        names = named(data.units, kept)
        imputed[kept], told = impute_group_mean(rates[kept], labels, codes, names)
        issues += told
    if options.screen is not None and options.screen_on == "imputed":
        kept = screen(imputed, options.screen)
    issues += _screening_issues(data.units, observed, kept, options)
    left = np.isnan(imputed[kept]).sum(axis=0)
    if left.any():
        issues.append(
            Issue("impute", "still_missing", tuple(named(codes, left > 0)), {"count": int(left.sum())})
        )
    return Prepared(data.units, kept, observed, rates, imputed, tuple(issues))


def _screening_issues(
    units: Sequence[str], observed: Floats, kept: NDArray[np.bool_], options: BuildOptions
) -> list[Issue]:
    if options.screen is None:
        return []
    thin = kept & (observed < options.screen - 1e-12)
    told = {"screened_out": named(units, ~kept), "screen_after_impute": named(units, thin)}
    return [
        Issue("screen", code, (), {"count": len(who), "units": who, "share": options.screen})
        for code, who in told.items()
        if who
    ]


def build(data: CompositeData, options: BuildOptions | None = None) -> BuildResult:
    """Build the composite: every stage, the ranks, and the issues a reader must know.

    Raises:
        CompositeError: bad options, or data that cannot be built on, naming columns and units.
    """
    options = options or BuildOptions()
    tree, codes = data.tree, data.tree.indicators
    check_options(options, tree)
    ready = prepare(data, options)
    issues = list(ready.issues)
    treatment = None
    treated = ready.values
    if options.treat:
        treatment = treat(
            treated,
            codes,
            winmax=options.winmax,
            skew_limit=options.skew_limit,
            kurtosis_limit=options.kurtosis_limit,
        )
        treated = treatment.values
        issues += treatment.issues
    normalised, told = normalise(
        treated,
        tree.direction,
        codes,
        method=options.normalise,
        scale=options.scale,
        goalposts=tree.goalposts,
        on_constant=options.on_constant,
    )
    issues += told
    if np.isnan(normalised).all():
        raise CompositeError("nothing_to_aggregate")
    aggregated = aggregate(normalised, tree, method=options.aggregate)
    issues += _unscored(aggregated, tree, ready.units)
    return BuildResult(
        tree=tree,
        all_units=ready.all_units,
        units=ready.units,
        coverage=ready.coverage,
        denominated=ready.denominated,
        imputed=ready.imputed,
        treated=treated,
        treatment=treatment,
        normalised=normalised,
        aggregated=aggregated,
        ranks=rank_units(aggregated.T).T,
        issues=tuple(issues),
    )


def _unscored(aggregated: Floats, tree: MetaTree, units: Sequence[str]) -> list[Issue]:
    return [
        Issue(
            "aggregate", "aggregate_missing", (code,), {"count": int(gap.sum()), "units": named(units, gap)}
        )
        for code, gap in zip(tree.aggregates, np.isnan(aggregated).T, strict=True)
        if gap.any()
    ]
