"""A nation: 25,000 societies × 37 indicators × 1,000 draws, with the selection made anew in each.

The shares have few tries each, a fifth of the figures is missing and a fifth self-reported, so every source
of doubt is drawn, in the three layers of the simulation (data, method, both), with a selection in each draw.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks._measure import Meter
from models.assessment.cells import make_cells
from models.assessment.chances import band_frame
from models.assessment.exemplars import NO_YEARS, Candidates, Decision, decide, selected_in, selection_chances
from models.assessment.flips import flip_frame
from models.assessment.indicators import evaluate
from models.assessment.methodology import Methodology, load
from models.assessment.plan import joint_plan, weight_draws
from models.assessment.rankings import rank_set_frame
from models.assessment.scoring import Scores, score
from models.assessment.simulation import interval
from models.assessment.uncertainty import (
    Draws,
    draw,
    joint_dimensions,
    joint_rank_ranges,
    rank_ranges,
    simulator_for,
)

SOCIETIES = 25_000
SEED = 20230090
LEVELS = np.array(["national", "provincial", "city", "county"])
SIZES = np.array(["large", "medium", "small", "micro"])
COUNTS = ("rows_n", "self_reported_n", "attached_n", "sampled_n", "onsite_n", "authority_n", "pending_n")


def run(meter: Meter) -> None:
    methodology = load(2025)
    generator = np.random.default_rng(SEED)
    societies = _societies(generator)
    measures = _measures(generator, societies, methodology)
    signals = pl.DataFrame(schema=dict.fromkeys(("society_id", "indicator", "signal"), pl.String))
    indicators = meter.work(
        "indicators, with priors fitted to every peer group",
        lambda: evaluate(measures, signals, societies, methodology),
        gigabytes=4,
    )
    # Evidence is not what is measured: all may be named.
    scores = score(societies, indicators.with_columns(is_verified=pl.lit(True)), methodology)
    none = np.zeros(SOCIETIES, dtype=np.bool_)
    cells = meter.work(
        "cells, with priors of the coarser groups",
        lambda: make_cells(societies, indicators, scores, none, methodology),
        gigabytes=4,
    )
    shaken, filled = weight_draws(methodology, 1_000, SEED), np.nan_to_num(scores.indicator)

    def joint() -> np.ndarray:
        simulator = simulator_for(cells, methodology, SEED, methodology.uncertainty.draws)
        drawn = simulator.run(joint_plan(methodology, SEED))
        interval(drawn.composite, methodology.uncertainty.interval)
        draws = Draws(simulator, drawn, drawn, drawn, np.zeros(len(drawn.composite), dtype=np.bool_))
        return selected_in(_candidates(societies, scores, draws), drawn, methodology)

    def decided() -> tuple[Draws, Decision]:
        draws = draw(cells, methodology, SEED)
        candidates = _candidates(societies, scores, draws)
        for drawn in (draws.data, draws.method):
            selection_chances(candidates, drawn, methodology)
        layers = {name: drawn.bands for name, drawn in draws.layers().items()}
        band_frame(scores.society_ids, scores.is_rated, layers, methodology)
        return draws, decide(candidates, 2025, methodology)

    def bare() -> None:
        np.sort(shaken @ filled.T, axis=0)

    selected = meter.work(
        "everything drawn: scores, intervals and selection in each draw",
        joint,
        floor=bare,
        seconds=30,
        gigabytes=4,
    )
    meter.figure("draws in which somebody is selected", selected.any(axis=1).sum(), minimum=1_000)
    del selected
    draws, decision = meter.work(
        "data, method and both, with selection in each draw, and the decisions", decided, gigabytes=4
    )
    groups, level = societies["peer_group"], methodology.uncertainty.interval
    meter.work(
        "rank ranges in peer groups, data and joint",
        lambda: (
            rank_ranges(scores.composite, draws.data.composite, groups, level),
            joint_rank_ranges(scores.composite, draws, level),
        ),
        gigabytes=4,
    )
    meter.work(
        "simultaneous rank sets of every peer group",
        lambda: rank_set_frame(
            scores.society_ids, groups, scores.composite, draws.data.composite, methodology
        ),
        gigabytes=4,
    )
    flips = meter.work(
        "the smallest change that flips each decision, of one indicator and of the weights",
        lambda: flip_frame(
            _candidates(societies, scores, draws),
            decision,
            lambda who: joint_dimensions(cells, methodology, SEED, who),
            methodology,
        ),
        floor=bare,
        gigabytes=4,
    )
    found = flips.filter(pl.col("indicator_outcome") == "found").height
    meter.figure("decisions with a flip of one indicator", found, minimum=1)
    meter.figure("cells with the noise of a count", cells.is_sampled.sum(), minimum=100_000)
    meter.figure("cells with self-reported parts", (cells.self_reported > 0).sum(), minimum=50_000)
    meter.figure(
        "societies selected", decision.exemplars.filter(pl.col("decision") == "selected").height, minimum=1
    )


def _candidates(societies: pl.DataFrame, scores: Scores, draws: Draws) -> Candidates:
    nothing = pl.Series([None] * SOCIETIES, dtype=pl.String)
    return Candidates(
        societies=societies,
        scores=scores,
        draws=draws,
        barred=pl.DataFrame(
            dict.fromkeys(("veto_code", "hold_code", "objection_code", "hint_codes"), nothing)
        ).with_columns(has_open_objection=pl.lit(value=False)),
        practice_tag=pl.Series(["education"] * SOCIETIES),
        past=pl.DataFrame(schema=NO_YEARS),
    )


def _measures(
    generator: np.random.Generator, societies: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """What engine.compute would give: counts of few tries, a fifth absent, a fifth self-reported."""
    n, frames = len(societies), []
    quality = generator.normal(0.0, 1.0, n)
    for one in methodology.indicators:
        mean = 1 / (1 + np.exp(-(1.6 + 0.8 * quality + generator.normal(0, 0.6, n))))
        tries = generator.integers(1, 40, n).astype(float) if one.is_sampled else np.full(n, 4.0)
        good = generator.binomial(tries.astype(int), mean).astype(float)
        if one.low_is_good:
            good = tries - good
        is_told = generator.random(n) < 0.2
        weight = np.where(is_told, 0.5, 1.0)
        weighed = tries - weight * (tries - good) if one.low_is_good else weight * good
        favourable = tries - weighed if one.low_is_good else weighed
        frames.append(
            pl.DataFrame(
                {
                    "society_id": societies["society_id"],
                    "indicator": [one.code] * n,
                    "numerator": weighed,
                    "numerator_raw": good,
                    "denominator": tries,
                    **{name: np.zeros(n, dtype=np.int64) for name in COUNTS},
                    "pending_numerator": pl.Series([None] * n, dtype=pl.Float64),
                    "pending_denominator": pl.Series([None] * n, dtype=pl.Float64),
                    "self_reported_numerator": np.where(is_told, favourable, 0.0),
                    "evidence_mean": weight,
                    "absence": pl.Series(["annual_report"] * n, dtype=pl.String),
                    "is_absence_confirmed": np.zeros(n, dtype=np.bool_),
                    "is_due": np.zeros(n, dtype=np.bool_),
                }
            )
            .with_columns(rows_n=1, self_reported_n=pl.Series(is_told.astype(np.int64)))
            .with_columns(attached_n=1 - pl.col("self_reported_n"))
            .filter(generator.random(n) >= 0.2)
        )
    return pl.concat(frames)


def _societies(generator: np.random.Generator) -> pl.DataFrame:
    level = LEVELS[generator.choice(4, SOCIETIES, p=[0.01, 0.16, 0.36, 0.47])]
    size = SIZES[generator.choice(4, SOCIETIES, p=[0.02, 0.08, 0.4, 0.5])]
    return pl.DataFrame(
        {
            "society_id": [f"S{n:05d}" for n in range(SOCIETIES)],
            "level": level,
            "size_class": size,
            "reporting_line": ["110000"] * SOCIETIES,
            "cast_class": generator.choice(list("ABCDE"), SOCIETIES, p=[0.22, 0.28, 0.12, 0.17, 0.21]),
            "supervisor_id": [f"U{n}" for n in generator.integers(0, 400, SOCIETIES)],
            "filed": np.ones(SOCIETIES, dtype=np.bool_),
            "peer_group": np.char.add(np.char.add(level, "/"), size),
        }
    )
