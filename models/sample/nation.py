"""A nation of known truth: what its societies filed, what is true of them, and the score they truly deserve.

The true score is the published methodology's, worked out by the same code, over the same year, had every row
filed been checked on the spot, every channel been visited, and every society had unlimited cases, members and
issues of the kind it had: a share that the sample draws try by try (`rates`) stands at its own chance, all
else at what was so. Whether an indicator applies to a society is a fact of the year, and so is who its peers
are. The score knows nothing of the intervals: it never sees a draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from models.assessment import indicators as indicator_rules
from models.assessment.assess import population as assessed
from models.assessment.methodology import Methodology
from models.assessment.scoring import Scores, score
from models.measures import engine
from models.sample.facts import Facts, accepted, connected
from models.sample.honesty import Honesty, checked_throughout, holding, told
from models.sample.population import population
from models.sample.records.year import YearRecords, year_records
from models.sample.season import Floats, Season

# Enough tries that nothing is shrunk and no share is far from its chance.
UNLIMITED = 1e6


@dataclass(frozen=True)
class Nation:
    """Societies of one year with what they filed and what is true of them.

    `filed`: the accepted facts, as an assessment sees them. `holds`: which rows hold (`honesty.holding`);
    `honest` (n,): what share of a society's claims without evidence does.
    """

    season: Season
    records: YearRecords
    filed: Facts
    holds: pl.DataFrame
    honest: Floats

    @cached_property
    def rates(self) -> pl.DataFrame:
        """society_id, indicator, chance, drawn: the true shares behind counts (`YearRecords`)."""
        ids = pl.Series("society_id", self.season.population.ids)
        rates = self.records.rates
        return rates.select(ids.gather(rates["soc"]), pl.exclude("soc"))

    def latent(self, society_ids: pl.Series) -> Floats:
        """The latent quality of each of these societies."""
        place = {society: k for k, society in enumerate(self.season.population.ids)}
        return self.season.quality[[place[society] for society in society_ids]]


def nation(societies: int, year: int, seed: int, honesty: Honesty | None = None) -> Nation:
    """A nation of `societies` in `year`; the same arguments give the same nation."""
    season = Season(population(societies, [year], seed), year, year, seed)
    records = year_records(season)
    facts = accepted(season, records)
    holds, honest = holding(season, facts, honesty or Honesty())
    return Nation(season, records, told(facts, holds), holds, honest)


@dataclass(frozen=True)
class Worth:
    """What societies are worth under one knowledge of them: `societies` (as assessed), measures, scores."""

    societies: pl.DataFrame
    measures: engine.Measures
    indicators: pl.DataFrame
    scores: Scores


def true_worth(land: Nation, methodology: Methodology) -> Worth:
    """The true scores; see the module's text."""
    return worth(land, methodology, evidence="true", rates="true")


def worth(land: Nation, methodology: Methodology, *, evidence: str, rates: str) -> Worth:
    """Scores where evidence, or rates, are `true` or as `filed`: what each kind of ignorance does alone."""
    facts = land.filed
    if evidence == "true":
        minutes = methodology.counting.online_minutes
        facts = checked_throughout(land.season, land.filed, land.holds, land.honest, minutes)
        # Even the members declared above a roster are known here, whom the measures always count as claims.
        known = methodology.evidence.model_copy(
            update={"weights": dict.fromkeys(methodology.evidence.weights, 1.0)}
        )
        methodology = methodology.model_copy(update={"evidence": known})
    year = land.season.year
    with connected(facts) as con:
        measures = engine.compute(con, year, methodology)
        societies = assessed(con, year, methodology)
    figures = measures.measures
    if rates == "true":
        figures = unlimited(figures, measures.contributions, land.rates, methodology)
    values = indicator_rules.evaluate(figures, measures.signals, societies, methodology)
    return Worth(societies, measures, values, score(societies, values, methodology))


def unlimited(
    figures: pl.DataFrame, contributions: pl.DataFrame, rates: pl.DataFrame, methodology: Methodology
) -> pl.DataFrame:
    """The measures with every share that is a count of tries as if its tries were unlimited.

    A share with a known chance takes it, times what evidence leaves of the favourable tries filed (of all,
    where none was favourable); the others keep their value. Without tries there is still no figure.
    """
    shares = [i.code for i in methodology.indicators if i.unit == "share" and i.denominator == "rows"]
    weight, top, bottom = (pl.col(name) for name in ("evidence_weight", "numerator", "denominator"))
    kept = (
        contributions.filter(pl.col("numerator").is_not_null(), pl.col("is_pending").not_())
        .group_by("society_id", "indicator")
        .agg(
            left=pl.when(top.sum() > 0)
            .then((weight * top).sum() / top.sum())
            .otherwise((weight * bottom).sum() / bottom.sum())
        )
    )
    has_figure = pl.col("indicator").is_in(shares) & (pl.col("denominator") > 0)
    is_known = has_figure & pl.col("chance").is_not_null() & pl.col("drawn").is_null()
    # Tries are multiplied, and luck taken out where it is known.
    luck = pl.when(pl.col("drawn") > 0).then(pl.col("drawn") / pl.col("chance")).otherwise(1.0)
    grown = UNLIMITED / pl.col("denominator") / luck
    return (
        figures.join(kept, on=["society_id", "indicator"], how="left", maintain_order="left")
        .join(rates, on=["society_id", "indicator"], how="left", maintain_order="left")
        .with_columns(
            numerator=pl.when(is_known)
            .then(UNLIMITED * pl.col("chance") * pl.col("left"))
            .when(has_figure)
            .then(pl.col("numerator") * grown)
            .otherwise("numerator"),
            numerator_raw=pl.when(is_known)
            .then(UNLIMITED * pl.col("chance"))
            .when(has_figure)
            .then(pl.col("numerator_raw") * grown)
            .otherwise("numerator_raw"),
            denominator=pl.when(has_figure).then(UNLIMITED).otherwise("denominator"),
        )
        .drop("left", "chance", "drawn")
    )


def aligned(values: Floats, ids: pl.Series, wanted: pl.Series) -> Floats:
    """`values` (n,) of the societies `ids`, in the order of `wanted`; NaN for a society that is not there."""
    frame = pl.DataFrame({"society_id": ids, "value": values})
    joined = pl.DataFrame({"society_id": wanted}).join(
        frame, on="society_id", how="left", maintain_order="left"
    )
    return np.asarray(joined["value"].fill_null(np.nan).to_numpy(), dtype=np.float64)
