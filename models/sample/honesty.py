"""Which filed rows hold: what a check of every single row on the spot would find.

The sample's societies file what their records say. Whether a row is true as well is decided here, apart from
the drawing of records and before anything is assessed:

- a row with an attachment holds unless the society's whole filing of that family is bad, which happens as
  often as checks of the sample fail (`authority.check_outcome`);
- a row without one holds wholly, by half or not at all, with the society's own honesty as its mean. Honesty
  is drawn from a beta distribution, independent of quality;
- a roster holds unless the society's filing of rosters is bad. Of members declared as trained above any
  roster, the share that the society is honest for were there.

An authority that checked a family sees what its rows are worth together, in the three words it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data_contracts.contract import load_contract
from models.sample.authority import CHANNEL, CHECKED, check_outcome, visit_outcome
from models.sample.facts import Facts, numbered
from models.sample.season import Floats, Season

SUBJECTS = {
    "annual_reports": None,
    "documents": "doc_id",
    "education_sessions": "session_id",
    "education_attendance": "session_id",
    "investigations": "case_id",
    "evaluation_activities": "activity_id",
    "youth_participation": "item_id",
    "supervision_issues": "issue_id",
}
OUTCOMES = {1.0: "confirmed", 0.5: "partly", 0.0: "refuted"}


@dataclass(frozen=True)
class Honesty:
    """How far rows without evidence hold: a society's share is Beta(mean · weight, (1 - mean) · weight)."""

    mean: float = 0.5
    weight: float = 4.0

    def drawn(self, rng: np.random.Generator, n: int) -> Floats:
        """The societies' shares, (n,) in 0–1."""
        if self.mean in (0.0, 1.0):
            return np.full(n, self.mean)
        return rng.beta(self.mean * self.weight, (1 - self.mean) * self.weight, n)


def holding(season: Season, facts: Facts, honesty: Honesty) -> tuple[pl.DataFrame, Floats]:
    """Which rows hold, and how honest each society is, (n,).

    One row a filed row that evidence matters for: family, society_id, subject_id (null in annual reports),
    holds (0, 0.5 or 1). The rows of education_attendance are rosters, one a session.
    """
    own = honesty.drawn(season.rng("honesty"), len(season))
    place = {society: k for k, society in enumerate(season.population.ids)}
    parts = []
    for family in CHECKED:
        rng = season.rng("holding", family)
        rows = _subjects(facts, family)
        soc = rows["society_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
        good = check_outcome(rng, season.quality)[soc]
        attached = (good == "confirmed") | ((good == "partly") & (rng.random(len(soc)) < 0.5))
        bare = rng.binomial(2, own[soc]) / 2
        holds = np.where(rows["has_evidence"].to_numpy(), attached.astype(np.float64), bare)
        parts.append(rows.drop("has_evidence").with_columns(holds=pl.Series(holds)))
    return pl.concat(parts), own


def _subjects(facts: Facts, family: str) -> pl.DataFrame:
    frame, key = facts[family], SUBJECTS[family]
    if family == "investigations":
        frame = frame.filter(pl.col("recorded_by") == "society")
    has_evidence = pl.lit(True) if family == "education_attendance" else pl.col("evidence").is_not_null()
    subject = pl.lit(None, pl.String) if key is None else pl.col(key)
    return frame.select(
        "society_id", subject_id=subject, family=pl.lit(family), has_evidence=has_evidence
    ).unique(maintain_order=True)


def told(facts: Facts, holds: pl.DataFrame) -> Facts:
    """The facts with every finished check of a family saying what its rows are worth together."""
    worth = holds.group_by("society_id", "family").agg(pl.col("holds").mean())
    verifications = facts["verifications"].join(
        worth, on=["society_id", "family"], how="left", maintain_order="left"
    )
    nearest = ((pl.col("holds") * 2).round() / 2).replace_strict(OUTCOMES, return_dtype=pl.String)
    is_told = (pl.col("status") == "done") & pl.col("holds").is_not_null()
    found = verifications.with_columns(outcome=pl.when(is_told).then(nearest).otherwise("outcome"))
    return facts | {"verifications": found.drop("holds")}


def checked_throughout(
    season: Season, facts: Facts, holds: pl.DataFrame, honest: Floats, online_minutes: int
) -> Facts:
    """The facts as they would stand had every row been checked on the spot, and every channel visited.

    Online attendance counts from `online_minutes` on.
    """
    return facts | {
        "verifications": _every_check(season, facts, holds),
        "annual_reports": _truly_trained(season, facts, honest, online_minutes),
    }


def _every_check(season: Season, facts: Facts, holds: pl.DataFrame) -> pl.DataFrame:
    contract = load_contract("verifications")
    soc = np.flatnonzero(season.active)
    visits = pl.DataFrame(
        {
            "society_id": season.population.ids[soc],
            "subject_id": pl.Series([None] * len(soc), dtype=pl.String),
            "family": pl.repeat(CHANNEL, len(soc), eager=True),
            "method": pl.repeat("mystery_visit", len(soc), eager=True),
            "outcome": visit_outcome(season, soc),
        }
    )
    checks = holds.select(
        "society_id",
        "subject_id",
        "family",
        method=pl.lit("onsite"),
        outcome=pl.col("holds").replace_strict(OUTCOMES, return_dtype=pl.String),
    )
    # A check of a session is one of its roster too, unless a later one of the roster itself says otherwise.
    later = pl.col("family") == "education_attendance"
    day = pl.date(season.year + 1, 5, 1)
    rows = pl.concat([checks, visits]).with_columns(
        report_year=pl.lit(season.year, pl.Int64),
        verification_id=pl.lit("T") + pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7),
        verified_by=pl.lit(facts["verifications"]["verified_by"][0]),
        verified_on=pl.when(later).then(day.dt.offset_by("1d")).otherwise(day),
        status=pl.lit("done"),
    )
    schema = contract.polars_schema()
    absent = [pl.lit(None, kind).alias(n) for n, kind in schema.items() if n not in rows.columns]
    return numbered(rows.with_columns(absent), contract)


def _truly_trained(season: Season, facts: Facts, honest: Floats, online_minutes: int) -> pl.DataFrame:
    """Reports whose members trained above the rosters are those who were there.

    A report that itself has no attachment is weighed as a row already.
    """
    reports = facts["annual_reports"]
    rostered = (
        facts["education_attendance"]
        .filter("is_member", (pl.col("attended") == "onsite") | (pl.col("minutes") >= online_minutes))
        .group_by("society_id")
        .agg(pl.col("person_key").n_unique())
    )
    share = pl.DataFrame({"society_id": season.population.ids, "share": honest})
    known = reports.join(rostered, on="society_id", how="left", maintain_order="left").join(
        share, on="society_id", how="left", maintain_order="left"
    )
    listed = pl.col("person_key").fill_null(0).cast(pl.Int64)
    above = (pl.col("trained_members_n") - listed).clip(0)
    there = (listed + (above * pl.col("share")).round().cast(pl.Int64)).clip(
        None, pl.col("trained_members_n")
    )
    is_weighed = pl.col("evidence").is_null()
    return known.with_columns(
        trained_members_n=pl.when(is_weighed).then("trained_members_n").otherwise(there)
    ).select(reports.columns)
