"""A nation: 25,000 societies × 37 indicators × 1,000 draws, with the selection made anew in each."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks._measure import Meter
from models.assessment.exemplars import NO_YEARS, Candidates, decide
from models.assessment.methodology import load
from models.assessment.scoring import score
from models.assessment.uncertainty import Draws, draw_scores, rank_ranges, weight_draws

SOCIETIES = 25_000
SEED = 20230090
LEVELS = np.array(["national", "provincial", "city", "county"])
SIZES = np.array(["large", "medium", "small", "micro"])


def run(meter: Meter) -> None:
    methodology = load(2025)
    generator = np.random.default_rng(SEED)
    codes = list(methodology.weights)
    quality = generator.normal(0.85, 0.12, (SOCIETIES, 1))
    values = np.clip(quality + generator.normal(0, 0.15, (SOCIETIES, len(codes))), 0, 1)
    values[generator.random(values.shape) < 0.2] = np.nan
    societies = _societies(generator)
    groups = societies["peer_group"]
    long = pl.DataFrame(
        {
            "society_id": np.repeat(societies["society_id"].to_numpy(), len(codes)),
            "indicator": codes * SOCIETIES,
            "score": values.ravel(),
            "is_verified": np.ones(values.size, dtype=np.bool_),
        }
    ).with_columns(pl.col("score").fill_nan(None))
    scores = score(societies, long, methodology)
    shaken = weight_draws(methodology, SEED)
    filled = np.nan_to_num(scores.indicator)

    def decided() -> tuple[Draws, pl.DataFrame]:
        draws = draw_scores(scores.indicator, scores.is_rated, methodology, SEED)
        nothing = pl.Series([None] * SOCIETIES, dtype=pl.String)
        return draws, decide(
            Candidates(
                societies=societies,
                scores=scores,
                draws=draws,
                barred=pl.DataFrame({"veto_code": nothing, "hold_code": nothing}),
                practice_tag=nothing,
                past=pl.DataFrame(schema=NO_YEARS),
            ),
            2025,
            methodology,
        )

    def bare() -> None:
        np.sort(shaken @ filled.T, axis=0)

    draws, decisions = meter.work(
        "scores, intervals and selection in each draw", decided, floor=bare, seconds=30, gigabytes=4
    )
    meter.work(
        "rank ranges in peer groups",
        lambda: rank_ranges(scores.composite, draws.composite, groups, methodology.uncertainty.interval),
        gigabytes=4,
    )
    meter.figure("societies selected", decisions.filter(pl.col("decision") == "selected").height, minimum=1)


def _societies(generator: np.random.Generator) -> pl.DataFrame:
    level = LEVELS[generator.choice(4, SOCIETIES, p=[0.01, 0.16, 0.36, 0.47])]
    size = SIZES[generator.choice(4, SOCIETIES, p=[0.02, 0.08, 0.4, 0.5])]
    return pl.DataFrame(
        {
            "society_id": [f"S{n:05d}" for n in range(SOCIETIES)],
            "level": level,
            "size_class": size,
            "cast_class": generator.choice(list("ABCDE"), SOCIETIES, p=[0.22, 0.28, 0.12, 0.17, 0.21]),
            "supervisor_id": [f"U{n}" for n in generator.integers(0, 400, SOCIETIES)],
            "filed": np.ones(SOCIETIES, dtype=np.bool_),
            "peer_group": np.char.add(np.char.add(level, "/"), size),
        }
    )
