"""Which uncertainty a result hangs on: Sobol' indices over data, evidence, checks and choices of method."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.assessment.composite.columns import is_constant
from models.assessment.composite.ranking import Floats
from models.assessment.exemplars import Candidates, selected_in
from models.assessment.methodology.schema import Methodology
from models.assessment.plan import NOISES, OPTIONS, Plan, pick, published_plan, weight_draws
from models.assessment.sensitivity import Design, design, mean_rank_shift, set_distance, sobol_indices
from models.assessment.simulation import Simulator
from models.assessment.uncertainty import group_places

INPUTS = ("weights", *OPTIONS, *NOISES)
SCHEMA = {
    "output": pl.String, "input": pl.String,
    **dict.fromkeys(("first", "first_low", "first_high", "total", "total_low", "total_high"), pl.Float64),
}  # fmt: skip


def sobol_plan(methodology: Methodology, seed: int, base: int) -> tuple[Design, Plan]:
    """A design over INPUTS and the plan that evaluates it, base · (inputs + 2) draws.

    Weights and each noise are one input: its point picks one of as many draws as the simulation has. The
    options come in the shares of the methodology.
    """
    rules = methodology.uncertainty
    made = design(INPUTS, base=base, seed=seed)
    options = [
        pick(made.points[:, made.inputs.index(name)], getattr(rules, name).model_dump()) for name in OPTIONS
    ]
    noise = {name: made.pick(name, rules.draws) for name in NOISES}
    weights = weight_draws(methodology, rules.draws, seed)[made.pick("weights", rules.draws)]
    return made, Plan(weights, np.stack(options, axis=1), **noise)


def sensitivity_frame(
    simulator: Simulator, candidates: Candidates, methodology: Methodology, seed: int
) -> pl.DataFrame:
    """The `sensitivity` frame: what the ranks, and the selected set, hang on; SCHEMA.

    `rank_shift`: mean |place in the peer group less the published rank| ÷ group size; `selected_set`: Jaccard
    distance from the set that the published method selects of the data as they are. An output that never
    changes has no rows: there is nothing to share out.
    """
    rules = methodology.uncertainty.sensitivity
    made, plan = sobol_plan(methodology, seed, rules.base)
    point = candidates.scores.composite
    published = published_plan(methodology)
    nominal = group_places(point[None], published.options[:, -1] > 0, simulator.cells, point)[0]
    if np.isnan(nominal).all():
        return pl.DataFrame(schema=SCHEMA)
    drawn = simulator.run(plan)
    places = group_places(drawn.composite, plan.options[:, -1] > 0, simulator.cells, point)
    size = np.full(len(point), np.nan)
    group = simulator.cells.group[0]
    ranked = ~np.isnan(nominal)
    size[ranked] = np.bincount(group[ranked], minlength=group.max() + 1)[group[ranked]]
    chosen = selected_in(candidates, simulator.run(published), methodology)[0]
    outputs = {
        "rank_shift": mean_rank_shift(places / size, nominal / size),
        "selected_set": set_distance(selected_in(candidates, drawn, methodology), chosen),
    }
    return indices_frame(made, outputs, methodology, seed)


def indices_frame(
    made: Design, outputs: dict[str, Floats], methodology: Methodology, seed: int
) -> pl.DataFrame:
    """Sobol' indices of the outputs that change at all, SCHEMA; `outputs` (evaluations,) by name."""
    rules = methodology.uncertainty.sensitivity
    varying = {name: y for name, y in outputs.items() if not is_constant(y[:, None])[0]}
    if not varying:
        return pl.DataFrame(schema=SCHEMA)
    found = sobol_indices(
        made,
        np.stack(list(varying.values()), axis=1),
        seed=seed,
        names=list(varying),
        level=rules.level,
        resamples=rules.resamples,
    )
    return found.frame().cast(SCHEMA)  # type: ignore[arg-type]


def society_outputs(simulator: Simulator, plan: Plan, point: Floats, society: int) -> dict[str, Floats]:
    """Score and place in the peer group of one society under every draw of `plan`, (draws,) each."""
    drawn = simulator.run(plan)
    places = group_places(drawn.composite, plan.options[:, -1] > 0, simulator.cells, point)
    return {"score": drawn.composite[:, society], "rank": places[:, society].astype(np.float64)}
