"""Nations of known truth: chances are what counts come from, and truth is what a full check would give."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.assessment.methodology import Methodology, load
from models.sample.honesty import Honesty
from models.sample.nation import UNLIMITED, Nation, Worth, nation, true_worth, worth

SOCIETIES, YEAR, SEED = 600, 2025, 21


@pytest.fixture(scope="module")
def methodology() -> Methodology:
    return load(YEAR)


@pytest.fixture(scope="module")
def land() -> Nation:
    return nation(SOCIETIES, YEAR, SEED)


@pytest.fixture(scope="module")
def truth(land: Nation, methodology: Methodology) -> Worth:
    return true_worth(land, methodology)


def test_counts_come_from_their_chances(land: Nation, truth: Worth) -> None:
    """Over all societies together: no indicator's counts are further than luck from what was expected."""
    counted = truth.measures.measures.filter(pl.col("denominator") > 0).join(
        land.rates.filter(pl.col("drawn").is_null()), on=["society_id", "indicator"]
    )
    assert counted["indicator"].n_unique() == 14
    for code, rows in counted.group_by("indicator"):
        tries, chance = rows["denominator"].to_numpy(), rows["chance"].to_numpy()
        # Activities of 4.4 weigh unequally; n² ÷ Σn bounds what that adds to their variance.
        spread = np.sqrt((tries * chance * (1 - chance)).sum()) * (1.5 if code == ("4.4",) else 1.0)
        off = rows["numerator_raw"].sum() - (tries * chance).sum()
        assert abs(off) < 4 * spread + 0.01 * tries.sum(), code


def test_unlimited_tries_stand_at_their_chance(land: Nation, truth: Worth) -> None:
    shares = truth.indicators.join(land.rates, on=["society_id", "indicator"]).filter(
        pl.col("denominator") == UNLIMITED, pl.col("drawn").is_null()
    )
    assert shares.height > SOCIETIES
    assert not shares["shrunk"].any()
    assert (shares["value_raw"] - shares["chance"]).abs().max() < 1e-9  # type: ignore[operator]


def test_where_every_row_holds_the_truth_is_what_was_filed(methodology: Methodology) -> None:
    honest = nation(120, YEAR, SEED, Honesty(mean=1.0))
    holds = honest.holds.filter(pl.col("holds") == 1)
    clean = Nation(
        honest.season, honest.records, honest.filed, honest.holds.with_columns(holds=1.0), honest.honest
    )
    assert holds.height > 0.9 * honest.holds.height
    found = worth(clean, methodology, evidence="true", rates="filed").indicators
    # Nothing is taken from a figure, but members declared above a roster who stayed too short to count.
    plain = found.filter(pl.col("denominator") > 0, pl.col("indicator") != "5.2")
    assert (plain["numerator"] - plain["numerator_raw"]).abs().max() < 1e-9  # type: ignore[operator]


def test_a_claim_that_does_not_hold_takes_from_the_truth_only(methodology: Methodology) -> None:
    doubtful, honest = (nation(120, YEAR, SEED, Honesty(mean=mean)) for mean in (0.2, 1.0))
    for family in set(doubtful.filed) - {"verifications"}:
        assert doubtful.filed[family].equals(honest.filed[family])
    low, high = (true_worth(one, methodology).scores.composite for one in (doubtful, honest))
    rated = ~np.isnan(low)
    assert (low[rated] <= high[rated] + 1e-9).all()
    assert np.mean(high[rated] - low[rated]) > 2


def test_a_finished_check_says_what_the_rows_are_worth(land: Nation) -> None:
    worth_of = land.holds.group_by("society_id", "family").agg(pl.col("holds").mean())
    told = (
        land.filed["verifications"]
        .filter(pl.col("status") == "done")
        .join(worth_of, on=["society_id", "family"])
    )
    level = told["outcome"].replace_strict({"confirmed": 1.0, "partly": 0.5, "refuted": 0.0})
    assert told.height > SOCIETIES
    assert (level - told["holds"]).abs().max() <= 0.25  # type: ignore[operator]
    # An open check says nothing, and the true score does not wait for it.
    assert land.filed["verifications"].filter(pl.col("status") == "pending")["outcome"].null_count() > 0


def test_the_same_seed_gives_the_same_nation(land: Nation) -> None:
    again = nation(SOCIETIES, YEAR, SEED)
    assert all(again.filed[family].equals(frame) for family, frame in land.filed.items())
    assert again.holds.equals(land.holds)
