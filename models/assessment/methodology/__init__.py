"""The methodology as data: `load(year or path)` gives the checked `Methodology`."""

from models.assessment.methodology.indicator import Indicator
from models.assessment.methodology.loader import load
from models.assessment.methodology.schema import Methodology

__all__ = ["Indicator", "Methodology", "load"]
