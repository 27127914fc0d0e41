"""Screening: keep the units with enough data."""

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.messages import CompositeError
from models.assessment.composite.ranking import Floats


def coverage(values: Floats) -> Floats:
    """Share of indicators with a value, for each unit: (units, indicators) → (units,), 0–1."""
    return 1.0 - np.isnan(values).mean(axis=1)


def screen(values: Floats, share: float) -> NDArray[np.bool_]:
    """Mark the units to keep: coverage of at least `share` (0–1). (units, indicators) → (units,) bool.

    Raises:
        CompositeError: `share` is no share, or nobody is left.
    """
    if not 0 <= share <= 1:
        raise CompositeError("option", option="--screen", value=share, allowed="0–1")
    # 44 of 49 is 0.897…; the allowance only undoes the rounding of 1 - 5/49.
    kept = coverage(values) >= share - 1e-12
    if not kept.any():
        raise CompositeError("screen_none_left", share=share)
    return kept
