"""Issues raised from outside and what was done about them, and nominations of good practice."""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts.contract import load_contract
from models.sample.authority import supervisors
from models.sample.season import (
    Bools,
    Floats,
    Season,
    chances,
    dates,
    numbered,
    running,
    some,
    titled,
    unless,
)
from models.sample.words import words

CHANCE = np.array([0.55, 0.25, 0.25, 0.14, 0.1])  # of any issue in the year, by level
# How easily each thing goes well, in standard deviations of the seventh dimension; an issue's luck has NOISE.
EASE = {
    "in_time": 1.5, "answered": 2.2, "closed": 1.4, "verified_in_time": 1.6, "rectifying": 0.5, "cured": 1.2,
}  # fmt: skip
NOISE = 0.9
NOMINATES = 0.75  # latent quality from which societies begin to put themselves forward


def issues(s: Season) -> pl.DataFrame:
    """A row an issue: soc and the fields of the contract `supervision_issues`."""
    rng = s.rng("issues")
    p = s.population
    count = np.where(rng.random(len(s)) < CHANCE[p.level], 1 + rng.poisson(0.4, len(s)), 0)
    soc = np.repeat(np.arange(len(s)), np.where(s.filed, count, 0))
    n = len(soc)
    d7 = s.d[soc, 6]

    def good(what: str) -> Bools:
        return np.asarray(d7 + EASE[what] + NOISE * rng.standard_normal(n) > 0)

    received = rng.integers(5, 200, n)
    received_on = dates(np.datetime64(f"{s.year}-01-01"), received[np.lexsort((received, soc))])
    due = dates(received_on, np.full(n, 14))
    replied = dates(received_on, np.where(good("in_time"), rng.integers(2, 14, n), rng.integers(18, 60, n)))
    answered = good("answered")
    rectify = dates(received_on, np.full(n, 120))
    closed = answered & good("closed")
    on_time = closed & good("verified_in_time")
    verified = dates(received_on, np.where(on_time, rng.integers(40, 118, n), rng.integers(123, 150, n)))
    stages = [closed, answered, good("rectifying")]
    status = np.select(stages, ["closed", "awaiting_verification", "rectifying"], "open")
    checker = np.where(p.mode[soc] == "direct", words()["verifier"].format(**words()), supervisors(p)[soc])
    plans = np.array(words()["plans"])
    at = running(soc)
    back = (at > 1) & ~good("cured") & np.concatenate([[False], closed[:-1]])[:n]
    codes = [e.code for e in load_contract("supervision_issues").field("channel").enum]
    return pl.DataFrame(
        {
            "soc": soc,
            "issue_id": numbered("I", at),
            "channel": rng.choice(codes, n),
            "received_on": pl.Series(received_on),
            "due_on": pl.Series(due),
            "replied_on": pl.Series(unless(replied, ~answered)),
            "rectify_due_on": pl.Series(rectify),
            "plan": some(plans[rng.integers(0, len(plans), n)], answered),
            "verified_by": some(checker, closed),
            "verified_on": pl.Series(unless(verified, ~closed)),
            "status": status,
            "recurrence_of": some(numbered("I", at - 1), back),
            "evidence": s.evidence("issues", soc, 6, "7"),
        }
    )


def rates(s: Season) -> dict[str, Floats]:
    """What share of unlimited issues each society would settle well, (n,) by indicator.

    7.5 is not among them: so few issues come back that nobody's rate can be told from what happened.
    """

    def of(what: str) -> Floats:
        return chances((s.d[:, 6] + EASE[what]) / NOISE)

    answered = of("answered")
    return {"7.2": answered * of("in_time"), "7.3": answered * of("closed") * of("verified_in_time")}


def nominations(s: Season) -> pl.DataFrame:
    """A row a practice put forward: soc and the fields of the contract `practice_nominations`."""
    rng = s.rng("nominations")
    soc = np.flatnonzero(s.filed & (s.quality + 0.4 * s.noise("nominates") > NOMINATES))
    n = len(soc)
    tags = [e.code for e in load_contract("practice_nominations").field("practice_tag").enum]
    best = (s.d[soc] + 0.3 * rng.standard_normal((n, len(tags)))).argmax(axis=1)
    tag = np.array(tags)[best]
    practice = np.array([words()["practices"][code] for code in tags])[best]
    opinions = np.array(words()["opinions"])
    start = np.datetime64(f"{s.year + 1}-02-01") + rng.integers(0, 20, n).astype("timedelta64[D]")
    shown = rng.random(n) < 0.7
    return pl.DataFrame(
        {
            "soc": soc,
            "nomination_id": numbered("N", np.ones(n, dtype=np.int64)),
            "practice_tag": tag,
            "title": practice,
            "summary": titled(words()["summary"], practice=practice),
            "unit_opinion": some(opinions[rng.integers(0, len(opinions), n)], rng.random(n) < 0.85),
            "publicity_from": pl.Series(unless(start, ~shown)),
            "publicity_to": pl.Series(unless(dates(start, np.full(n, 9)), ~shown)),
            "decision": pl.repeat("pending", n, eager=True),
            "evidence": s.evidence("nominations", soc, None, "8"),
        }
    )
