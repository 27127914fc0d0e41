"""The assessment of one year: population → measures → indicators → scores, ranges, bands, exemplars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.assessment import coherence
from models.assessment import indicators as indicator_rules
from models.assessment.eligibility import bars
from models.assessment.exemplars import NO_YEARS, Candidates, decide, practice_tags
from models.assessment.methodology.schema import Methodology
from models.assessment.peers import assign_peers, size_classes
from models.assessment.scoring import Scores, band_codes, score, weights_of
from models.assessment.uncertainty import Draws, draw_scores, rank_ranges
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
    `coherence` has one row a check and item, see `coherence.check`.
    """

    year: int
    seed: int
    societies: pl.DataFrame
    indicators: pl.DataFrame
    dimensions: pl.DataFrame
    composite: pl.DataFrame
    exemplars: pl.DataFrame
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
    draws = draw_scores(scores.indicator, scores.is_rated, methodology, seed)
    barred = _aligned(
        bars(con.sql("select * from credit_records where report_year = $year", params={"year": year}).pl(),
             year, methodology),
        societies,
    )  # fmt: skip
    nominations = con.sql(
        "select * from practice_nominations where report_year = $year", params={"year": year}
    ).pl()
    candidates = Candidates(
        societies=societies,
        scores=scores,
        draws=draws,
        barred=barred,
        practice_tag=practice_tags(nominations, year, societies["society_id"]),
        past=pl.DataFrame(schema=NO_YEARS) if past is None else past,
    )
    return Assessment(
        year=year,
        seed=seed,
        societies=societies.select(SOCIETY_COLUMNS),
        indicators=indicators,
        dimensions=dimension_frame(societies, scores, draws, methodology),
        composite=composite_frame(societies, indicators, scores, draws, barred, methodology),
        exemplars=decide(candidates, year, methodology),
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


def dimension_frame(
    societies: pl.DataFrame, scores: Scores, draws: Draws, methodology: Methodology
) -> pl.DataFrame:
    """The `dimensions` frame: score and interval (0–100|null), applicable weight, peers' mean and median.

    Peers are the rated societies of the group, the society itself among them.
    """
    codes = [d.code for d in methodology.dimensions]
    n, d = scores.dimension.shape
    rated_score = pl.when("is_rated").then("score")
    over = ["peer_group", "dimension"]
    return (
        pl.DataFrame(
            {
                "society_id": scores.society_ids.gather(np.repeat(np.arange(n), d)),
                "dimension": codes * n,
                "peer_group": societies["peer_group"].gather(np.repeat(np.arange(n), d)),
                "is_rated": np.repeat(scores.is_rated, d),
                "score": scores.dimension.ravel(),
                "applicable_weight": scores.dimension_weight.ravel(),
                "low": draws.dimension_low.ravel(),
                "high": draws.dimension_high.ravel(),
            }
        )
        .with_columns(pl.col(pl.Float64).fill_nan(None))
        .with_columns(
            pl.when(pl.col("peer_group").is_not_null())
            .then(rated_score.mean().over(over))
            .alias("peer_mean"),
            pl.when(pl.col("peer_group").is_not_null())
            .then(rated_score.median().over(over))
            .alias("peer_median"),
        )
        .drop("peer_group", "is_rated")
    )


def composite_frame(  # noqa: PLR0913, PLR0917
    societies: pl.DataFrame,
    indicators: pl.DataFrame,
    scores: Scores,
    draws: Draws,
    barred: pl.DataFrame,
    methodology: Methodology,
) -> pl.DataFrame:
    """The `composite` frame: score, interval, band, rank and its range in the peer group, bars.

    `peer_n` counts the rated societies of the group, those that the rank is among.
    """
    vetoed = barred["veto_code"].is_not_null().to_numpy()
    rank, rank_low, rank_high = rank_ranges(
        scores.composite, draws.composite, societies["peer_group"], methodology.uncertainty.interval
    )
    frame = pl.DataFrame(
        {
            "society_id": scores.society_ids,
            "score": scores.composite,
            "low": draws.low,
            "high": draws.high,
            "band": band_codes(scores, vetoed, methodology),
            "applicable_weight": scores.weight,
            "verified_share": scores.verified_share,
            "peer_group": societies["peer_group"],
            "is_rated": scores.is_rated,
            "filed": societies["filed"],
            "was_returned": societies["was_returned"],
            "rank": rank,
            "rank_low": rank_low,
            "rank_high": rank_high,
            "veto_code": barred["veto_code"],
            "hold_code": barred["hold_code"],
        }
    )
    counts = indicators.group_by("society_id").agg(
        (pl.col("state") == "not_reported").sum().cast(pl.Int64).alias("not_reported_n"),
        (pl.col("state") == "under_verification").sum().cast(pl.Int64).alias("pending_n"),
    )
    return (
        frame.with_columns(pl.col(pl.Float64).fill_nan(None))
        .join(counts, on="society_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("rank", "rank_low", "rank_high").cast(pl.Int64),
            pl.when(pl.col("peer_group").is_not_null())
            .then(pl.col("is_rated").sum().over("peer_group"))
            .otherwise(0)
            .cast(pl.Int64)
            .alias("peer_n"),
            pl.when(pl.col("was_returned"))
            .then(pl.lit("RETURNED"))
            .when(~pl.col("filed"))
            .then(pl.lit("NOT_FILED"))
            .when(~pl.col("is_rated"))
            .then(pl.lit("APPLICABLE_WEIGHT"))
            .alias("unrated_reason"),
        )
        .select(
            "society_id",
            "score",
            "low",
            "high",
            "band",
            "applicable_weight",
            "not_reported_n",
            "pending_n",
            "verified_share",
            "peer_group",
            "peer_n",
            "rank",
            "rank_low",
            "rank_high",
            "veto_code",
            "hold_code",
            "unrated_reason",
        )
    )


def _aligned(barred: pl.DataFrame, societies: pl.DataFrame) -> pl.DataFrame:
    return societies.select("society_id").join(barred, on="society_id", how="left", maintain_order="left")
