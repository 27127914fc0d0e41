"""Shared data for the composite tests: a small tree, and the ASEM example of COINr where it is at hand."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.assessment.composite import CompositeData, MetaTree, tree_from_rows
from models.assessment.composite.frames import data_from_frame, tree_from_frame


def _row(
    level: int, code: str, parent: str | None, kind: str = "Indicator", **more: object
) -> dict[str, object]:
    row = {"Level": level, "iCode": code, "Parent": parent, "Type": kind}
    return row | {"Direction": 1, "Weight": 1} | more


@pytest.fixture
def rows() -> list[dict[str, object]]:
    """iMeta rows: a, b under P (weights 3, 1); c (lower is better) under Q; P, Q (weights 1, 2) under T."""
    return [
        _row(1, "a", "P", Weight=3),
        _row(1, "b", "P"),
        _row(1, "c", "Q", Direction=-1),
        _row(2, "P", "T", "Aggregate"),
        _row(2, "Q", "T", "Aggregate", Weight=2),
        _row(3, "T", None, "Aggregate"),
    ]


@pytest.fixture
def tree(rows: list[dict[str, object]]) -> MetaTree:
    return tree_from_rows(rows)


@pytest.fixture
def data(tree: MetaTree) -> CompositeData:
    """Four units with a, b, c; b of w is missing."""
    values = np.array([[1.0, 10.0, 4.0], [2.0, 30.0, 3.0], [3.0, 20.0, 2.0], [5.0, np.nan, 0.0]])
    groups = {"side": np.array(["l", "l", "r", "r"], dtype=object)}
    return CompositeData(("x", "y", "z", "w"), values, tree, groups)


@pytest.fixture(scope="session")
def asem_dir() -> Path:
    """The ASEM example's files.

    Source: the ASEM example of the R package COINr (W. Becker et al., COINr: An R package for developing
    composite indicators, JOSS 2022), after the JRC's ASEM Sustainable Connectivity Portal, 2018: 49
    indicators of 51 countries. `asem_built_*` and `asem_variant_*` are COINr's output; `asem_v06_shipped_*`
    is the index that an earlier COINr shipped, built independently with a winsorising limit of 6.
    """
    shared = Path(__file__).parents[5] / "shared" / "golden"
    root = Path(os.environ.get("FENGQING_GOLDEN", shared))
    found = [folder for folder in (root / "asem", root) if (folder / "asem_iData.csv").is_file()]
    if not found:
        pytest.skip(f"the ASEM golden files are not at {root} (set FENGQING_GOLDEN)")
    return found[0]


@pytest.fixture(scope="session")
def asem(asem_dir: Path) -> CompositeData:
    tree = tree_from_frame(pl.read_csv(asem_dir / "asem_iMeta.csv", infer_schema=False))
    frame = pl.read_csv(asem_dir / "asem_iData.csv", infer_schema=False)
    return data_from_frame(frame, tree)[0]
