"""All families of one year together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.sample import authority
from models.sample.records import activities, cases, reports, supervision
from models.sample.records.documents import documents, has_norm
from models.sample.records.education import Education, education
from models.sample.season import Bools, Season


@dataclass(frozen=True)
class YearRecords:
    """`filed`: the societies' families, with soc; `authority`: the authorities', with society_id.

    `in_sheet` marks the societies (n,) whose roster stands in the workbook instead of a check-in export.
    `rates`, kept from every file: the chances behind the counts, as soc, indicator, chance, and `drawn`, the
    share that came of it (null where the count filed says the same).
    """

    filed: dict[str, pl.DataFrame]
    authority: dict[str, pl.DataFrame]
    in_sheet: Bools
    rates: pl.DataFrame


def year_records(s: Season) -> YearRecords:
    """Everything that is filed about one year; fields as the contracts have them, enums as codes."""
    taught = education(s)
    texts = documents(s)
    own, registered = cases.cases(s)
    norm = has_norm(texts, len(s))
    judged = activities.evaluations(s, norm)
    journals_n = reports.journals(s)
    has_case = np.zeros(len(s), dtype=bool)
    has_case[own["soc"].to_numpy()] = True
    filed = {
        "annual_reports": reports.reports(s, taught.trained, journals_n, has_case),
        "documents": texts,
        "education_sessions": taught.sessions,
        "education_attendance": taught.attendance,
        "investigations": own,
        "evaluation_activities": judged,
        "youth_participation": activities.youth(s, judged, journals_n),
        "supervision_issues": supervision.issues(s),
        "practice_nominations": supervision.nominations(s),
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
        rates=_rates(s, taught, norm),
    )


def _rates(s: Season, taught: Education, norm: Bools) -> pl.DataFrame:
    chances = {
        **reports.rates(s),
        **cases.rates(s),
        **activities.rates(s, norm),
        **activities.young_rates(s),
        **supervision.rates(s),
    }
    soc = np.arange(len(s))
    parts = [
        pl.DataFrame({"soc": soc, "chance": chance}).with_columns(
            indicator=pl.lit(code), drawn=pl.lit(None, pl.Float64)
        )
        for code, chance in chances.items()
    ]
    # What a report declares beside the rosters is no part of those reached.
    reached = pl.DataFrame(
        {"soc": soc, "chance": taught.coverage, "drawn": taught.reached / s.population.members}
    ).with_columns(indicator=pl.lit("5.2"))
    columns = ["soc", "indicator", "chance", "drawn"]
    return pl.concat([part.select(columns) for part in (*parts, reached)])
