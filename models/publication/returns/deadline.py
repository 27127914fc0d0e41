"""The day by which a returned file must be back: working days after it was returned."""

from __future__ import annotations

from datetime import date, timedelta

from models.errors import FengqingError
from models.working_days import working_day_numbers


def deadline(returned_on: date, working_days: int) -> date:
    """The last of so many working days after the day of return, which does not count itself.

    Args:
        returned_on: the day the file was given back.
        working_days: methodology.calendar.correction_working_days.
    """
    # The longest holidays last eight days and more days are worked before and after: twice and a month do.
    days = working_day_numbers(returned_on, returned_on + timedelta(days=2 * working_days + 31))
    wanted = days["number"][0] + working_days
    found: date = days.filter(days["number"] >= wanted)["day"][0]
    return found


def due_on(returned_on: date, report_year: int | None) -> date | None:
    """The deadline by the methodology of a report year; None where there is none for that year.

    Where the year could not be read it is taken for last year's report.
    """
    from models.assessment.methodology import load

    try:
        methodology = load(report_year or returned_on.year - 1)
    except FengqingError as error:
        if error.code != "METHODOLOGY_NOT_FOUND":
            raise
        return None
    return deadline(returned_on, methodology.calendar.correction_working_days)
