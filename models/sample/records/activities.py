"""Evaluations in the five settings, and what was done for young researchers."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.sample.records.documents import NORM_ID
from models.sample.season import Bools, Floats, Ints, Season, chances, lists, numbered, running, some, titled
from models.sample.words import words

# Chance that a society of middling level runs each setting, and how many more it may run.
SETTINGS = {
    "awards": 0.62,
    "talent": 0.5,
    "academician": 0.12,
    "commissioned_evaluation": 0.3,
    "young_talent": 0.35,
}
BUSIER = np.array([1.5, 1.2, 1.1, 1.0, 0.85])  # by level
# Ease, habit and luck of what an evaluation does well, in standard deviations of the fourth dimension.
DOES = {"uses norm": (1.0, 0.4, 1.1), "limits works": (1.1, 0.4, 1.0), "jif": (1.5, 0.4, 1.0)}
MENTORING = ["mechanism", "records", "follow_up"]
# What a middling society reaches: young speakers, editors, winners, as shares; and a middling total.
YOUNG = {"meeting": (0.27, 60), "journal": (0.18, 36), "award": (0.225, 26)}


def evaluations(s: Season, has_norm: Bools) -> pl.DataFrame:
    """A row an activity: soc and the fields of the contract `evaluation_activities`."""
    rng = s.rng("evaluations")
    level = s.population.level
    parts = []
    for order, (setting, usual) in enumerate(SETTINGS.items()):
        allowed = (level < 2) if setting == "academician" else np.ones(len(s), dtype=bool)
        runs = (rng.random(len(s)) < np.minimum(0.97, usual * BUSIER[level])) & s.filed & allowed
        more = np.where(setting == "academician", 0, rng.poisson(0.35 * BUSIER[level]))
        soc = np.repeat(np.arange(len(s)), np.where(runs, 1 + more, 0))
        parts.append(np.stack([soc, np.full(len(soc), order)], axis=1))
    both = np.concatenate(parts)
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    soc, kind = both[:, 0], both[:, 1]
    n = len(soc)
    at = running(soc)
    setting = np.array(list(SETTINGS))[kind]

    def good(what: str) -> Bools:
        # The habit is the society's; single activities depart from it a little.
        return np.asarray(_habit(s, what)[soc] + DOES[what][2] * rng.standard_normal(n) > 0)

    uses = has_norm[soc] & good("uses norm")
    limits, jif = good("limits works"), ~good("jif")
    experts = rng.integers(7, 24, n)
    recused = np.minimum(experts, rng.poisson(1.2, n))
    tries = (s.has("member units try", 3, middle=0.5)[soc, 0]) & (at == 1)
    title = np.array([words()["evaluations"][code] for code in SETTINGS])[kind]
    frame = pl.DataFrame(
        {
            "soc": soc,
            "activity_id": numbered("E", at),
            "setting": setting,
            "name": titled(words()["evaluation_title"], year=s.year, title=title),
            "held_on": pl.Series(
                np.datetime64(f"{s.year}-03-01") + rng.integers(0, 290, n).astype("timedelta64[D]")
            ),
            "norm_doc_id": some(np.full(n, NORM_ID), uses),
            "rep_limit": some(rng.integers(1, 9, n), limits),
            "jif_threshold": jif,
            "recusal_n": recused,
            "experts_n": experts,
            "candidates_n": rng.integers(8, 90, n),
            "publicity_days": rng.choice([5, 7, 10, 15], n, p=[0.3, 0.5, 0.1, 0.1]),
            "fee_charged": np.zeros(n),
            "member_units_n": some(rng.integers(1, 12, n), tries),
            "evidence": s.evidence("evaluations", soc, 3, "5"),
        }
    )
    # Letters of recommendation weigh no papers: for a few of them the threshold does not apply.
    apart = pl.Series((setting == "talent") & (rng.random(n) < 0.04))
    state = pl.when(apart).then(pl.lit("not_applicable"))
    return frame.with_columns(
        pl.when(apart).then(None).otherwise("jif_threshold").alias("jif_threshold"),
        state.alias("jif_threshold__state"),
    )


def _habit(s: Season, what: str) -> Floats:
    ease, habit, _ = DOES[what]
    return s.d[:, 3] + ease + habit * s.noise(what)


def rates(s: Season, has_norm: Bools) -> dict[str, Floats]:
    """What share of unlimited evaluations each society would hold well, (n,) by indicator."""
    uses, limits, jif = (chances(_habit(s, what) / DOES[what][2]) for what in DOES)
    return {"4.4": has_norm * uses, "4.5": limits * jif}


def _young(s: Season, kind: str, usual: float) -> Floats:
    """The chance that one of those counted is young, (n,)."""
    tilt = np.clip(0.74 + 0.12 * s.d[:, 5] + 0.05 * s.noise(f"young {kind}"), 0.05, 1.7)
    return np.minimum(0.85, usual * tilt)


def young_rates(s: Season) -> dict[str, Floats]:
    """The chances behind the counts of young speakers, editors and winners, (n,) by indicator."""
    of = {"6.1": "meeting", "6.2": "journal", "6.3": "award"}
    return {code: _young(s, kind, YOUNG[kind][0]) for code, kind in of.items()}


def youth(s: Season, evaluated: pl.DataFrame, journals: Ints) -> pl.DataFrame:
    """A row an item: soc and the fields of the contract `youth_participation`."""
    gives = np.zeros(len(s), dtype=bool)
    gives[evaluated.filter(pl.col("setting") == "awards")["soc"].to_numpy()] = True
    mentoring = s.has("mentoring", 5, 3)
    here = {
        "meeting": s.noise("holds meeting") > -1.5,
        "journal": journals > 0,
        "award": gives,
        "exchange": mentoring.any(axis=1),
        "funding": s.has("funding", 5, middle=0.18, slope=0.06)[:, 0],
    }
    parts = [_items(s, kind, s.filed & has, mentoring) for kind, has in here.items()]
    frame = pl.concat(parts, how="diagonal").sort("soc", maintain_order=True)
    soc = frame["soc"].to_numpy()
    frame = frame.with_columns(item_id=numbered("Y", running(soc)), evidence=s.evidence("youth", soc, 5, "6"))
    # Some societies do not know the oldest band; they may say so.
    unknown = pl.Series(s.rng("youth unknown").random(len(soc)) < 0.03)
    return frame.with_columns(
        pl.when(unknown).then(None).otherwise("youth_45_n").alias("youth_45_n"),
        pl.when(unknown).then(pl.lit("not_counted")).alias("youth_45_n__state"),
    )


def _items(s: Season, kind: str, here: Bools, mentoring: Bools) -> pl.DataFrame:
    rng = s.rng("youth", kind)
    soc = np.flatnonzero(here)
    n = len(soc)
    usual, total = YOUNG.get(kind, (0.5, 20))
    size = total * (s.population.members[soc] / 800) ** 0.25 * np.exp(0.25 * rng.standard_normal(n))
    total_n = np.maximum(6, np.round(size)).astype(np.int64)
    young = rng.binomial(total_n, _young(s, kind, usual)[soc])
    first = np.floor(young * rng.uniform(0.25, 0.45, n)).astype(np.int64)
    second = np.floor((young - first) * rng.uniform(0.35, 0.65, n)).astype(np.int64)
    older = np.floor((total_n - young) * rng.uniform(0.1, 0.3, n)).astype(np.int64)
    is_exchange, is_funding = np.full(n, kind == "exchange"), np.full(n, kind == "funding")
    marks = lists(mentoring[soc], MENTORING)
    return pl.DataFrame(
        {
            "soc": soc,
            "youth_type": pl.repeat(kind, n, eager=True),
            "name": pl.repeat(words()["youth"][kind], n, eager=True),
            "n_total": total_n,
            "youth_32_n": first,
            "youth_35_n": second,
            "youth_40_n": young - first - second,
            "youth_45_n": older,
            "pairing_n": some(np.minimum(young, total_n // 2), is_exchange),
            "mentoring": some(marks, is_exchange),
            "amount_yuan": some(rng.integers(1, 11, n) * 10_000.0, is_funding),
        }
    )
