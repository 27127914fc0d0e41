"""Composite indicators: pure functions over arrays, from denominators to ranks, and the whole build.

References: Nardo et al., OECD/JRC Handbook on Constructing Composite Indicators (2008); Becker et al., COINr
(Journal of Open Source Software, 2022), whose worked example this package reproduces.
"""

from models.assessment.composite.aggregation import aggregate, draw_blocks, node_weights, weighted_mean
from models.assessment.composite.denomination import denominate
from models.assessment.composite.draws import score_draws
from models.assessment.composite.imputation import impute_group_mean, impute_panel
from models.assessment.composite.messages import CompositeError, Issue
from models.assessment.composite.metadata import MetaTree, tree_from_rows
from models.assessment.composite.normalisation import normalise
from models.assessment.composite.pairwise import copeland, outranking
from models.assessment.composite.pipeline import (
    BuildOptions,
    BuildResult,
    CompositeData,
    Prepared,
    build,
    prepare,
)
from models.assessment.composite.ranking import rank_min, rank_units
from models.assessment.composite.screening import coverage, screen
from models.assessment.composite.treatment import (
    Treatment,
    kurtosis,
    log_shift,
    skewness,
    treat,
    winsorise,
    within_limits,
)

__all__ = [
    "BuildOptions",
    "BuildResult",
    "CompositeData",
    "CompositeError",
    "Issue",
    "MetaTree",
    "Prepared",
    "Treatment",
    "aggregate",
    "build",
    "copeland",
    "coverage",
    "denominate",
    "draw_blocks",
    "impute_group_mean",
    "impute_panel",
    "kurtosis",
    "log_shift",
    "node_weights",
    "normalise",
    "outranking",
    "prepare",
    "rank_min",
    "rank_units",
    "score_draws",
    "screen",
    "skewness",
    "treat",
    "tree_from_rows",
    "weighted_mean",
    "winsorise",
    "within_limits",
]
