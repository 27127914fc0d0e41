"""Cases of alleged misconduct, as the societies file them and as the commissioners registered them."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.sample.season import Floats, Season, chances, dates, numbered, running, some, titled, unless
from models.sample.words import words

CHANCE = np.array([0.4, 0.15, 0.15, 0.08, 0.07])  # of a case in the year, by level
UNREPORTED = 0.015  # societies that were commissioned and do not say so
SOURCES = ["commissioned", "member_tip", "journal", "transferred"]
# How easily each thing goes well, in standard deviations of the third dimension; a case's luck has NOISE.
EASE = {"in_time": 1.4, "panel": 1.6, "recusal": 1.7, "conflicts": 1.7, "concluded": 1.4, "passed_on": 0.8}
NOISE = 1.0
TIP_PANEL = 0.4  # share of the cases nobody commissioned that get a panel


def cases(s: Season) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The societies' rows and the commissioners' rows; soc and the fields of `investigations`."""
    rng = s.rng("cases")
    count = np.where(rng.random(len(s)) < CHANCE[s.population.level], 1 + rng.poisson(0.6, len(s)), 0)
    soc = np.repeat(np.arange(len(s)), np.where(s.filed, count, 0))
    n = len(soc)
    d3 = s.d[soc, 2]

    def good(what: str) -> np.ndarray:
        return d3 + EASE[what] + NOISE * rng.standard_normal(n) > 0

    source = rng.choice(SOURCES, n, p=[0.7, 0.18, 0.06, 0.06])
    commissioned = source == "commissioned"
    received = np.datetime64(f"{s.year}-01-08") + rng.integers(0, 130, n).astype("timedelta64[D]")
    accepted = dates(received, rng.integers(2, 18, n))
    formed = dates(accepted, rng.integers(4, 20, n))
    in_time = good("in_time")
    opinion = dates(formed, np.where(in_time, rng.integers(40, 110, n), rng.integers(170, 200, n)))
    closed = dates(opinion, rng.integers(3, 25, n))
    has_panel = commissioned | (rng.random(n) < TIP_PANEL)
    concluded = has_panel & (commissioned | good("concluded"))
    passed_on = ~concluded & good("passed_on")
    panel = np.where(good("panel"), rng.integers(5, 10, n), rng.integers(2, 5, n))
    verdict = rng.choice(["constitutes", "not_constitutes", "undetermined"], n, p=[0.45, 0.45, 0.1])
    found = concluded & (verdict == "constitutes")
    number = titled(words()["numbers"]["commission"], year=s.year, n=np.arange(n) + 1)
    sanction = np.array(words()["sanctions"])[rng.integers(0, len(words()["sanctions"]), n)]
    own = pl.DataFrame(
        {
            "soc": soc,
            "recorded_by": pl.repeat("society", n, eager=True),
            "case_id": numbered("C", running(soc)),
            "source": source,
            "commission_no": some(number, commissioned),
            "received_on": pl.Series(received),
            "accepted_on": pl.Series(accepted),
            "panel_formed_on": pl.Series(unless(formed, ~has_panel)),
            "opinion_on": pl.Series(unless(opinion, ~concluded)),
            "closed_on": pl.Series(unless(closed, ~concluded)),
            "transferred_on": pl.Series(unless(dates(accepted, np.full(n, 20)), ~passed_on)),
            "panel_n": some(panel, has_panel),
            "peer_n": some(np.maximum(1, panel - rng.integers(1, 3, n)), has_panel),
            "recusal_declared": some(good("recusal"), has_panel),
            "coi_checked": some(good("conflicts"), has_panel),
            "opinion": some(verdict, concluded),
            "adopted": some(rng.random(n) < 0.85, found),
            "conduct_type": rng.integers(1, 9, n).astype(str),
            "severity": some(rng.choice(["minor", "major", "serious"], n, p=[0.6, 0.32, 0.08]), found),
            "handling_org": some(np.full(n, words()["commissioner"].format(**words())), found),
            "sanctions": some(sanction, found),
            "db_recorded": some(rng.random(n) < 0.1, found),
            "extension_months": np.zeros(n, dtype=np.int64),
            "appeal": some(rng.choice(["none", "under_review", "upheld"], n, p=[0.9, 0.04, 0.06]), found),
            "evidence": s.evidence("cases", soc, 2, "4"),
        }
    )
    return own, _register(s, own)


def rates(s: Season) -> dict[str, Floats]:
    """What share of unlimited cases each society would handle well, (n,) by indicator."""

    def of(what: str) -> Floats:
        return chances((s.d[:, 2] + EASE[what]) / NOISE)

    return {
        "3.2": of("in_time"),
        "3.3": of("panel"),
        "3.4": of("recusal") * of("conflicts"),
        "3.5": 1 - (1 - TIP_PANEL * of("concluded")) * (1 - of("passed_on")),
    }


def _register(s: Season, own: pl.DataFrame) -> pl.DataFrame:
    """The commissioners' register: every commission filed, and a few the societies kept quiet about."""
    rng = s.rng("commissions")
    commissioned = own.filter(pl.col("source") == "commissioned")
    shared = commissioned.select("soc", "commission_no", "received_on", "conduct_type")
    busy = np.zeros(len(s), dtype=bool)
    busy[own["soc"].to_numpy()] = True
    quiet = np.flatnonzero(s.filed & ~busy)
    weight = np.exp(-0.8 * s.d[quiet, 2])
    n = min(len(quiet), max(1, round(UNREPORTED * len(s))))
    soc = np.sort(rng.choice(quiet, n, replace=False, p=weight / weight.sum()))
    numbers = titled(words()["numbers"]["commission"], year=s.year, n=own.height + 1 + np.arange(n))
    hidden = pl.DataFrame(
        {
            "soc": soc,
            "commission_no": numbers,
            "received_on": pl.Series(dates(np.datetime64(f"{s.year}-02-01"), rng.integers(0, 200, n))),
            "conduct_type": rng.integers(1, 9, n).astype(str),
        }
    )
    both = pl.concat([shared, hidden]).sort("soc", maintain_order=True)
    return both.with_columns(
        recorded_by=pl.lit("commissioner"),
        case_id=numbered("W", running(both["soc"].to_numpy())),
        source=pl.lit("commissioned"),
    )
