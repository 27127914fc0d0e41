"""What other weights would do: scores, ranges, bands, the selected set; kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.assessment.cells import Cells, Flags, make_cells, rated_anew
from models.assessment.exemplars import Candidates, decide, may_be_named
from models.assessment.frames import composite_frame
from models.assessment.methodology.schema import Methodology
from models.assessment.plan import data_plan, joint_plan
from models.assessment.scoring import score
from models.assessment.uncertainty import Draws, simulator_for
from models.errors import FengqingError

# Of the drawing, about the share of the data's own draws.
DATA_SHARE = 0.6


@dataclass(frozen=True)
class Facts:
    """What a published run holds of a year: frames by society, as `assess` gave them.

    `societies` (society_id, filed, was_returned, peer_group, …), `indicators`, `barred` (veto_code,
    hold_code, objection_code, hint_codes), `practice_tag`, `past` (society_id, year).
    """

    societies: pl.DataFrame
    indicators: pl.DataFrame
    barred: pl.DataFrame
    practice_tag: pl.Series
    past: pl.DataFrame


def reweigh(methodology: Methodology, factors: Mapping[str, float]) -> Methodology:
    """The methodology with each dimension's weights times a factor, scaled to the same total.

    Raises:
        FengqingError: a factor outside 1 ± the methodology's `weight_spread`.
    """
    spread = methodology.uncertainty.weight_spread
    outside = {d: f for d, f in factors.items() if not 1 - spread - 1e-9 <= f <= 1 + spread + 1e-9}
    if outside:
        raise FengqingError(
            "WEIGHT_OUT_OF_RANGE",
            f"权重系数 {outside} 超出允许范围 {1 - spread:g}–{1 + spread:g}，请调回范围内。",
            f"The factors {outside} are outside {1 - spread:g}–{1 + spread:g}; choose others.",
        )
    total = sum(i.weight for i in methodology.indicators)
    raw = [i.weight * factors.get(i.dimension, 1.0) for i in methodology.indicators]
    scale = total / sum(raw)
    changed = [
        i.model_copy(update={"weight": weight * scale})
        for i, weight in zip(methodology.indicators, raw, strict=True)
    ]
    return methodology.model_copy(update={"indicators": changed})


@dataclass(frozen=True)
class Prepared:
    """A run ready to be tried with other weights: its frames, and what of them no weight changes."""

    facts: Facts
    cells: Cells
    is_vetoed: Flags


def prepare(facts: Facts, methodology: Methodology) -> Prepared:
    """Lay a run out for trials: the most work of a trial that does not depend on its weights."""
    is_vetoed = facts.barred["veto_code"].is_not_null().to_numpy()
    scores = score(facts.societies, facts.indicators, methodology)
    cells = make_cells(facts.societies, facts.indicators, scores, is_vetoed, methodology)
    return Prepared(facts, cells, is_vetoed)


def what_if(
    prepared: Prepared,
    year: int,
    methodology: Methodology,
    seed: int,
    told: Callable[[float], None] | None = None,
) -> pl.DataFrame:
    """society_id, score, low, high, band, rank_low, rank_high, peer_n, decision under a methodology.

    The same functions as the assessment's: with the run's own methodology and seed it gives the run back.
    `told` hears what share of the drawing is done.
    """
    facts, note = prepared.facts, told or (lambda _: None)
    scores = score(facts.societies, facts.indicators, methodology)
    cells = rated_anew(prepared.cells, facts.societies, scores)
    simulator = simulator_for(cells, methodology, seed, methodology.uncertainty.draws)
    data = simulator.run(data_plan(methodology), lambda share: note(DATA_SHARE * share))
    plan = joint_plan(methodology, seed)
    # The data's draws stand in for the others where nothing that is given rests on them.
    draws = Draws(simulator, data, data, data, plan.options[:, -1] > 0)
    unasked = np.full((2, len(scores.composite)), np.nan)
    composite = composite_frame(
        facts.societies, facts.indicators, scores, draws, unasked, facts.barred, methodology
    )
    candidates = Candidates(
        societies=facts.societies,
        scores=scores,
        draws=draws,
        barred=facts.barred,
        practice_tag=facts.practice_tag,
        past=facts.past,
    )
    # Stability asks for joint draws, of those who may be named at all.
    members = np.flatnonzero(may_be_named(candidates, methodology))
    joint = simulator.run(plan, lambda share: note(DATA_SHARE + (1 - DATA_SHARE) * share), members)
    candidates = replace(candidates, draws=replace(draws, joint=joint))
    decided = decide(candidates, year, methodology)
    columns = ("society_id", "score", "low", "high", "band", "rank_low", "rank_high", "peer_n")
    return composite.select(columns).join(
        decided.exemplars.select("society_id", "decision"), on="society_id", how="left", maintain_order="left"
    )
