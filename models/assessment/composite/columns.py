"""What a column holds: its ends, and whether it tells units apart at all."""

import numpy as np
from numpy.typing import NDArray

from models.assessment.composite.ranking import Floats

# A spread below this share of the size is rounding (0.1 + 0.2 against 0.3), not information.
NOISE = 1e-12


def ends(values: Floats) -> tuple[Floats, Floats]:
    """Lowest and highest value of each column, missing values apart: (units, k) → (k,), (k,).

    A column without any value gives +inf and -inf.
    """
    seen = ~np.isnan(values)
    low = np.min(values, axis=0, initial=np.inf, where=seen)
    high = np.max(values, axis=0, initial=-np.inf, where=seen)
    return low, high


def differs(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Tell where `high` is above `low` by more than rounding; any shape."""
    real = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(real, low, 0.0), np.where(real, high, 0.0)
    return high - low > NOISE * np.maximum(np.abs(low), np.abs(high))


def is_constant(values: Floats) -> NDArray[np.bool_]:
    """Mark columns with no spread: one value repeated, a single value, or none. (units, k) → (k,)."""
    return ~differs(*ends(values))
