"""The assessment of one year: population → measures → indicators → scores, ranges, bands, exemplars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from models.assessment import coherence
from models.assessment import indicators as indicator_rules
from models.assessment.attribution import sensitivity_frame
from models.assessment.cells import make_cells
from models.assessment.chances import band_frame, selection_frame
from models.assessment.exemplars import NO_YEARS, Candidates, decide, practice_tags, selection_chances
from models.assessment.flips import flip_frame
from models.assessment.frames import composite_frame, dimension_frame
from models.assessment.methodology.schema import Methodology
from models.assessment.outlook import line_frame, onsite_frame, outlook_frame, publicity_frame
from models.assessment.peers import assign_peers, size_classes
from models.assessment.rankings import rank_set_frame
from models.assessment.reasons import gates
from models.assessment.scoring import Scores, score, weights_of
from models.assessment.standing import objection_frame, standing
from models.assessment.uncertainty import draw, joint_dimensions, joint_rank_ranges
from models.errors import FengqingError
from models.measures import engine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SOCIETY_COLUMNS = (
    "society_id", "name", "level", "reporting_line", "supervisor_id", "supervisor_name", "cast_class",
    "size_class", "has_cases", "individual_members", "peer_group", "peer_n", "in_scope", "filed",
)  # fmt: skip

POPULATION = """
select s.society_id, s.name, s.level, s.reporting_line,
       coalesce(s.supervisor_id, s.industry_admin_id) as supervisor_id, u.name as supervisor_name,
       s.cast_class, a.individual_members, s.in_scope, a.society_id is not null as filed,
       exists (
           select 1 from investigations i
           where i.society_id = s.society_id and i.report_year = s.report_year and i.source = 'commissioned'
       ) as has_cases
from societies s
left join annual_reports a on a.society_id = s.society_id and a.report_year = s.report_year
-- A decoupled society has no 业务主管单位 and answers to a 行业管理部门.
left join units u
  on u.unit_id = coalesce(s.supervisor_id, s.industry_admin_id) and u.report_year = s.report_year
where s.report_year = $year and s.in_scope and s.reg_status = 'registered'
order by s.society_id
"""


@dataclass(frozen=True)
class Assessment:
    """The result of a year: frames with one row a society (and indicator or dimension), sorted by society.

    `measures` holds what they rest on: contributions with lineage, signals, and the card of each unit.
    `band_probabilities`, `selection_probabilities`: what data, method and both leave of bands and selection,
    see `simulation`; `rank_sets`: see `ranking_frame`; `sensitivity`: see `sensitivity.Indices.frame`;
    `coherence` has one row a check and item, see `coherence.check`.
    """

    year: int
    seed: int
    societies: pl.DataFrame
    indicators: pl.DataFrame
    dimensions: pl.DataFrame
    composite: pl.DataFrame
    exemplars: pl.DataFrame
    decision_gates: pl.DataFrame
    decision_outlook: pl.DataFrame
    decision_flips: pl.DataFrame
    decision_lines: pl.DataFrame
    decision_onsite: pl.DataFrame
    decision_objections: pl.DataFrame
    decision_publicity: pl.DataFrame
    band_probabilities: pl.DataFrame
    selection_probabilities: pl.DataFrame
    rank_sets: pl.DataFrame
    sensitivity: pl.DataFrame
    coherence: pl.DataFrame
    measures: engine.Measures

    @property
    def is_provisional(self) -> bool:
        """Whether the run is 试评: a coherence check is breached and nobody has signed it off."""
        return not coherence.unsigned(self.coherence).is_empty()


def assess(  # noqa: PLR0913 - the last two are optional
    con: DuckDBPyConnection,
    year: int,
    methodology: Methodology,
    seed: int,
    *,
    past: pl.DataFrame | None = None,
    measures: engine.Measures | None = None,
) -> Assessment:
    """Assess every registered society in scope of `year`.

    `con` sees the 14 family tables. `past` (society_id, year) holds earlier selections, for rotation;
    `measures` the year's, if already computed. The same facts, methodology and seed give the same frames to
    the bit.

    Raises:
        FengqingError: nobody to assess in that year.
    """
    societies = population(con, year, methodology)
    if societies.is_empty():
        raise FengqingError(
            "NO_SOCIETIES",
            f"{year} 年度没有已登记且纳入范围的学会。请先将该年度学会名册放入收件箱并入库。",
            f"No registered society is in scope in {year}. Put that year's register in the inbox first.",
        )
    measures = measures or engine.compute(con, year, methodology)
    indicators = indicator_rules.evaluate(measures.measures, measures.signals, societies, methodology)
    scores = score(societies, indicators, methodology)
    nominations, objections, verifications, credit_records, register = (
        con.sql(f"select * from {family} where report_year = $year", params={"year": year}).pl()
        for family in ("practice_nominations", "objections", "verifications", "credit_records", "societies")
    )
    objected = objection_frame(objections, verifications, nominations, methodology)
    barred = standing(societies, register, credit_records, objected, methodology, year)
    is_vetoed = barred["veto_code"].is_not_null().to_numpy()
    cells = make_cells(societies, indicators, scores, is_vetoed, methodology)
    draws = draw(cells, methodology, seed)
    candidates = Candidates(
        societies=societies,
        scores=scores,
        draws=draws,
        barred=barred,
        practice_tag=practice_tags(nominations, year, societies["society_id"]),
        past=pl.DataFrame(schema=NO_YEARS) if past is None else past,
    )
    decision = decide(candidates, year, methodology)
    chain = gates(decision.facts, methodology)
    return Assessment(
        year=year,
        seed=seed,
        societies=societies.select(SOCIETY_COLUMNS),
        indicators=indicators,
        dimensions=dimension_frame(societies, scores, draws, methodology),
        composite=composite_frame(
            societies,
            indicators,
            scores,
            draws,
            joint_rank_ranges(scores.composite, draws, methodology.uncertainty.interval),
            barred,
            methodology,
        ),
        exemplars=decision.exemplars,
        decision_gates=chain,
        decision_outlook=outlook_frame(decision, chain),
        decision_flips=flip_frame(
            candidates, decision, lambda who: joint_dimensions(cells, methodology, seed, who), methodology
        ),
        decision_lines=line_frame(candidates, decision),
        decision_onsite=onsite_frame(candidates, decision, indicators, methodology, seed),
        decision_objections=objected,
        decision_publicity=publicity_frame(decision, nominations, objected, methodology),
        band_probabilities=band_frame(
            scores.society_ids, scores.is_rated, {n: d.bands for n, d in draws.layers().items()}, methodology
        ),
        selection_probabilities=selection_frame(
            scores.society_ids,
            scores.is_rated,
            {n: selection_chances(candidates, d, methodology) for n, d in draws.layers().items()},
        ),
        rank_sets=rank_set_frame(
            scores.society_ids, societies["peer_group"], scores.composite, draws.data.composite, methodology
        ),
        sensitivity=sensitivity_frame(draws.simulator, candidates, methodology, seed),
        coherence=coherence_frame(scores, methodology),
        measures=measures,
    )


def population(con: DuckDBPyConnection, year: int, methodology: Methodology) -> pl.DataFrame:
    """The registered societies in scope of `year` with size class and peer group, sorted by society_id."""
    found = con.sql(POPULATION, params={"year": year}).pl()
    received = pl.Series(_received(con, year), dtype=pl.String)
    found = found.with_columns(was_returned=~pl.col("filed") & pl.col("society_id").is_in(received.implode()))
    sized = found.with_columns(
        size_classes(pl.col("individual_members"), methodology.peer_groups).alias("size_class")
    )
    return assign_peers(sized, methodology.peer_groups)


def coherence_frame(scores: Scores, methodology: Methodology) -> pl.DataFrame:
    """The `coherence` frame over the rated societies; empty where nobody is rated."""
    if not scores.is_rated.any():
        return pl.DataFrame(schema=coherence.SCHEMA)
    return coherence.check(
        scores.indicator[scores.is_rated],
        weights_of(methodology),
        list(methodology.weights),
        [i.dimension for i in methodology.indicators],
        methodology.coherence,
    )


def _received(con: DuckDBPyConnection, year: int) -> list[str]:
    """Societies of which a file of that year was received, accepted or not; none without intake's books."""
    books = "select 1 from information_schema.tables where table_schema = 'main' and table_name = 'files'"
    if con.sql(books).fetchone() is None:
        return []
    files = "select distinct society_id from files where report_year = $year and society_id is not null"
    return [one for (one,) in con.sql(files, params={"year": year}).fetchall()]
