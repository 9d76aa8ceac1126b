"""The clock: 02:00 in Oslo in winter, in summer, and in the two nights in which the clock changes."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.schedules import nightly_schedule


def ticks(start, count):
    schedule = nightly_schedule
    iterator = schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    return [next(iterator).astimezone(UTC) for _ in range(count)]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-01-14T12:00", ["2026-01-15T01:00", "2026-01-16T01:00"]),
        ("2026-07-14T12:00", ["2026-07-15T00:00", "2026-07-16T00:00"]),
        # 29 March 2026: 02:00 does not exist in Oslo, the run is at 03:00 summer time.
        ("2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
        # 25 October 2026: 02:00 comes twice, the run comes once.
        ("2026-10-24T12:00", ["2026-10-25T01:00", "2026-10-26T01:00"]),
    ],
)
def test_ticks_in_utc(start, expected):
    found = ticks(datetime.fromisoformat(start).replace(tzinfo=UTC), 2)
    assert [tick.strftime("%Y-%m-%dT%H:%M") for tick in found] == expected


def test_a_tick_asks_for_one_run_of_the_nightly_job():
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 16, 1, 0, tzinfo=UTC))
    answer = nightly_schedule.evaluate_tick(context)
    assert len(answer.run_requests) == 1
    assert nightly_schedule.job_name == "nightly"
    assert nightly_schedule.default_status is dg.DefaultScheduleStatus.RUNNING
