"""China's working days: the State Council's holidays and the weekends worked in exchange (调休)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def working_day_numbers(first: date, last: date) -> pl.DataFrame:
    """Every day from `first` to `last` with `number`, the working days passed up to and including it.

    A period in working days is the difference of two numbers. Columns: day (Date), number (Int64). Years
    whose holidays the State Council has not announced yet have the statutory days only.
    """
    import holidays
    import polars as pl

    calendar = holidays.country_holidays("CN", years=range(first.year, last.year + 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    works = [calendar.is_working_day(day) for day in days]
    return pl.DataFrame({"day": days, "number": pl.Series(works).cast(pl.Int64).cum_sum()})
