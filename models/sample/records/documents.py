"""Charters, conventions, codes, norms, procedures and standards of every society that files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.sample.season import Bools, Dates, Ints, Season, dates, lists, numbered, titled, unless
from models.sample.words import words

# Order in which a text advances. A charter ends approved; other texts end in force.
CHARTER_PATH = ("drafted", "congress_passed", "supervisor_agreed", "filed", "approved")
TEXT_PATH = ("drafted", "pre_reviewed", "congress_passed", "published", "effective")


@dataclass(frozen=True)
class Kind:
    """One type of document: which dimension drives it and what may stand in it."""

    code: str
    dimension: int
    elements: tuple[str, ...]
    channels: bool = False
    advance: float = 2.95  # step of its path that a middling society has reached
    age: int = 2  # years before the first report year when drafting began


CHANNELS = ["website", "council", "conference", "journal"]
STEPS = ("case_filing", "defence", "decision", "review")
KINDS = (
    Kind("charter", 0, ("duty", "body", "member_obligation", "sanction", "supervision")),
    # Old enough to be due for review, so that reviewing tells the societies apart.
    Kind("convention", 1, ("professional_norms", "self_discipline", "sanction", *STEPS), False, 3.7, 6),
    Kind("ethics_code", 1, ("professional_norms", "self_discipline", "sanction")),
    Kind("evaluation_norm", 3, ("classified_evaluation", "peer_review", "representative_works"), True),
    Kind(
        "investigation_procedure",
        2,
        ("expert_pool", "recusal", "confidentiality", "conflict_of_interest", "archive"),
    ),
)  # fmt: skip
NORM_ID = "D04"  # the evaluation norm is the fourth of the kinds


def documents(s: Season) -> pl.DataFrame:
    """A row a document version: soc and the fields of the contract `documents`."""
    rows = [_of_kind(s, kind, number) for number, kind in enumerate(KINDS, start=1)]
    frame = pl.concat([*rows, _standards(s), _repealed(s)]).sort("soc", "doc_id")
    soc = frame["soc"].to_numpy()
    order = {kind.code: kind.dimension for kind in KINDS}
    k = frame["doc_type"].replace_strict(order, default=2, return_dtype=pl.Int64).to_numpy()
    evidence = pl.Series("evidence", [None] * frame.height, dtype=pl.String)
    for dimension in sorted(set(order.values())):
        named = s.evidence(f"documents {dimension}", soc, dimension, "2")
        evidence = evidence.zip_with(pl.Series(k != dimension), named)
    return frame.with_columns(evidence=evidence)


def has_norm(frame: pl.DataFrame, n: int) -> Bools:
    """Which of n societies filed an evaluation norm that is not repealed."""
    live = frame.filter((pl.col("doc_type") == "evaluation_norm") & (pl.col("stage") != "repealed"))
    found = np.zeros(n, dtype=bool)
    found[live["soc"].to_numpy()] = True
    return found


def _of_kind(s: Season, kind: Kind, number: int) -> pl.DataFrame:
    k, tag = kind.dimension, kind.code
    advance = s.level_of(f"{tag} stage", k, kind.advance, 0.6, 0.28)
    step = np.clip(np.round(advance), -1, 4).astype(int)  # below 0: there is no such text
    keep = s.filed & (step >= 0)
    drafted = _drafted(s, tag, kind.age)
    spans = np.stack([s.noise(f"{tag} span {i}") for i in range(4)], axis=1)
    is_charter = kind.code == "charter"
    path = np.array(CHARTER_PATH if is_charter else TEXT_PATH)
    congress = dates(drafted, np.clip(70 + 20 * spans[:, 0], 20, 120).round())
    none = np.full(len(s), np.datetime64("NaT", "D"))
    columns = {"drafted_on": drafted, "congress_on": unless(congress, step < (1 if is_charter else 2))}
    reviewed: Dates = none
    if is_charter:
        consent = dates(congress, np.clip(14 + 6 * spans[:, 1], 3, 40).round())
        late = s.level_of("charter filing", k, 24, -7, 4)
        filed = dates(consent, np.clip(late, 3, 95).round())
        approved = dates(filed, np.clip(40 + 12 * spans[:, 3], 15, 80).round())
        is_direct = s.population.mode == "direct"
        step = np.where(is_direct & (step == 2), 1, step)  # without a supervisor nobody consents
        columns |= {
            "supervisor_agreed_on": unless(consent, (step < 2) | is_direct),
            "filed_on": unless(filed, step < 3), "approved_on": unless(approved, step < 4),
            "published_on": none, "effective_on": none,
        }  # fmt: skip
    else:
        published = dates(congress, np.clip(30 + 10 * spans[:, 1], 8, 60).round())
        effective = dates(published, np.clip(15 + 5 * spans[:, 2], 1, 40).round())
        columns |= {
            "supervisor_agreed_on": none, "filed_on": none, "approved_on": none,
            "published_on": unless(published, step < 3), "effective_on": unless(effective, step < 4),
        }  # fmt: skip
        recent = s.has(f"{tag} reviewed", k, middle=0.55, slope=0.3)[:, 0] & (step >= 3)
        last = dates(np.datetime64(f"{s.year}-03-01"), -np.abs(spans[:, 3] * 200).clip(0, 500))
        reviewed = unless(last, ~recent | (last < effective))
    elements = s.has(f"{tag} elements", k, len(kind.elements))
    channels = s.has(f"{tag} channels", k, 4) if kind.channels else np.zeros((len(s), 4), dtype=bool)
    serial = np.arange(len(s)) % 90 + 1
    approval = titled(words()["numbers"]["approval"], year=approved_year(columns["approved_on"]), n=serial)
    frame = pl.DataFrame(
        {
            "soc": np.arange(len(s)),
            "doc_id": pl.repeat(f"D{number:02d}", len(s), eager=True),
            "doc_type": pl.repeat(kind.code, len(s), eager=True),
            "title": _title(words()["documents"][kind.code], drafted),
            "version": numbered("v", np.clip(np.round(2 + spans[:, 0]), 1, 5).astype(np.int64), 1),
            "stage": path[np.maximum(step, 0)],
            **{name: pl.Series(values) for name, values in columns.items()},
            "reviewed_on": pl.Series(reviewed),
            "approval_no": approval,
            "elements": lists(elements, list(kind.elements)),
            "channels": lists(channels, CHANNELS),
        }
    )
    return _finished(frame.filter(pl.Series(keep)))


def approved_year(approved: Dates) -> Ints:
    """Calendar year of each date; 0 where it is missing."""
    years = approved.astype("datetime64[Y]").astype(np.int64) + 1970
    return np.where(np.isnat(approved), 0, years)


def _drafted(s: Season, tag: str, age: int = 2) -> Dates:
    """Begun `age` years before the first report year, so that the whole path ends before that year does."""
    days = np.clip(np.round(330 + 160 * s.noise(f"{tag} age")), 0, 640)
    return dates(np.datetime64(f"{s.first_year - age}-01-10"), days)


def _title(title: str, drafted: Dates) -> pl.Series:
    return titled(words()["document_title"].replace("{title}", title), year=approved_year(drafted))


def _standards(s: Season) -> pl.DataFrame:
    """Standards the society led, drafted or watched, none to two."""
    n = len(s)
    parts = []
    for number in (1, 2):
        has = s.has(f"standard {number}", 2, middle=(0.8, 0.2)[number - 1])[:, 0] & s.filed
        active = s.has(f"standard role {number}", 2, middle=0.85)[:, 0]
        lead = s.noise(f"standard lead {number}") > 1
        issued = _drafted(s, f"standard {number}")
        frame = pl.DataFrame(
            {
                "soc": np.arange(n),
                "doc_id": pl.repeat(f"D{len(KINDS) + number:02d}", n, eager=True),
                "doc_type": pl.repeat("standard", n, eager=True),
                "title": _title(words()["documents"]["standard"].replace("{n}", str(number)), issued),
                "version": pl.repeat("v1", n, eager=True),
                "stage": pl.repeat("published", n, eager=True),
                "drafted_on": pl.Series(issued),
                "published_on": pl.Series(dates(issued, np.full(n, 60))),
                "role": np.where(active, np.where(lead, "lead", "drafter"), "observer"),
            }
        )
        parts.append(_finished(frame.filter(pl.Series(has))))
    return pl.concat(parts)


def _repealed(s: Season) -> pl.DataFrame:
    """Old conventions, still listed by some, which count for nothing."""
    n = len(s)
    age = np.clip(400 + 200 * s.noise("old text"), 0, 900).round()
    issued = dates(np.datetime64(f"{s.first_year - 9}-05-01"), age)
    frame = pl.DataFrame(
        {
            "soc": np.arange(n),
            "doc_id": pl.repeat(f"D{len(KINDS) + 3:02d}", n, eager=True),
            "doc_type": pl.repeat("convention", n, eager=True),
            "title": _title(words()["documents"]["convention"], issued),
            "version": pl.repeat("v0", n, eager=True),
            "stage": pl.repeat("repealed", n, eager=True),
            "drafted_on": pl.Series(issued),
            "published_on": pl.Series(dates(issued, np.full(n, 45))),
        }
    )
    return _finished(frame.filter(pl.Series(s.filed & (s.noise("keeps old text") > 0.5))))


def _finished(frame: pl.DataFrame) -> pl.DataFrame:
    """All columns in one order; what a kind of document does not have is null."""
    frame = frame.with_columns(url=titled(words()["website"], n=frame["doc_id"].str.slice(1)))
    types: dict[str, type[pl.DataType] | pl.DataType] = {
        "soc": pl.Int64, "doc_id": pl.String, "doc_type": pl.String, "title": pl.String, "version": pl.String,
        "stage": pl.String, "drafted_on": pl.Date, "congress_on": pl.Date, "supervisor_agreed_on": pl.Date,
        "filed_on": pl.Date, "approved_on": pl.Date, "published_on": pl.Date, "effective_on": pl.Date,
        "reviewed_on": pl.Date, "approval_no": pl.String, "elements": pl.List(pl.String),
        "channels": pl.List(pl.String), "role": pl.String, "url": pl.String, "doc_sha256": pl.String,
    }  # fmt: skip
    missing = [pl.lit(None, kind).alias(name) for name, kind in types.items() if name not in frame.columns]
    frame = frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in types.items())
    is_approved = (pl.col("doc_type") == "charter") & pl.col("approved_on").is_not_null()
    is_public = pl.col("published_on").is_not_null()
    listed = [pl.when(pl.col(c).list.len() > 0).then(pl.col(c)).alias(c) for c in ("elements", "channels")]
    return frame.with_columns(
        pl.when(is_approved).then("approval_no").alias("approval_no"),
        pl.when(is_public).then("url").alias("url"),
        *listed,
    )
