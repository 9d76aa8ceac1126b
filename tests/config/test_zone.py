"""The zone table against zoneinfo itself, around every change of the clock and on ordinary days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.zone import zone_days


@pytest.mark.parametrize(
    "name", ["Europe/Oslo", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Africa/Casablanca", "UTC"]
)
def test_offsets_agree_with_zoneinfo_on_both_sides_of_every_change(name: str) -> None:
    zone = ZoneInfo(name)
    rows = zone_days(name).to_pylist()
    changing = [row for row in rows if row["offset_before_seconds"] != row["offset_after_seconds"]]
    for row in changing + rows[::371]:
        midnight = datetime.combine(row["utc_date"], datetime.min.time(), UTC)
        transition = row["transition_at"].replace(tzinfo=UTC)
        for instant, expected in (
            (midnight, row["offset_before_seconds"]),
            (transition - timedelta(seconds=1), row["offset_before_seconds"]),
            (transition, row["offset_after_seconds"]),
        ):
            offset = instant.astimezone(zone).utcoffset()
            assert offset is not None
            assert offset.total_seconds() == expected, (name, instant)


def test_oslo_changes_its_clock_on_the_last_sundays() -> None:
    changes = [
        r
        for r in zone_days("Europe/Oslo").to_pylist()
        if r["utc_date"].year == 2026 and r["offset_before_seconds"] != r["offset_after_seconds"]
    ]
    assert [(r["utc_date"], r["transition_at"].hour) for r in changes] == [
        (date(2026, 3, 29), 1),
        (date(2026, 10, 25), 1),
    ]


def test_every_day_of_the_range_is_there_once() -> None:
    days = zone_days("Europe/Oslo").column("utc_date").to_pylist()
    assert (days[0], days[-1]) == (date(1970, 1, 1), date(2100, 12, 31))
    assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1
