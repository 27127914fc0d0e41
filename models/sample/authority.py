"""The authorities' own files: registers of societies and units, verifications, credit records, objections."""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts.contract import load_contract
from models.sample.population import LEVELS, Floats, Population, Texts
from models.sample.season import Ints, Season, dates, numbered, some, titled, unless
from models.sample.words import words

NATIONAL_SUPERVISORS, INDUSTRY_ADMINS = 8, 6
INDUSTRY_FROM, LOCAL_FROM = 51, 100  # first numbers of the industry's and the lines' units
LOCAL_UNITS = {
    "association": ["supervisor", "association"],
    "registrar": ["registrar"],
    "science_dept": ["science_dept"],
}
RANDOM_CHECKS = 0.10  # of the societies that file
PROMISING = 0.45  # latent quality from which the authorities check nearly everything
CONFIRMING = (
    0.9  # of the societies without rows of a family: their supervisors confirm that there was nothing
)
CHECKED = (
    "annual_reports", "documents", "education_sessions", "education_attendance",
    "investigations", "evaluation_activities", "youth_participation", "supervision_issues",
)  # fmt: skip
CHANNEL = "supervision_channel"  # what mystery visits check
# A filing stands up to a check the more easily the better the society; how often it fails altogether.
STANDS, LUCK, REFUTED = 2.6, 0.9, 0.08
MAY_BE_NONE = ("investigations", "evaluation_activities", "youth_participation", "supervision_issues")


def _lines() -> list[tuple[str, str]]:
    return [(e.code, e.zh) for e in load_contract("societies").field("reporting_line").enum]


def _line_number(codes: Texts) -> Ints:
    place = {code: k for k, (code, _) in enumerate(_lines())}
    return np.array([place[code] for code in codes], dtype=np.int64)


def supervisors(p: Population) -> Texts:
    """Number of each society's supervising unit, "" for decoupled bodies."""
    line = _line_number(p.line)
    national = np.arange(len(p)) % NATIONAL_SUPERVISORS
    number = np.where(line == 0, national + 1, LOCAL_FROM + line * len(LOCAL_UNITS))
    return np.where(p.mode == "direct", "", numbered("U", number, 3).to_numpy().astype(str))


def units(s: Season) -> pl.DataFrame:
    """The register of units: the fields of the contract `units`."""
    w = words()
    rng = s.rng("units")
    rows: list[tuple[int, str, list[str], str]] = []
    for n in range(1, NATIONAL_SUPERVISORS + 1):
        rows.append((n, w["units"]["supervisor"].format(n=n, **w), ["supervisor"], "000000"))
    for n in range(1, INDUSTRY_ADMINS + 1):
        name = w["units"]["industry_admin"].format(n=n, **w)
        rows.append((INDUSTRY_FROM + n - 1, name, ["industry_admin"], "000000"))
    for k, (code, zh) in enumerate(_lines()):
        local = {"line": zh, "fictitious": w["fictitious"]}
        for at, (kind, roles) in enumerate(LOCAL_UNITS.items()):
            rows.append(
                (LOCAL_FROM + k * len(LOCAL_UNITS) + at, w["units"][kind].format(**local), roles, code)
            )
    n = len(rows)
    acts = np.array(["supervisor" in roles or "industry_admin" in roles for _, _, roles, _ in rows])
    planned, assessed = acts & (rng.random(n) < 0.8), acts & (rng.random(n) < 0.65)
    serial = np.arange(n) + 1
    issued = dates(np.datetime64(f"{s.year}-02-01"), rng.integers(0, 90, n))
    plan = titled(w["numbers"]["plan"], year=s.year, n=serial)
    ruled = titled(w["numbers"]["assessment"], year=s.year, n=serial)
    return pl.DataFrame(
        {
            "unit_id": numbered("U", np.array([r[0] for r in rows]), 3),
            "report_year": np.full(n, s.year),
            "name": [r[1] for r in rows],
            "roles": [r[2] for r in rows],
            "reporting_line": [r[3] for r in rows],
            "plan_doc_no": some(plan, planned),
            "plan_date": pl.Series(unless(issued, ~planned)),
            "in_assessment": some(assessed, acts),
            "doc_no": some(ruled, assessed),
        }
    ).sort("unit_id")


def societies(s: Season) -> pl.DataFrame:
    """The yearly register: the fields of the contract `societies`."""
    p, rng = s.population, s.rng("register")
    n = len(p)
    gone = p.leaves < s.year
    status = np.where(p.preparing, "preparing", np.where(gone, "deregistered", "registered"))
    poor = s.quality + 0.8 * rng.standard_normal(n)
    checks = [poor < -2.6, poor < -2.2, poor < -1.5]
    check = np.select(checks, ["absent", "failed", "basically_passed"], "passed")
    flag = np.select([poor < -3.2, poor < -2.4], ["serious", "abnormal"], "none")
    action = np.select([(p.cast_code != "") & (poor < -2.4)], ["warned"], "none")
    supervisor = supervisors(p)
    frame = pl.DataFrame(
        {
            "society_id": p.ids,
            "report_year": np.full(n, s.year),
            "name": p.names,
            "former_names": some(pl.Series(p.former).reshape((n, 1)).arr.to_list(), p.former != ""),
            "level": np.array(LEVELS)[p.level],
            "reporting_line": p.line,
            "reg_status": status,
            "supervision_mode": p.mode,
            "supervisor_id": some(supervisor, supervisor != ""),
            "industry_admin_id": numbered("U", INDUSTRY_FROM + np.arange(n) % INDUSTRY_ADMINS, 3),
            "reg_authority_id": _registrar(s, np.arange(n)),
            "cast_class": p.cast_class,
            "cast_code": some(p.cast_code, p.cast_code != ""),
            "in_scope": p.in_scope,
            "annual_check": some(check, status == "registered"),
            "credit_flag": flag,
            "cast_action": action,
        }
    )
    return frame.filter(pl.Series(s.listed))


def verifications(s: Season, filed_rows: dict[str, Ints]) -> pl.DataFrame:
    """Checks of filings and mystery visits; `filed_rows`: societies with rows, by family."""
    rng = s.rng("verifications")
    n = len(s)
    promising = s.filed & (s.quality + 0.2 * rng.standard_normal(n) > PROMISING) & (rng.random(n) < 0.96)
    at_random = s.filed & (rng.random(n) < RANDOM_CHECKS)
    risky = s.filed & (s.quality < -1) & (rng.random(n) < 0.4)
    parts = []
    for order, family in enumerate(CHECKED):
        has = np.zeros(n, dtype=bool)
        has[filed_rows[family]] = True
        chosen = has & (promising | (at_random & (rng.random(n) < 0.4)) | (risky & (rng.random(n) < 0.3)))
        soc = np.flatnonzero(chosen)
        method = np.where(rng.random(len(soc)) < 0.3, "onsite", "sampled")
        outcome = check_outcome(rng, s.quality[soc])
        parts.append(_checks(soc, family, order, method, outcome))
    soc = np.flatnonzero(s.active)
    method = np.full(len(soc), "mystery_visit")
    parts.append(_checks(soc, CHANNEL, len(CHECKED), method, visit_outcome(s, soc)))
    parts += _nothing_there(s, filed_rows)
    frame = pl.concat(parts).sort("soc", "order")
    m = frame.height
    waits = rng.random(m) < 0.012
    third_party, registrar = words()["verifier"].format(**words()), _registrar(s, frame["soc"].to_numpy())
    checker = np.where(rng.random(m) < 0.5, third_party, registrar)
    on = dates(np.datetime64(f"{s.year + 1}-05-01"), rng.integers(0, 80, m))
    frame = frame.with_columns(
        verification_id=numbered("V", np.arange(m) + 1, 6),
        verified_by=pl.Series(checker),
        verified_on=pl.Series(unless(on, waits)),
        status=pl.Series(np.where(waits, "pending", "done")),
        outcome=some(frame["outcome"].to_numpy(), ~waits),
    )
    return identified(s, frame)


def _nothing_there(s: Season, filed_rows: dict[str, Ints]) -> list[pl.DataFrame]:
    """What supervisors confirm: that a society without rows of a family had nothing of the kind."""
    rng = s.rng("absences")
    parts = []
    for order, family in enumerate(MAY_BE_NONE, start=len(CHECKED) + 1):
        has = np.zeros(len(s), dtype=bool)
        has[filed_rows[family]] = True
        soc = np.flatnonzero(s.filed & ~has & (rng.random(len(s)) < CONFIRMING))
        parts.append(_checks(soc, family, order, np.full(len(soc), "document"), np.full(len(soc), "absent")))
    return parts


def credit_records(s: Season) -> pl.DataFrame:
    """Grounds for veto or hold: each kind at least once where there are societies enough."""
    rng = s.rng("credit")
    kinds = [e.code for e in load_contract("credit_records").field("record_type").enum]
    pool = np.flatnonzero(s.filed)
    weak = pool[np.argsort(s.quality[pool] + 1.2 * rng.standard_normal(len(pool)))]
    strong = weak[::-1]
    wanted = min(len(pool) // 4, max(len(kinds) + 2, round(0.012 * len(s))))
    # Some strong societies too, so that a veto is seen to bite: every third record.
    soc = np.array([strong[k // 3] if k % 3 == 1 else weak[k] for k in range(wanted)], dtype=np.int64)
    kind = np.array(kinds)[np.arange(wanted) % len(kinds)]
    last = np.arange(wanted) == wanted - 1
    before = np.arange(wanted) == wanted - 2
    number = titled(words()["numbers"]["credit"], year=s.year, n=np.arange(wanted) + 1)
    issued = dates(np.datetime64(f"{s.year}-03-01"), rng.integers(0, 270, wanted))
    frame = pl.DataFrame(
        {
            "soc": soc,
            "record_id": numbered("R", np.arange(wanted) + 1, 4),
            "record_type": kind,
            "doc_no": some(number, ~last),  # one has no number, and so must not veto
            "doc_date": pl.Series(unless(issued, last)),
            "issued_by": _registrar(s, soc),
            "status": np.where(before, "under_review", "in_force"),
        }
    )
    return identified(s, frame)


def objections(s: Season) -> pl.DataFrame:
    """A few objections to data or lists."""
    rng = s.rng("objections")
    pool = np.flatnonzero(s.filed)
    n = min(len(pool), max(2, round(0.01 * len(pool))))
    soc = np.sort(rng.choice(pool, n, replace=False))
    raised = dates(np.datetime64(f"{s.year + 1}-07-01"), rng.integers(0, 30, n))
    real = rng.random(n) < 0.8
    answered = real & (rng.random(n) < 0.7)
    subjects = np.array(words()["subjects"])
    frame = pl.DataFrame(
        {
            "soc": soc,
            "objection_id": numbered("O", np.arange(n) + 1, 4),
            "raised_on": pl.Series(raised),
            "subject": subjects[rng.integers(0, len(subjects), n)],
            "has_real_name": real,
            "evidence": s.evidence("objections", soc, None, "9"),
            "acknowledged_on": pl.Series(unless(dates(raised, rng.integers(1, 6, n)), ~real)),
            "answered_on": pl.Series(unless(dates(raised, rng.integers(8, 25, n)), ~answered)),
            "handler_recused": answered,
            "outcome": np.where(answered, rng.choice(["upheld", "adjusted"], n, p=[0.7, 0.3]), "pending"),
        }
    )
    return identified(s, frame)


def identified(s: Season, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with society_id and report_year in place of soc."""
    ids = pl.Series("society_id", s.population.ids[frame["soc"].to_numpy()])
    return frame.with_columns(ids, report_year=pl.lit(s.year, pl.Int64)).drop("soc")


def _registrar(s: Season, soc: Ints) -> Texts:
    order = list(LOCAL_UNITS).index("registrar")
    number = LOCAL_FROM + _line_number(s.population.line[soc]) * len(LOCAL_UNITS) + order
    return numbered("U", number, 3).to_numpy().astype(str)


def check_outcome(rng: np.random.Generator, quality: Floats) -> Texts:
    """What a check finds of filings of societies of that quality, (n,)."""
    ok = quality + STANDS + LUCK * rng.standard_normal(len(quality)) > 0
    return np.where(ok, "confirmed", np.where(rng.random(len(quality)) < REFUTED, "refuted", "partly"))


def visit_outcome(s: Season, soc: Ints) -> Texts:
    """What a mystery visit to each of these societies finds."""
    score = (s.d[:, 6] + 0.5 * s.noise("visit"))[soc]
    return np.select([score > -0.35, score > -1.5], ["confirmed", "partly"], "refuted")


def _checks(soc: Ints, family: str, order: int, method: Texts, outcome: Texts) -> pl.DataFrame:
    n = len(soc)
    return pl.DataFrame(
        {
            "soc": soc,
            "order": np.full(n, order),
            "family": pl.repeat(family, n, eager=True),
            "method": pl.Series(method, dtype=pl.String),
            "outcome": pl.Series(outcome, dtype=pl.String),
        }
    )
