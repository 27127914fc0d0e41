"""The methodology's numbers as small tables, so that the SQL measures hold none of their own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from models.intake.crosscheck.settings import settings
from models.working_days import working_day_numbers

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Methodology

YOUTH_BANDS = ("youth_32", "youth_35", "youth_40", "youth_45")


def parameter_tables(methodology: Methodology, year: int) -> dict[str, pl.DataFrame]:
    """The tables that every measure may join, by name.

    `parameters`: one row of numbers and dates. `indicator_rules`: indicator, constant (denominator or null),
    is_lower_better. `level_values`: indicator, level, value. `counted_items`: indicator, item.
    `in_force_stages`: stage. `grades`: grade, weight, standing (1 is the strongest). `method_grades`: method,
    grade. `double_report_roles`: role, is_host. `evidence_outcomes`: outcome, weight.
    `working_days`: day, number (running count).
    """
    import polars as pl

    evidence = methodology.evidence
    double = settings()["double_report"]
    strongest_first = list(reversed(evidence.order))
    return {
        "parameters": pl.DataFrame([_numbers(methodology, year)]),
        "indicator_rules": pl.DataFrame(
            [(i.code, i.constant_denominator, i.low_is_good) for i in methodology.indicators],
            schema={"indicator": pl.String, "constant": pl.Float64, "is_lower_better": pl.Boolean},
            orient="row",
        ),
        "level_values": pl.DataFrame(
            [(i.code, level, value) for i in methodology.indicators for level, value in i.levels.items()],
            schema={"indicator": pl.String, "level": pl.String, "value": pl.Float64},
            orient="row",
        ),
        "counted_items": pl.DataFrame(
            [(i.code, item) for i in methodology.indicators for item in i.items],
            schema={"indicator": pl.String, "item": pl.String},
            orient="row",
        ),
        # Filings of a year come in during the next one, and may be corrected into the year after.
        "working_days": working_day_numbers(date(year + 1, 1, 1), date(year + 3, 12, 31)),
        "in_force_stages": pl.DataFrame({"stage": methodology.counting.in_force_stages}),
        "grades": pl.DataFrame(
            [(grade, evidence.weights[grade], place) for place, grade in enumerate(strongest_first, start=1)],
            schema={"grade": pl.String, "weight": pl.Float64, "standing": pl.Int64},
            orient="row",
        ),
        "double_report_roles": pl.DataFrame(
            [(role, True) for role in double["host_roles"]]
            + [(role, False) for role in double["other_roles"]],
            schema={"role": pl.String, "is_host": pl.Boolean},
            orient="row",
        ),
        "method_grades": pl.DataFrame(
            list(evidence.method_grades.items()),
            schema={"method": pl.String, "grade": pl.String},
            orient="row",
        ),
        "evidence_outcomes": pl.DataFrame(
            list(evidence.outcome_weights.items()),
            schema={"outcome": pl.String, "weight": pl.Float64},
            orient="row",
        ),
    }


def _numbers(methodology: Methodology, year: int) -> dict[str, float | date]:
    counting, pack = methodology.counting, methodology.rules_for(year)
    return {
        "report_year": year,
        "starts_on": date(year, 1, 1),
        "ends_on": date(year, 12, 31),
        "reviewed_since": date(year - counting.review_years, 12, 31),
        "double_report_within": float(settings()["double_report"]["figures_within"]),
        "online_minutes": counting.online_minutes,
        "planned_minimum": counting.planned_minimum,
        "declared_above_roster": counting.declared_above_roster,
        "charter_filing_days": counting.charter_filing_days,
        "reply_days": counting.reply_days,
        "correction_working_days": methodology.calendar.correction_working_days,
        "recurrence_months": counting.recurrence_months,
        "investigation_months": pack.investigation_months,
        "extension_cap_months": pack.extension_max_months,
        "panel_minimum": pack.panel_minimum,
        "peer_minimum": pack.peer_minimum,
        **{f"counts_{band}": int(f"{band}_n" in counting.youth_bands) for band in YOUTH_BANDS},
    }
