"""All families of one year together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.sample import authority
from models.sample.records.activities import evaluations, youth
from models.sample.records.cases import cases
from models.sample.records.documents import documents, has_norm
from models.sample.records.education import education
from models.sample.records.reports import journals, reports
from models.sample.records.supervision import issues, nominations
from models.sample.season import Bools, Season


@dataclass(frozen=True)
class YearRecords:
    """`filed`: the societies' families, with soc; `authority`: the authorities', with society_id.

    `in_sheet` marks the societies (n,) whose roster stands in the workbook instead of a check-in export.
    """

    filed: dict[str, pl.DataFrame]
    authority: dict[str, pl.DataFrame]
    in_sheet: Bools


def year_records(s: Season) -> YearRecords:
    """Everything that is filed about one year; fields as the contracts have them, enums as codes."""
    taught = education(s)
    texts = documents(s)
    own, registered = cases(s)
    judged = evaluations(s, has_norm(texts, len(s)))
    journals_n = journals(s)
    has_case = np.zeros(len(s), dtype=bool)
    has_case[own["soc"].to_numpy()] = True
    filed = {
        "annual_reports": reports(s, taught.trained, journals_n, has_case),
        "documents": texts,
        "education_sessions": taught.sessions,
        "education_attendance": taught.attendance,
        "investigations": own,
        "evaluation_activities": judged,
        "youth_participation": youth(s, judged, journals_n),
        "supervision_issues": issues(s),
        "practice_nominations": nominations(s),
    }
    present = {family: frame["soc"].unique().to_numpy() for family, frame in filed.items()}
    return YearRecords(
        filed=filed,
        authority={
            "societies": authority.societies(s),
            "units": authority.units(s),
            "verifications": authority.verifications(s, present),
            "credit_records": authority.credit_records(s),
            "investigations": authority.identified(s, registered),
            "objections": authority.objections(s),
        },
        in_sheet=taught.in_sheet,
    )
