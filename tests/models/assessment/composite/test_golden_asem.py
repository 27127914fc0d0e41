"""Every stage, variant and rank of COINr's ASEM example (source: see conftest.asem_dir)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.assessment.composite import BuildOptions, CompositeData, build
from models.assessment.composite.frames import result_frames

BASE = {"impute_group": "EurAsia_group", "screen": 0.9}
VARIANTS = {
    "asem_results_aggs": {},
    "asem_variant_minmax1_gmean": {"scale": (1, 100), "aggregate": "gmean"},
    "asem_variant_minmax1_hmean": {"scale": (1, 100), "aggregate": "hmean"},
    "asem_variant_zscore_amean": {"normalise": "zscore", "scale": (10, 2)},
    "asem_variant_prank_amean": {"normalise": "prank"},
    "asem_variant_borda_amean": {"normalise": "borda"},
}


def _worst(ours: pl.DataFrame, theirs: pl.DataFrame, codes: tuple[str, ...]) -> float:
    """Largest absolute difference over the columns `codes`, units matched by code."""
    key = theirs.columns[0]
    both = ours.join(theirs, left_on="uCode", right_on=key, how="full", suffix="_gold", validate="1:1")
    assert both.height == ours.height == theirs.height
    left = both.select(codes).cast(pl.Float64).to_numpy()
    right = both.select([f"{code}_gold" for code in codes]).cast(pl.Float64).to_numpy()
    assert not np.isnan(left).any()
    return float(np.abs(left - right).max())


@pytest.mark.parametrize("stage", ["Imputed", "Treated", "Normalised", "Aggregated"])
def test_stages(asem: CompositeData, asem_dir: Path, stage: str) -> None:
    result = build(asem, BuildOptions(**BASE))
    ours = result_frames(result)[stage.lower()]
    theirs = pl.read_csv(asem_dir / f"asem_built_{stage}.csv")
    assert set(theirs.columns) == set(ours.columns)
    assert _worst(ours, theirs, tuple(ours.columns[1:])) < 1e-10


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_and_ranks(asem: CompositeData, asem_dir: Path, name: str) -> None:
    result = build(asem, BuildOptions(**BASE, **VARIANTS[name]))
    frames = result_frames(result)
    theirs = pl.read_csv(asem_dir / f"{name}.csv")
    assert _worst(frames["aggregated"], theirs, result.tree.aggregates) < 1e-10
    ranks = frames["ranks"].join(theirs, on="uCode", suffix="_gold", validate="1:1")
    assert ranks.height == 51
    assert ranks["Rank"].to_list() == ranks["Rank_gold"].to_list()


def test_index_shipped_by_an_earlier_release(asem: CompositeData, asem_dir: Path) -> None:
    result = build(asem, BuildOptions(**BASE, winmax=6))
    theirs = pl.read_csv(asem_dir / "asem_v06_shipped_Aggregated.csv")
    assert _worst(result_frames(result)["aggregated"], theirs, result.tree.codes) < 2e-7


def test_screening_on_observed_data_removes_the_thin_units(asem: CompositeData) -> None:
    result = build(asem, BuildOptions(**BASE, screen_on="raw"))
    assert set(result.all_units) - set(result.units) == {"BGD", "BRN", "KHM", "LAO", "MMR"}
    told = {issue.code for issue in build(asem, BuildOptions(**BASE)).issues}
    assert "screen_after_impute" in told
