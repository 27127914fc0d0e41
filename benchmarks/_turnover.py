"""A society cloned or dropped: whose decision changes, and whether a quota is the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from data_contracts.contract import load_contracts
from models.assessment.assess import Assessment, assess
from models.assessment.methodology import Methodology
from models.sample.codes import credit_codes
from models.sample.facts import Facts, connected, numbered
from models.sample.nation import Nation

# Reasons that are somebody else's place: the class, small societies, the cap, a tie, a practice's one place,
# and the draws in which places went to others.
QUOTAS = frozenset({"QUOTA_CLASS", "QUOTA_SMALL", "QUOTA_LEVEL", "TIE", "STABILITY", "PRACTICE_TAG"})
CLONE_BODY = 89_000_000  # no society of the sample has a number below 90 million


def turnover(land: Nation, before: Assessment, methodology: Methodology, chosen: int) -> list[dict[str, Any]]:
    """Clone, then drop, `chosen` societies one at a time; one row each decision of another that changed.

    The chosen are spread over the order of scores, the selected among them.
    """
    rated = before.composite.filter(pl.col("score").is_not_null()).sort("score", descending=True)
    picks = np.unique(np.linspace(0, rated.height - 1, chosen).astype(int))
    top = rated["society_id"].gather(picks).to_list()
    rows = []
    for k, society in enumerate(top):
        for what, facts in (
            ("clone", cloned(land.filed, society, k)),
            ("drop", dropped(land.filed, society)),
        ):
            with connected(facts) as con:
                after = assess(con, before.year, methodology, before.seed)
            rows += [{"what": what, **row} for row in changed(before, after)]
    return rows


def cloned(facts: Facts, society: str, number: int) -> Facts:
    """The facts with a second society that filed the same under another code."""
    other = str(credit_codes(np.array([CLONE_BODY + number]))[0])
    found = {}
    for family, contract in load_contracts().items():
        frame = facts[family]
        if "society_id" not in frame.columns:
            found[family] = frame
            continue
        twin = frame.filter(pl.col("society_id") == society).with_columns(society_id=pl.lit(other))
        # Numbers that are unique in the nation, such as a verification's, must differ too.
        own = [name for name in contract.key if name.endswith("_id") and name != "society_id"]
        if "society_id" not in contract.key:
            twin = twin.with_columns(pl.col(own) + "-2")
        found[family] = numbered(pl.concat([frame, twin]), contract)
    return found


def dropped(facts: Facts, society: str) -> Facts:
    """The facts as if the society were not there."""
    return {
        family: frame.filter(pl.col("society_id") != society) if "society_id" in frame.columns else frame
        for family, frame in facts.items()
    }


def changed(before: Assessment, after: Assessment) -> list[dict[str, Any]]:
    """Decisions of societies in both that differ: reasons before and after.

    `is_quota`: the reason of the unselected side is a place that went to another.
    """
    both = (
        before.exemplars.select("society_id", "decision", "reason_code")
        .join(
            after.exemplars.select("society_id", "decision", "reason_code"), on="society_id", suffix="_after"
        )
        .filter(pl.col("decision") != pl.col("decision_after"))
    )
    return [
        {
            "before": row["reason_code"],
            "after": row["reason_code_after"],
            "is_quota": bool({row["reason_code"], row["reason_code_after"]} & QUOTAS),
        }
        for row in both.iter_rows(named=True)
    ]
