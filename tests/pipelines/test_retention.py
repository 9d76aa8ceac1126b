"""Which raw rows lose the details of their browser and referrer, and when."""

from datetime import date
from typing import Any

import pytest
from config.details import Details

HEADER = "session_id,visitor_id,started_at,landing_url,referrer_url,user_agent\n"
WHOLE = ("https://vg.no/nyheter/kari", "Mozilla/5.0 Firefox/130.0 Instagram 300")
CUT = ("https://vg.no/", "Instagram")
LEFT = "select session_id, referrer_url, user_agent from raw.web_sessions order by 1"


def put(bench: Any, path: str, **days: str) -> None:
    rows = [f"{name},v,{day}T10:00:00Z,https://x.no/,{','.join(WHOLE)}\n" for name, day in days.items()]
    bench.put(path, HEADER + "".join(rows))


def test_details_go_when_their_time_is_over_and_do_not_come_back_with_the_file(quick_bench: Any) -> None:
    put(quick_bench, "a.csv", s1="2025-10-01", s2="2025-10-03")
    report = quick_bench.ingest(today=date(2026, 11, 5))  # 400 days back: 2025-10-01
    assert (report.details_dropped, quick_bench.rows(LEFT)) == (0, [("s1", *WHOLE), ("s2", *WHOLE)])
    report = quick_bench.ingest(today=date(2026, 11, 6))
    assert (report.details_dropped, quick_bench.rows(LEFT)) == (1, [("s1", *CUT), ("s2", *WHOLE)])
    assert quick_bench.ingest(today=date(2026, 11, 6)).details_dropped == 0
    quick_bench.ingest(today=date(2026, 11, 6), full_refresh=True)
    assert quick_bench.rows(LEFT) == [("s1", *CUT), ("s2", *WHOLE)]
    put(quick_bench, "late.csv", s0="2025-01-01", s3="2026-11-01")
    assert quick_bench.ingest(today=date(2026, 11, 6)).details_dropped == 1
    assert quick_bench.rows(LEFT) == [("s0", *CUT), ("s1", *CUT), ("s2", *WHOLE), ("s3", *WHOLE)]


def test_events_are_held_to_it_too_and_zero_days_keep_everything(quick_bench: Any) -> None:
    from config.settings import Retention, Settings
    from pipelines.ingest import ingest

    event = '{"event_id":"e1","visitor_id":"v","occurred_at":"2020-01-01T10:00:00Z","event_name":"x","page_url":"https://x.no/"'
    quick_bench.put("e.jsonl", f'{event},"referrer_url":"{WHOLE[0]}","user_agent":"{WHOLE[1]}"}}\n')
    left = "select referrer_url, user_agent from raw.web_events"
    for days, expected in ((0, WHOLE), (30, CUT)):
        settings = Settings(retention=Retention(web_details_days=days))
        ingest(quick_bench.home, settings, connection=quick_bench.connection, today=date(2026, 11, 6))
        assert quick_bench.rows(left) == [expected]


def test_where_nothing_has_grown_old_the_rules_are_not_read(quick_bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(quick_bench, "a.csv", s1="2026-11-01")
    monkeypatch.setattr(Details, "of", lambda _home: pytest.fail("the rules were read"))
    assert quick_bench.ingest(today=date(2026, 11, 6)).details_dropped == 0
