"""Layers of the simulation, ranges of ranks, and whether intervals hold the truth at their rate."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.assessment.cells import make_cells
from models.assessment.indicators import evaluate
from models.assessment.peers import assign_peers
from models.assessment.scoring import score
from models.assessment.uncertainty import draw, joint_rank_ranges, rank_ranges

SOCIETIES = 1_500


@pytest.fixture(scope="module")
def indicator():
    """30 societies × 37 indicators, a fifth not applicable."""
    generator = np.random.default_rng(3)
    values = generator.random((30, 37))
    values[generator.random(values.shape) < 0.2] = np.nan
    return values


def test_certain_data_have_no_interval_and_the_method_still_moves_them(methodology, certain_cells, indicator):
    draws = draw(certain_cells(indicator), methodology, 5)
    np.testing.assert_allclose(draws.low, draws.high)
    np.testing.assert_allclose(draws.dimension_low, draws.dimension_high)
    assert (draws.method.composite.std(axis=0) > 0.1).all()
    assert draws.composite is draws.joint.composite and draws.meets_floor is draws.joint.meets_floor


def test_unrated_has_no_interval(methodology, certain_cells, indicator):
    is_rated = np.arange(30) != 2
    draws = draw(certain_cells(indicator, is_rated), methodology, 1)
    assert np.isnan(draws.low[2]) and np.isnan(draws.composite[:, 2]).all()
    assert (draws.joint.bands[2] == 0).all()
    np.testing.assert_allclose(draws.joint.bands[is_rated].sum(axis=1), 1)


def test_same_seed_same_bits_other_seed_other_draws(methodology, certain_cells, indicator):
    cells = certain_cells(indicator)
    first, again = (draw(cells, methodology, 4).composite for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != draw(cells, methodology, 5).composite.tobytes()


@pytest.fixture(scope="module")
def nation(methodology):
    """Societies whose true rates are known: (societies, indicators, true scores 0–100, true indicators)."""
    generator = np.random.default_rng(20230090)
    n = SOCIETIES
    societies = assign_peers(
        pl.DataFrame(
            {
                "society_id": [f"S{i:05d}" for i in range(n)],
                "level": generator.choice(["provincial", "city", "county"], n),
                "size_class": generator.choice(["small", "micro"], n),
                "has_cases": generator.random(n) < 0.3,
                "filed": np.ones(n, dtype=np.bool_),
            }
        ),
        methodology.peer_groups,
    )
    rows, truth = [], np.full((n, len(methodology.indicators)), np.nan)
    for j, one in enumerate(methodology.indicators):
        has = generator.random(n) < (1.0 if one.is_required else 0.7)
        if one.is_sampled:
            target = np.array([one.target_for(size) or 1.0 for size in societies["size_class"]])
            mean = 0.9 * target if not one.low_is_good else np.full(n, 0.9)
            rate = generator.beta(mean * 6, (1 - mean) * 6)
            tries = generator.integers(1, 30, n)
            good = generator.binomial(tries, rate)
            evidence = generator.choice([0.5, 1.0], n, p=[0.2, 0.8])
            raw = tries - good if one.low_is_good else good
            weighed = tries - evidence * good if one.low_is_good else evidence * good
            reach = evidence * rate
            truth[:, j] = np.minimum(1, reach if one.low_is_good else reach / target)
        else:
            tries, evidence = np.ones(n), np.ones(n)
            raw = weighed = generator.choice([0.25, 0.5, 0.75, 1.0], n)
            truth[:, j] = raw
        grades = np.where(evidence < 1, "self_reported", "attached")
        rows.append(
            pl.DataFrame(
                {
                    "society_id": societies["society_id"], "indicator": [one.code] * n,
                    "numerator": weighed.astype(float), "numerator_raw": raw.astype(float),
                    "denominator": tries.astype(float), "rows_n": 1,
                    "self_reported_n": (grades == "self_reported").astype(int),
                    "attached_n": (grades == "attached").astype(int), "sampled_n": 0, "onsite_n": 0,
                    "authority_n": 0, "pending_n": 0, "pending_numerator": None, "pending_denominator": None,
                    "self_reported_numerator": 0.0, "evidence_mean": np.where(evidence < 1, 0.5, 1.0),
                    "absence": None, "is_absence_confirmed": False,
                    "is_due": False,
                },
                schema_overrides={"pending_numerator": pl.Float64, "pending_denominator": pl.Float64,
                                  "absence": pl.String},
            ).filter(has)
        )  # fmt: skip
        truth[~has, j] = np.nan
    signals = pl.DataFrame(schema=dict.fromkeys(("society_id", "indicator", "signal"), pl.String))
    indicators = evaluate(pl.concat(rows), signals, societies, methodology)
    weights = np.array(list(methodology.weights.values()))
    seen = ~np.isnan(truth)
    true = 100 * (np.nan_to_num(truth) @ weights) / (seen @ weights)
    return societies, indicators, true


@pytest.fixture(scope="module")
def drawn(nation, methodology):
    societies, indicators, _ = nation
    scores = score(societies, indicators, methodology)
    cells = make_cells(societies, indicators, scores, np.zeros(SOCIETIES, dtype=np.bool_), methodology)
    return scores, cells, draw(cells, methodology, 7)


def test_published_intervals_hold_the_true_score_at_their_rate(nation, drawn):
    truth, (_, _, draws) = nation[2], drawn
    held = (draws.low <= truth) & (truth <= draws.high)
    assert held.mean() == pytest.approx(0.90, abs=0.02)
    # and not by being too wide in the middle and too narrow at the ends
    order = np.argsort(truth)
    for third in np.array_split(order, 3):
        assert held[third].mean() == pytest.approx(0.90, abs=0.05)


def test_rank_ranges_hold_the_true_rank_at_their_rate(nation, drawn, methodology):
    societies, _, truth = nation
    scores, _, draws = drawn
    groups = societies["peer_group"]
    _, low, high = rank_ranges(scores.composite, draws.data.composite, groups, 0.9)
    true_rank, _, _ = rank_ranges(truth, truth[None], groups, 0.9)
    held = (low <= true_rank) & (true_rank <= high)
    # Whole ranks, outward: a little more than the rate.
    assert 0.88 <= held.mean() <= 0.94


def test_scores_recover_the_truth(nation, drawn):
    truth, (scores, _, _) = nation[2], drawn
    order = np.argsort(np.argsort(truth)), np.argsort(np.argsort(scores.composite))
    assert np.corrcoef(*order)[0, 1] > 0.9


def test_joint_intervals_are_wider_and_its_ranks_stay_in_the_group(nation, drawn):
    scores, cells, draws = drawn
    spread = draws.joint.composite.std(axis=0) / draws.data.composite.std(axis=0)
    assert np.median(spread) > 1
    low, high = joint_rank_ranges(scores.composite, draws, 0.9)
    size = pl.Series(cells.group[0]).value_counts()
    largest = dict(size.iter_rows())
    assert (low >= 1).all() and (low <= high).all()
    assert all(high[i] <= largest[g] for i, g in enumerate(cells.group[0].tolist()))


def test_ranks_within_groups_by_hand():
    point = np.array([90.0, 80.0, 80.0, 70.0, np.nan, 60.0])
    groups = pl.Series(["a", "a", "a", "a", "a", "b"])
    # 20 draws: society 0 falls behind 1 and 2 in five of them
    drawn = np.tile(point, (20, 1))
    drawn[:5, 0] = 75.0
    rank, low, high = rank_ranges(point, drawn, groups, 0.9)
    assert rank[:4].tolist() == [1, 2, 2, 4] and rank[5] == 1 and np.isnan(rank[4])
    assert (low[0], high[0]) == (1, 3)
    assert (low[1], high[1]) == (1, 2)
    assert (low[3], high[3]) == (4, 4)


def test_society_without_a_group_is_not_ranked():
    ranks = rank_ranges(
        np.array([1.0, 2.0]), np.array([[1.0, 2.0]]), pl.Series([None, "a"], dtype=pl.String), 0.9
    )
    assert np.isnan(ranks[:, 0]).all() and ranks[:, 1].tolist() == [1, 1, 1]
