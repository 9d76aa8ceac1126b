"""The session files hold what the truth says of days, labels, coverage and the clock change."""

import json
from collections import Counter
from datetime import UTC, date, timedelta

import duckdb
import pytest

from hourglass.simulate.run import simulate
from tests.hourglass.simulate.reading import OSLO, SESSIONS, is_compliant, local_date, sessions, table


@pytest.mark.parametrize("name", ["dirty", "clean"])
def test_sessions_by_day_are_those_of_the_files(name, request):
    out = request.getfixturevalue(name)
    rows = sessions(out)
    assert len(rows) == SESSIONS == json.loads((out / "truth/summary.json").read_text())["sessions"]
    count, pages, engaged = Counter(), Counter(), Counter()
    for row in rows:
        day = str(local_date(row["started_at"]))
        count[day] += 1
        pages[day] += int(row["pageviews"])
        engaged[day] += round(float(row["engaged_seconds"]) * 10)
    truth = table(out / "truth/sessions_by_day.csv")
    for name, counter, scale in (("sessions", count, 1), ("pageviews", pages, 1), ("engaged_seconds", engaged, 10)):
        known = Counter()
        for row in truth:
            known[row["session_date"]] += round(float(row[name]) * scale)
        assert known == counter


def test_labels_carry_the_status_that_a_strict_reader_sees(dirty):
    labels = {row[0]: row[1:] for row in duckdb.sql(
        f"select session_id, is_social, utm_status, visitor_id, started_at from read_parquet('{dirty}/truth/session_labels.parquet')"
    ).fetchall()}  # fmt: skip
    rows = sessions(dirty)
    assert {row["session_id"] for row in rows} == set(labels)
    for row in rows:
        is_social, status, visitor, started = labels[row["session_id"]]
        assert (row["visitor_id"], row["started_at"]) == (visitor, started)
        if is_social:
            assert is_compliant(str(row["landing_url"])) == (status == "compliant"), row["landing_url"]
        if status == "missing":
            assert "utm_" not in str(row["landing_url"]).lower()


def test_coverage_adds_up_and_dirt_decides_it(dirty, clean):
    for out, low, high in ((dirty, 0.85, 0.94), (clean, 1.0, 1.0)):
        rows = table(out / "truth/utm_coverage.csv")
        (whole,) = [row for row in rows if row["scope"] == "all"]
        assert low <= float(whole["coverage"]) <= high
        for scope in ("channel", "week", "channel_week"):
            for column in ("numerator", "denominator"):
                assert sum(int(row[column]) for row in rows if row["scope"] == scope) == int(whole[column])


def test_the_day_of_the_change_has_25_hours(dirty):
    instants = [row["started_at"] for row in sessions(dirty) if local_date(row["started_at"]) == date(2026, 10, 25)]
    assert local_date(min(instants)) == local_date(max(instants)) == date(2026, 10, 25)
    span = max(instants) - min(instants)
    assert timedelta(hours=23) < span < timedelta(hours=25)


def test_both_runs_of_the_doubled_hour_have_sessions(tmp_path):
    simulate(tmp_path, days=2, sessions=8000, end_date=date(2026, 10, 25), dirt=0)
    doubled = [
        row["started_at"]
        for row in sessions(tmp_path)
        if row["started_at"].replace(tzinfo=UTC).astimezone(OSLO).hour == 2
    ]
    on_the_day = Counter(instant.hour for instant in doubled if local_date(instant) == date(2026, 10, 25))
    assert set(on_the_day) == {0, 1}, "02:00 local is 00 UTC in summer time and 01 UTC in standard time"
