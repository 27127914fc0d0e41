"""The assessment year as a Dagster partition."""

from __future__ import annotations

import dagster as dg

from models.errors import FengqingError

TIMEZONE = "Asia/Shanghai"
FIRST_YEAR = 2023  # the notice is dated 29 December 2023; no filing is older

# A partition is the year reported on. It opens when that year has ended.
YEARS = dg.TimeWindowPartitionsDefinition(
    start=str(FIRST_YEAR), fmt="%Y", cron_schedule="0 0 1 1 *", timezone=TIMEZONE
)


def latest_year() -> int:
    """The last report year that has ended."""
    return int(str(YEARS.get_last_partition_key()))


def year_key(year: int) -> str:
    """The partition key of a report year; FengqingError when the year is not over or too early."""
    key = str(year)
    if key not in YEARS.get_partition_keys():
        last = latest_year()
        raise FengqingError(
            "YEAR_UNKNOWN",
            f"报告年度 {year} 不可评估：可选 {FIRST_YEAR}—{last}（须为已结束的年度）。请改用 --year {last}。",
            f"Report year {year} cannot be assessed: choose {FIRST_YEAR}–{last} (a year that has ended), "
            f"for example --year {last}.",
        )
    return key
