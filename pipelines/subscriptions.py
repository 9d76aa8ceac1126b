"""The state of each subscription at the moment of an export, to rows of ``raw.subscriptions``: when it began to pay, when it ended.

A state does not tell what the price was before, so an upgrade is seen only as another price in a later export.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipelines.columns import Circumstances
from pipelines.formats_model import normalise
from pipelines.recognise import Match
from pipelines.records import records
from pipelines.shaped import Columns, Shaped, Table
from pipelines.tables import Block

_INTERVAL = re.compile(r"^(?:every )?(?P<count>\d+)?\s*(?P<unit>day|week|month|year)(?:s|ly)?$")
_MONTH_DAYS = Decimal("30.4375")
_INTERVALS_A_MONTH = {"day": _MONTH_DAYS, "week": _MONTH_DAYS / 7, "month": Decimal(1), "year": Decimal(1) / 12}
_UNIT = Decimal("0.0001")


def subscriptions(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Read a matched block: a row for the start of each subscription, and one for its end where it has ended."""
    table = Table(records(block, match), known)
    columns = {**table.common, **table.read(match.format.columns)}
    account = table.account(columns)
    originals = table.reader.originals()
    rows: list[dict[str, Any]] = []
    sources: list[int] = []
    for index in range(table.count):
        record = {name: given[index] for name, given in columns.items()}
        common = {
            name: record.get(name) for name in ("subscription_id", "customer_id", "platform", "export_kind", "account")
        }
        currency = (record.get("currency") or "").upper() or None
        common |= {"currency": currency, "original": originals[index], "updated_at": record.get("cancelled_at")}
        for event, moment, mrr in _events(table, record, index):
            rows.append({**common, "event": event, "changed_at": moment, "mrr": mrr})
            sources.append(index)
    shaped: Columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return table.pack("subscriptions", shaped, account=account, rows=sources)


def _events(table: Table, record: dict[str, Any], index: int) -> list[tuple[str, datetime | None, Decimal | None]]:
    state = table.form.states_by_name.get(normalise(record.get("status") or ""))
    if record.get("status") and state is None:
        table.found.refuse(
            index, f"whether a subscription of this status pays is not known; say it under `states` of {table.form.id}"
        )
    mrr = _monthly(table, record, index)
    began = record.get("started_at") or record.get("created_at")
    trial_end, ended = record.get("trial_ends_at"), _ended(record) if state == "ended" else None
    pays_from = max(moment for moment in (began, trial_end) if moment) if began else None
    never_paid = state in ("trial", "unpaid") or (ended and pays_from and ended <= pays_from)
    start = ("start", began, Decimal(0)) if never_paid else ("start", pays_from, mrr)
    if state != "ended":
        return [start]
    if ended is None:
        table.found.refuse(index, "it has ended, and no column says when")
    return [start, ("cancel", ended, Decimal(0))]


def _ended(record: dict[str, Any]) -> datetime | None:
    """When it ended: cancelling at the end of the period is a wish at first, and comes true at that end."""
    told: datetime | None = record.get("ended_at")
    asked: datetime | None = record.get("cancelled_at")
    at_end: datetime | None = record.get("period_ends_at") if record.get("at_period_end") else None
    return told or at_end or asked


def _monthly(table: Table, record: dict[str, Any], index: int) -> Decimal | None:
    """The price of a month; a month is 30.4375 days."""
    amount, interval = record.get("amount"), (record.get("interval") or "").strip().lower()
    found = _INTERVAL.match(interval)
    if interval and found is None:
        table.found.refuse(index, "the billing interval is not a number of days, weeks, months or years")
    if amount is None and index not in table.found.faults:
        table.found.refuse(index, "no amount")
    if amount is None or found is None:
        return None
    count = int(found["count"] or 0) or record.get("interval_count") or 1
    quantity = 1 if record.get("quantity") is None else record["quantity"]
    return Decimal(amount * quantity * _INTERVALS_A_MONTH[found["unit"]] / count).quantize(_UNIT)
