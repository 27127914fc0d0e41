"""What other weights would do: scores, ranges, bands, the selected set; kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from models.assessment.cells import make_cells
from models.assessment.exemplars import Candidates, decide
from models.assessment.frames import composite_frame
from models.assessment.methodology.schema import Methodology
from models.assessment.scoring import score
from models.assessment.uncertainty import draw, joint_rank_ranges
from models.errors import FengqingError


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


def what_if(facts: Facts, year: int, methodology: Methodology, seed: int) -> pl.DataFrame:
    """society_id, score, low, high, band, rank_low, rank_high, peer_n, decision under a methodology.

    The same functions as the assessment's: with the run's own methodology and seed it gives the run back.
    """
    scores = score(facts.societies, facts.indicators, methodology)
    is_vetoed = facts.barred["veto_code"].is_not_null().to_numpy()
    cells = make_cells(facts.societies, facts.indicators, scores, is_vetoed, methodology)
    draws = draw(cells, methodology, seed)
    joint = joint_rank_ranges(scores.composite, draws, methodology.uncertainty.interval)
    composite = composite_frame(
        facts.societies, facts.indicators, scores, draws, joint, facts.barred, methodology
    )
    candidates = Candidates(
        societies=facts.societies,
        scores=scores,
        draws=draws,
        barred=facts.barred,
        practice_tag=facts.practice_tag,
        past=facts.past,
    )
    decided = decide(candidates, year, methodology)
    columns = ("society_id", "score", "low", "high", "band", "rank_low", "rank_high", "peer_n")
    return composite.select(columns).join(
        decided.exemplars.select("society_id", "decision"), on="society_id", how="left", maintain_order="left"
    )
