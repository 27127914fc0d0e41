"""Frame → Drawing."""

from dashboards.charts.counts import BANDS, bands, coverage, gates, shares
from dashboards.charts.methods import effective_weights, sobol
from dashboards.charts.scores import compared, dimension_ranges, profile
from dashboards.charts.style import CONFIG, FONTS, GRID, INK, MAIN, STATES
from dashboards.charts.tiles import tile_grid

__all__ = [
    "BANDS", "CONFIG", "FONTS", "GRID", "INK", "MAIN", "STATES", "bands", "compared", "coverage",
    "dimension_ranges", "effective_weights", "gates", "profile", "shares", "sobol", "tile_grid",
]  # fmt: skip
