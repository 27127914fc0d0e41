"""Everything Dagster knows of: assets, checks, the job, its schedule and its sensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipelines import assets, automation, checks, resources


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The definitions; a test may replace any resource."""
    return dg.Definitions(
        assets=assets.ALL,
        asset_checks=checks.ALL,
        jobs=[automation.annual_assessment],
        schedules=[automation.annual_schedule],
        sensors=[automation.inbox_sensor],
        resources={"settings": resources.from_environment(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )


defs = build_defs()
