"""Sessions of education and the rosters of those who came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data_contracts.contract import load_contract
from models.sample.population import SESSIONS
from models.sample.season import Bools, Floats, Ints, Season, lists, numbered, running, some, titled
from models.sample.words import words

SHORT_STAY = 0.03  # share of online attendances too short to count
REPEATS = 0.18  # share of members who come a second time
VISITORS = 0.10  # persons who are no members, per member on the roster
MEMBER, VISITOR = "P", "N"  # first letters of fictitious member and visitor numbers
SHEET_ROWS = 110  # a roster up to this size may stand in the workbook itself


@dataclass(frozen=True)
class Education:
    """Sessions, roster rows, members trained (n,), and which societies keep the roster in a sheet (n,).

    `coverage` and `reached` (n,): the chance that a member was trained, and how many were.
    """

    sessions: pl.DataFrame
    attendance: pl.DataFrame
    trained: Ints
    in_sheet: Bools
    coverage: Floats
    reached: Ints


def education(s: Season) -> Education:
    """Everything the societies report under 任务五; frames carry soc and the contracts' fields."""
    frame = _sessions(s)
    members = s.population.members
    # Coverage falls with size, as meetings do not grow with membership.
    usual = np.where(members < 1000, 0.6, 0.4 * (np.maximum(members, 1000) / 3000) ** -0.2)
    share = np.clip(usual * s.level_of("coverage", 4, 0.72, 0.11, 0.05), 0.03, 0.97)
    met = np.bincount(frame["soc"].to_numpy(), minlength=len(s)) > 0
    reached = np.where(met, s.rng("members reached").binomial(members, share), 0)
    roster = _roster(s, frame, reached)
    frame = _counted(s, frame, roster, reached)
    on_roster = np.bincount(roster["soc"].to_numpy(), minlength=len(s))
    extra = np.floor(reached * np.clip(0.02 * np.abs(s.noise("off roster")), 0, 0.06)).astype(np.int64)
    trained = np.minimum(members, np.where(on_roster > 0, reached + extra, reached))
    in_sheet = (on_roster > 0) & (on_roster <= SHEET_ROWS) & (s.noise("roster in sheet") > 0.2)
    return Education(frame, roster, trained, in_sheet, share, reached)


def _sessions(s: Season) -> pl.DataFrame:
    rng = s.rng("sessions")
    p = s.population
    usual = SESSIONS[p.level] * np.exp(0.4 * s.d[:, 4] - 0.08)
    count = np.maximum(
        np.floor(usual * rng.uniform(0.9, 1.1, len(s)) + rng.random(len(s))).astype(np.int64),
        s.has("any session", 4, middle=0.95)[:, 0],
    )
    soc = np.repeat(np.arange(len(s)), np.where(s.filed, count, 0))
    at = running(soc) - 1
    n = len(soc)
    quarters = np.clip(np.round(s.level_of("quarters", 4, 3.3, 0.6, 0.4)), 1, 4).astype(int)
    order = np.argsort(rng.random((len(s), 4)), axis=1)
    quarter = order[soc, at % quarters[soc]]
    start = np.array([f"{s.year}-{m:02d}-01" for m in (1, 4, 7, 10)], dtype="datetime64[D]")[quarter]
    held = start + rng.integers(0, 90, n).astype("timedelta64[D]")
    by_date = np.lexsort((held, soc))
    held = held[by_date]
    mode = rng.choice(["onsite", "online", "hybrid"], n, p=[0.45, 0.2, 0.35])
    checked = s.d[soc, 4] + 1.6 + 0.6 * rng.standard_normal(n) > 0
    tool = np.where(mode == "online", "platform_log", np.where(rng.random(n) < 0.5, "sign_in", "qr_code"))
    topics = [e.code for e in load_contract("education_sessions").field("topics").enum]
    audiences = [e.code for e in load_contract("education_sessions").field("audiences").enum]
    lesson = s.has("case lesson", 4, slope=0.25)[soc, 0] & ((at == 0) | (rng.random(n) < 0.3))
    names = np.array(words()["sessions"])
    kind = rng.integers(0, len(names), n)
    return pl.DataFrame(
        {
            "soc": soc,
            "session_id": numbered("S", at + 1),
            "name": titled(words()["session_title"], year=s.year, title=names[kind], n=at + 1),
            "held_on": pl.Series(held),
            "mode": mode,
            "topics": lists(_part(rng, s.has("topics", 4, len(topics))[soc], at), topics),
            "audiences": lists(_part(rng, s.has("audiences", 4, len(audiences))[soc], at), audiences),
            "role": rng.choice(["host", "organiser", "co_organiser"], n, p=[0.8, 0.12, 0.08]),
            "verify": np.where(checked, tool, "none"),
            "has_case_lesson": lesson,
            "minutes": rng.integers(6, 19, n) * 10,
            "evidence": s.evidence("sessions", soc, 4, "3"),
        }
    )


def _part(rng: np.random.Generator, covered: Bools, at: Ints) -> Bools:
    """What one session covers of all its society covers; the first session covers everything."""
    part = covered & ((rng.random(covered.shape) < 0.5) | (at == 0)[:, None])
    empty = ~part.any(axis=1)
    part[empty, rng.integers(0, covered.shape[1], int(empty.sum())) if len(covered) else 0] = True
    return part


def _roster(s: Season, sessions: pl.DataFrame, reached: Ints) -> pl.DataFrame:
    """One row a person and session, for societies that kept a roster."""
    rng = s.rng("roster")
    soc = sessions["soc"].to_numpy()
    checked = np.flatnonzero(sessions["verify"].to_numpy() != "none")
    per = np.bincount(soc[checked], minlength=len(s))
    first = np.concatenate([[0], np.cumsum(per)[:-1]])
    keeps = s.has("keeps roster", 4, middle=0.85, slope=0.13)[:, 0] & (per > 0)
    members = np.where(keeps, reached, 0)
    visitors = np.where(keeps, np.round(reached * VISITORS), 0).astype(np.int64)
    inside, outside = np.repeat(np.arange(len(s)), members), np.repeat(np.arange(len(s)), visitors)
    who = np.concatenate([inside, outside])
    is_member = np.arange(len(who)) < len(inside)
    place = np.concatenate([running(inside), running(outside)])
    offset = rng.integers(0, s.population.members)[who]
    number = np.where(is_member, (place + offset) % s.population.members[who] + 1, place)
    choice = rng.integers(0, per[who])
    again = np.flatnonzero((rng.random(len(who)) < REPEATS) & (per[who] > 1))
    take = np.concatenate([np.arange(len(who)), again])
    choice = np.concatenate([choice, (choice[again] + 1) % per[who[again]]])
    who, is_member, number = who[take], is_member[take], number[take]
    row = checked[first[who] + choice]
    n = len(who)
    mode = sessions["mode"].to_numpy()[row]
    onsite = (mode == "onsite") | ((mode == "hybrid") & (rng.random(n) < 0.4))
    stay = np.where(~onsite & (rng.random(n) < SHORT_STAY), rng.integers(3, 19, n), rng.integers(30, 181, n))
    audience = sessions["audiences"].gather(row)
    pick = pl.Series(rng.integers(0, 1 << 30, n))
    frame = pl.DataFrame(
        {
            "soc": who,
            "row": row,
            "session_id": sessions["session_id"].gather(row),
            "person": number,
            "is_member": is_member,
            "audience": audience.list.get(pick % audience.list.len().cast(pl.Int64)),
            "minutes": stay,
            "attended": np.where(onsite, "onsite", "online"),
        }
    )
    letter = pl.when("is_member").then(pl.lit(MEMBER)).otherwise(pl.lit(VISITOR))
    key = letter + pl.col("person").cast(pl.String).str.zfill(6)
    return frame.sort("soc", "row", "is_member", "person").with_columns(person_key=key).drop("person")


def _counted(s: Season, frame: pl.DataFrame, roster: pl.DataFrame, reached: Ints) -> pl.DataFrame:
    """Sessions with the numbers of those who came: the roster's, or the society's own count."""
    rng = s.rng("counts")
    n = frame.height
    soc, mode = frame["soc"].to_numpy(), frame["mode"].to_numpy()
    row, onsite = roster["row"].to_numpy(), (roster["attended"] == "onsite").to_numpy()
    there = np.bincount(row[onsite], minlength=n)
    online = np.bincount(row[~onsite], minlength=n)
    listed = there + online > 0
    per = np.maximum(np.bincount(soc, minlength=len(s)), 1)
    usual = np.maximum(6, reached[soc] * 1.25 / per[soc] * np.exp(0.3 * rng.standard_normal(n)))
    split = np.where(mode == "onsite", 1.0, np.where(mode == "online", 0.0, 0.4))
    there = np.where(listed, there, np.round(usual * split)).astype(np.int64)
    online = np.where(listed, online, np.round(usual * (1 - split))).astype(np.int64)
    views = np.round(online * rng.uniform(2.5, 8, n)).astype(np.int64)
    tested = np.floor((there + online) * rng.uniform(0.4, 0.9, n)).astype(np.int64)
    passed = np.floor(tested * rng.uniform(0.8, 1, n)).astype(np.int64)
    has_test = rng.random(n) < 0.5
    return frame.with_columns(
        onsite_n=pl.Series(there),
        online_unique_n=pl.Series(online),
        views_n=some(views, mode != "onsite"),
        test_n=some(tested, has_test),
        pass_n=some(passed, has_test),
    )
