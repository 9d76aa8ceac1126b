"""A clean file is written in one go, any other in two; both ways lead to the same rows."""

from typing import Any

import pytest
from pipelines.generic import Reader

HEADER = "order_id,ordered_at,revenue,currency,email,channel_note"
FILES = {
    "clean": ("o1,2026-02-01T10:00:00Z,1234.50,NOK,kari@fjellheim.example,første\no2,2026-02-03T10:00:00Z,99,NOK,,", True),
    "missing": ("o1,2026-02-01T10:00:00Z,1234.50,NOK,,\no2,,99.00,NOK,,", False),
    "unreadable": ("o1,2026-02-01T10:00:00Z,about 5,NOK,,\no2,2026-02-03T10:00:00Z,99.00,NOK,,", False),
    "thousand or fraction": ("o1,2026-02-01T10:00:00Z,1.234,NOK,,", False),
    "decimal commas": ('o1,2026-02-01T10:00:00Z,"1234,50",NOK,,', False),
    "too few cells": ("o1,2026-02-01T10:00:00Z,1234.50,NOK,,\no2,2026-02-03", False),
}  # fmt: skip


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


@pytest.mark.parametrize(("rows", "is_clean"), FILES.values(), ids=FILES)
def test_both_ways_lead_to_the_same(bench: Any, rows: str, is_clean: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    went_through: list[bool] = []
    at_once = Reader._write_at_once

    def noted(self: Reader, *arguments: Any) -> bool:
        went_through.append(at_once(self, *arguments))
        return went_through[-1]

    monkeypatch.setattr(Reader, "_write_at_once", noted)
    bench.put("orders_2026-02-10.csv", f"{HEADER}\n{rows}\n".encode())
    first = _everything(bench, full_refresh=False)
    assert went_through == [is_clean]
    monkeypatch.setattr(Reader, "_write_at_once", lambda *_: False)
    assert _everything(bench, full_refresh=True) == first


def _everything(bench: Any, *, full_refresh: bool) -> object:
    report = bench.ingest(full_refresh=full_refresh)
    files = bench.rows(
        "select status, reason, rows_read, rows_loaded, rows_quarantined, period_from_date, period_to_date, downloaded_at, notes"
        " from raw.files"
    )
    waiting = bench.rows("select line_number, reason, raw_text from raw.quarantine order by all")
    assert report.files
    return bench.rows("select * from raw.orders order by all"), files, waiting
