"""The annual report: cover and table 1 of every society that files."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.sample.population import UNIT_MEMBERS
from models.sample.season import Bools, Floats, Ints, Season, dates, lists, some
from models.sample.words import layout

DISCLOSED = ["annual_report", "norms", "notices"]


def journals(s: Season) -> Ints:
    """Journals each society runs, (n,); the same from year to year."""
    level = s.population.level
    draw = np.abs(s.noise("journals"))
    has = s.noise("has journal") < np.array([1.04, -0.25, -0.52, -1.04, -1.55])[level]
    return np.where(has, 1 + np.floor(draw * np.where(level == 0, 1.5, 0.4)), 0).astype(np.int64)


def rates(s: Season) -> dict[str, Floats]:
    """The chances behind the report's counts, (n,) by indicator."""
    return {
        "1.4": np.clip(s.level_of("done", 0, 0.68, 0.11, 0.05), 0, 1),
        "2.4": np.clip(s.level_of("pledged", 1, 0.54, 0.09, 0.04), 0, 1),
        "6.5": np.clip(s.level_of("council 45", 5, 0.137, 0.023, 0.009), 0, 0.6),
    }


def reports(s: Season, trained: Ints, journals_n: Ints, has_case: Bools) -> pl.DataFrame:
    """A row a society: soc and the fields of the contract `annual_reports`."""
    p = s.population
    n = len(s)
    members = p.members
    planned = np.clip(np.round(5 + 1.2 * s.noise("planned")), 3, 9).astype(np.int64)
    chance, rng = rates(s), s.rng("report counts")
    done, pledged = rng.binomial(planned, chance["1.4"]), rng.binomial(members, chance["2.4"])
    council = np.clip(np.round(14 + 2.6 * members**0.33 + 3 * s.noise("council")), 11, 160).astype(np.int64)
    young = rng.binomial(council, chance["6.5"])
    units = np.round(UNIT_MEMBERS[p.level] * np.exp(0.5 * s.noise("units")) - 3).clip(0).astype(np.int64)
    filled = dates(np.datetime64(f"{s.year + 1}-01-15"), s.rng("filled").integers(0, 72, n))
    none = units == 0
    frame = pl.DataFrame(
        {
            "soc": np.arange(n),
            "society_id": p.ids,
            "report_year": np.full(n, s.year),
            "name": p.names,
            "template_version": pl.repeat(layout()["template_version"], n, eager=True),
            "revision": np.ones(n, dtype=np.int64),
            "filled_on": pl.Series(filled),
            "signed": s.noise("signed") > -2.2,
            "sealed": s.noise("sealed") > -2.2,
            "zero_case_declared": ~has_case,
            "individual_members": members,
            "unit_members": some(units, ~none),
            "branches": np.round(units * 0.1).astype(np.int64),
            "journals_n": journals_n,
            "members_due": members,
            "pledged_n": pledged,
            "integrity_planned_n": planned,
            "integrity_done_n": done,
            "trained_members_n": trained,
            "council_n": council,
            "council_45_n": young,
            "disclosed": lists(s.has("disclosed", 6, 3), DISCLOSED),
            "evidence": s.evidence("reports", np.arange(n), None, "1"),
        }
    )
    # A society that takes no unit members says that the question does not apply.
    frame = frame.with_columns(
        pl.when(pl.Series(none)).then(pl.lit("not_applicable")).alias("unit_members__state"),
        pl.when(pl.col("disclosed").list.len() > 0).then("disclosed").alias("disclosed"),
    )
    return frame.filter(pl.Series(s.filed))
