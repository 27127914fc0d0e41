"""Denominators: turn amounts into rates by dividing each indicator by its denominator."""

from collections.abc import Sequence

import numpy as np

from models.assessment.composite.messages import CompositeError, Issue, named
from models.assessment.composite.ranking import Floats


def denominate(
    values: Floats, denominators: Floats, codes: Sequence[str], units: Sequence[str]
) -> tuple[Floats, tuple[Issue, ...]]:
    """Divide `values` by `denominators`, both (units, indicators); 1 stands where an indicator has none.

    Returns the rates and an issue for each column that lost values to a missing denominator.

    Raises:
        CompositeError: a denominator is 0 where there is a value (never an infinite rate in silence).
    """
    known = ~np.isnan(values)
    zero = (denominators == 0) & known
    if zero.any():
        raise CompositeError(
            "denominator_zero",
            columns=named(codes, zero.any(axis=0)),
            units=named(units, zero.any(axis=1)),
        )
    rates = values / np.where(known, denominators, 1.0)
    lost = (known & np.isnan(rates)).sum(axis=0)
    issues = (
        Issue("denominate", "denominator_missing", (code,), {"count": count})
        for code, count in zip(codes, lost.tolist(), strict=True)
        if count
    )
    return rates, tuple(issues)
