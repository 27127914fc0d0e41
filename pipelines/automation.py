"""When the annual run starts by itself: the one job, its yearly schedule, and the inbox sensor."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from models.assessment.methodology import load as load_methodology
from pipelines.partitions import TIMEZONE, latest_year
from pipelines.resources import Settings

annual_assessment = dg.define_asset_job(
    "annual_assessment",
    selection=dg.AssetSelection.all(),
    # A process a step made five seconds 26, and DuckDB allows one writer.
    executor_def=dg.in_process_executor,
    description="年度评估：收件、判读、度量、评估、发布。The annual assessment, inbox to exports.",
)


def yearly_cron() -> str:
    """Six in the morning of the day that the methodology in force names (`calendar.run_on`)."""
    month, day = load_methodology(latest_year()).calendar.run_on.split("-")
    return f"0 6 {int(day)} {int(month)} *"


@dg.schedule(job=annual_assessment, cron_schedule=yearly_cron(), execution_timezone=TIMEZONE)
def annual_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Once a year, after filings are due to civil affairs: the year that has ended is assessed."""
    year = context.scheduled_execution_time.year - 1
    return dg.RunRequest(run_key=f"annual-{year}", partition_key=str(year))


@dg.sensor(job=annual_assessment, minimum_interval_seconds=300)
def inbox_sensor(
    context: dg.SensorEvaluationContext, settings: Settings
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A changed inbox asks for a new run of the latest year that has ended."""
    listing = inbox_digest(settings.inbox)
    if listing is None:
        yield dg.SkipReason(f"收件箱不存在或为空 The inbox is missing or empty: {settings.inbox.name}")
    elif listing == context.cursor:
        yield dg.SkipReason("收件箱未变 The inbox is unchanged")
    else:
        context.update_cursor(listing)
        yield dg.RunRequest(run_key=f"inbox-{listing}", partition_key=str(latest_year()))


def inbox_digest(inbox: Path) -> str | None:
    """A digest of every file's name, size and change time; None when there is nothing."""
    if not inbox.is_dir():
        return None
    digest, seen = hashlib.sha256(), False
    for folder, subfolders, names in os.walk(inbox):
        subfolders.sort()
        for name in sorted(names):
            status = (Path(folder) / name).stat()
            digest.update(f"{folder}/{name}|{status.st_size}|{status.st_mtime_ns}\n".encode())
            seen = True
    return digest.hexdigest()[:32] if seen else None
