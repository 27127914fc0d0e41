"""The time, as the warehouse writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# China has one zone and no summer time.
BEIJING = timedelta(hours=8)


def utc_now() -> datetime:
    """The time in UTC, without a zone, as DuckDB's TIMESTAMP holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


def in_beijing(utc: datetime) -> datetime:
    """A time in UTC by the clocks of its readers."""
    return utc + BEIJING
