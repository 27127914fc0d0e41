"""The Dagster definitions load, hang together, and start by themselves when they should."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from data_contracts.contract import load_contracts
from models.errors import FengqingError
from pipelines.automation import annual_schedule, inbox_digest, inbox_sensor
from pipelines.definitions import build_defs
from pipelines.partitions import YEARS, year_key
from pipelines.resources import Settings


@pytest.fixture(scope="module")
def job():
    return build_defs().resolve_job_def("annual_assessment")


def test_definitions_are_loadable():
    dg.Definitions.validate_loadable(build_defs())


def test_every_family_is_an_asset_with_a_blocking_and_a_warning_check(job):
    keys = {tuple(key.path) for key in job.asset_layer.executable_asset_keys}
    assert keys >= {("facts", family) for family in load_contracts()}
    blocking = {}
    for spec in job.asset_layer.asset_graph.asset_check_keys:
        node = job.asset_layer.asset_graph.get(spec)
        blocking[tuple(spec.asset_key.path), spec.name] = node.blocking
    for family in load_contracts():
        assert blocking[("facts", family), "contract"] is True
        assert blocking[("facts", family), "drift"] is False


def test_the_job_runs_in_one_process(job):
    assert job.executor_def is dg.in_process_executor


def test_the_schedule_asks_for_last_year_on_the_first_of_june():
    when = datetime(2026, 6, 1, 6, tzinfo=ZoneInfo("Asia/Shanghai"))
    with dg.build_schedule_context(scheduled_execution_time=when) as context:
        request = annual_schedule(context)
    assert request.partition_key == "2025"
    assert annual_schedule.cron_schedule == "0 6 1 6 *"
    assert annual_schedule.execution_timezone == "Asia/Shanghai"


def test_the_sensor_asks_once_for_a_changed_inbox(tmp_path):
    inbox = tmp_path / "inbox"
    settings = Settings(home_dir=str(tmp_path), inbox_dir=str(inbox))

    def tick(cursor):
        with dg.build_sensor_context(cursor=cursor, resources={"settings": settings}) as context:
            answer = list(inbox_sensor(context))
            return answer[0], context.cursor

    answer, cursor = tick(None)
    assert isinstance(answer, dg.SkipReason)
    inbox.mkdir()
    (inbox / "a.xlsx").write_bytes(b"1")
    answer, cursor = tick(cursor)
    assert isinstance(answer, dg.RunRequest)
    assert answer.partition_key == YEARS.get_last_partition_key()
    answer, cursor = tick(cursor)
    assert isinstance(answer, dg.SkipReason)
    (inbox / "b.xlsx").write_bytes(b"2")
    answer, _ = tick(cursor)
    assert isinstance(answer, dg.RunRequest)


def test_inbox_digest_sees_a_renamed_file(tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"1")
    before = inbox_digest(tmp_path)
    file.rename(tmp_path / "b.xlsx")
    assert inbox_digest(tmp_path) != before


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_year_that_is_not_over_is_refused_in_one_line(year):
    with pytest.raises(FengqingError) as caught:
        year_key(year)
    assert "\n" not in caught.value.zh
    assert str(year) in caught.value.en
