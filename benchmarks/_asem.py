"""The ASEM example (COINr; see tests/models/assessment/composite/conftest.py), or a made-up one its size."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.assessment.composite import BuildOptions, CompositeData, MetaTree, prepare, tree_from_rows
from models.assessment.composite.frames import data_from_frame, tree_from_frame

# Four uncertain inputs: treatment limit, normalisation, aggregation, and (drawn apart) the weights.
LIMITS = (1, 3, 5, 10)
NORMALISE = ("minmax", "zscore", "prank", "borda")
AGGREGATE = ("amean", "copeland")
OPTIONS = tuple(
    BuildOptions(winmax=limit, normalise=normalise, aggregate=aggregate)
    for limit, normalise, aggregate in product(LIMITS, NORMALISE, AGGREGATE)
)


def values_and_tree() -> tuple[NDArray[np.float64], MetaTree, str]:
    """Values before treatment (units, 49), the tree, and where they come from."""
    shared = Path(__file__).parents[2] / "shared" / "golden"
    root = Path(os.environ.get("FENGQING_GOLDEN", shared))
    for folder in (root / "asem", root):
        if (folder / "asem_iData.csv").is_file():
            tree = tree_from_frame(pl.read_csv(folder / "asem_iMeta.csv", infer_schema=False))
            frame = pl.read_csv(folder / "asem_iData.csv", infer_schema=False)
            data, _ = data_from_frame(frame, tree)
            prepared = prepare(data, BuildOptions(impute_group="EurAsia_group", screen=0.9))
            return prepared.values, tree, "ASEM"
    return *_invented(), "made up: the ASEM files are not there (set FENGQING_GOLDEN)"


def _invented() -> tuple[NDArray[np.float64], MetaTree]:
    rows: list[dict[str, object]] = [
        {"Level": 1, "iCode": f"i{n}", "Parent": f"P{n % 8}", "Type": "Indicator"} for n in range(49)
    ]
    rows += [{"Level": 2, "iCode": f"P{n}", "Parent": f"Q{n % 2}", "Type": "Aggregate"} for n in range(8)]
    rows += [{"Level": 3, "iCode": f"Q{n}", "Parent": "T", "Type": "Aggregate"} for n in range(2)]
    rows += [{"Level": 4, "iCode": "T", "Parent": None, "Type": "Aggregate"}]
    values = np.random.default_rng(1).lognormal(0, 1.2, (51, 49))
    tree = tree_from_rows([{"Direction": 1, "Weight": 1, **row} for row in rows])
    return CompositeData(tuple(f"u{n}" for n in range(51)), values, tree).values, tree
