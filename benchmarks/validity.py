"""Twenty nations of known truth: is truth found again, do intervals and ranges hold it at their rate?

Writes what it finds to docs/validity.json, of which `make docs` makes the chapter.
"""

from __future__ import annotations

import polars as pl

from benchmarks import _trial
from benchmarks._measure import Meter
from benchmarks._store import keep
from benchmarks._turnover import turnover
from models.assessment.methodology import load
from models.sample.honesty import Honesty

YEAR, NATIONS, SOCIETIES, FIRST_SEED = 2025, 20, 400, 200
# Other worlds, in which claims without evidence hold more or less often than the method supposes.
WORLDS, WORLD_NATIONS = (0.2, 0.8, 1.0), 3
TURNED, TURNOVER_NATIONS = 6, 3
LEAST, MOST = 0.88, 0.92


def run(meter: Meter) -> None:
    methodology = load(YEAR)
    seeds = range(FIRST_SEED, FIRST_SEED + NATIONS)
    trials = [
        _trial.trial(SOCIETIES, YEAR, seed, methodology)
        for seed in meter.track(seeds, "nations of known truth", NATIONS)
    ]
    found = {
        "nations": NATIONS,
        "societies": SOCIETIES,
        "rated": sum(t.societies.height for t in trials),
        "level": methodology.uncertainty.interval,
        "draws": methodology.uncertainty.draws,
        "honesty": Honesty().mean,
        "recovery": _trial.recovery(trials),
        "errors": _trial.error_shares(trials),
        "coverage": _trial.coverage(trials),
        "dimensions": _trial.dimension_coverage(trials),
        "by": {
            "size_class": _trial.coverage_by(trials, pl.col("size_class")),
            "has_cases": _trial.coverage_by(trials, pl.col("has_cases").cast(pl.String)),
            "level": _trial.coverage_by(trials, pl.col("level")),
            "quality": _trial.coverage_by(trials, _fifth()),
        },
        "cases": _trial.case_advantage(trials),
    }
    worlds = [{"mean": Honesty().mean, **_world(trials)}]
    for mean in meter.track(WORLDS, "other worlds", len(WORLDS)):
        other = [
            _trial.trial(SOCIETIES, YEAR, seed, methodology, Honesty(mean=mean))
            for seed in seeds[:WORLD_NATIONS]
        ]
        worlds.append({"mean": mean, **_world(other)})
    found["worlds"] = sorted(worlds, key=lambda world: world["mean"])
    chosen = trials[:TURNOVER_NATIONS]
    changes = [
        turnover(t.land, t.result, methodology, TURNED)
        for t in meter.track(chosen, "societies cloned and dropped", len(chosen))
    ]
    found["turnover"] = {
        "runs": 2 * TURNED * len(changes),
        "changed": sum(len(c) for c in changes),
        "rows": [row for c in changes for row in c],
    }
    keep("validity", found)
    _report(meter, found)


def _fifth() -> pl.Expr:
    return (pl.col("quality").rank("ordinal") * 5 / (pl.len() + 1)).floor().cast(pl.Int64) + 1


def _world(trials: list[_trial.Trial]) -> dict[str, float]:
    found, held = _trial.recovery(trials), _trial.coverage(trials)
    return {
        "bias": found["bias"],
        "spearman": found["spearman_truth"],
        "data": held["score_data"]["held"],
        "joint": held["score_joint"]["held"],
    }


def _report(meter: Meter, found: dict) -> None:  # type: ignore[type-arg]
    recovered, held = found["recovery"], found["coverage"]
    meter.figure("Spearman with the true score, mean", recovered["spearman_truth"], minimum=0.9)
    meter.figure("Spearman with the true score, least", recovered["spearman_truth_least"], minimum=0.9)
    meter.figure("Spearman with latent quality", recovered["spearman_quality"], minimum=0.9)
    meter.figure("bias", recovered["bias"], unit="points")
    meter.figure("RMSE", recovered["rmse"], unit="points")
    for name, value in found["errors"].items():
        meter.figure(f"error by {name} alone" if name != "both" else "error by both", value, unit="points")
    bounds = {"minimum": LEAST, "maximum": MOST}
    meter.figure("coverage: published interval", held["score_data"]["held"], **bounds)
    meter.figure("coverage: joint interval of the full truth", held["score_joint"]["held"])
    meter.figure("coverage: published interval of the full truth", held["score_data_truth"]["held"])
    meter.figure("coverage: dimensions' intervals", held["dimension_data"]["held"])
    meter.figure("coverage: published rank range", held["rank_data"]["held"], minimum=LEAST)
    meter.figure("coverage: joint rank range", held["rank_joint"]["held"])
    meter.figure("coverage: all ranks of a group at once", held["rank_sets"]["held"], minimum=LEAST)
    for name in ("score", "truth", "error"):
        cases = found["cases"]
        meter.figure(
            f"without − with cases, {name} ± {cases[f'{name}_half']:.2f}", cases[name], unit="points"
        )
    unexplained = sum(not row["is_quota"] for row in found["turnover"]["rows"])
    meter.figure("decisions changed by a clone or a drop", found["turnover"]["changed"])
    meter.figure("of them without a quota's reason", unexplained, maximum=0)
