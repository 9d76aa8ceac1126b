"""Contacts and deals of CRMs, a record a row, to rows of ``raw.leads``.

No CRM is named here: which of its columns means what, and what its stages mean, is in its definition. An id is unique within one kind
of record of one CRM only, so it gets the kind before it, and the account where hourglass.yml names one. A deal says whose contact it
is with, a contact which deal it became; that both are one lead is decided downstream, where all deliveries are known.
"""

import re
from collections import Counter
from typing import Any

from pipelines import values
from pipelines.columns import Circumstances
from pipelines.formats_model import normalise
from pipelines.recognise import Match
from pipelines.records import records
from pipelines.shaped import Columns, Shaped, Table
from pipelines.tables import Block

_OUTCOMES = ("won", "lost")
_KINDS = ("email_signup", "webinar_registration")
_BETWEEN_IDS = re.compile(r"[;,|\s]+")
_SHOWN_STAGES = 5


def leads(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Read a matched block; every record becomes one row."""
    table = Table(records(block, match), known)
    columns = {**table.common, **table.read(match.format.columns)}
    account = table.account(columns)
    columns["email_hash"] = columns.pop("email", [None] * table.count)
    _identify(table, columns)
    _settle_stages(table, columns)
    columns["currency"] = _currencies(table, columns)
    columns["original"] = table.reader.originals()
    return table.pack("leads", columns, account=account)


def _identify(table: Table, columns: Columns) -> None:
    """Ids with their kind before them; of several contacts of a deal the first one counts, which the CRMs name first."""
    accounts = columns["account"]
    for name, prefix in table.form.prefixes.items():
        if name not in columns:
            table.found.notes.append(
                f"no column says the {name.removesuffix('_id')} of a record, so that each counts as a lead of its own;"
                f" add `{table.match.name_of(name)}`"
            )
            continue
        columns[name] = [
            ":".join(part for part in (prefix, account, _BETWEEN_IDS.split(given.strip())[0]) if part)
            if given
            else None
            for given, account in zip(columns[name], accounts, strict=True)
        ]


def _settle_stages(table: Table, columns: Columns) -> None:
    """One stage a record, in our words where they are known, and the instants that go with it.

    Won and lost are told by the status, the flags or the stage, in this order. The day on which a record was closed is when it was won or
    lost; of an open one it is what somebody hopes for, and is left out.
    """
    unknown: Counter[str] = Counter()
    stages, kinds = [], []
    for index in range(table.count):
        record = {name: given[index] for name, given in columns.items()}
        state = _state(table, record)
        is_open = table.form.states_by_name.get(normalise(record.get("status") or "")) == "open"
        if state is None and record.get("stage") and "stage" not in table.form.constants:
            unknown[record["stage"]] += 1
        kinds.append(state if state in _KINDS else record.get("kind"))
        stages.append(None if state in _KINDS else state or table.form.constants.get("stage") or record.get("stage"))
        for outcome in _OUTCOMES:
            told = columns.setdefault(f"{outcome}_at", [None] * table.count)
            if state == outcome:
                told[index] = told[index] or record.get("closed_at")
            elif state in _OUTCOMES or is_open:
                told[index] = None
    columns["stage"], columns["kind"] = stages, kinds
    if unknown:
        shown = ", ".join(f"{stage!r} ({count})" for stage, count in unknown.most_common(_SHOWN_STAGES))
        table.found.notes.append(
            f"stages that are not known as mql, sql, meeting, won or lost: {shown}; say it under `states` of {table.form.id}"
            " in config/formats"
        )


def _state(table: Table, record: dict[str, Any]) -> str | None:
    words = table.form.states_by_name
    status, stage = (words.get(normalise(record.get(name) or "")) for name in ("status", "stage"))
    if status in _OUTCOMES:
        return status
    if record.get("is_won"):
        return "won"
    if record.get("is_lost") or (record.get("is_closed") and record.get("is_won") is False):
        return "lost"
    return stage or (status if status != "open" else None)


def _currencies(table: Table, columns: Columns) -> list[str | None]:
    """The currency of each deal: its column's, its cell's, its header's, else hourglass.yml's; asked for where there is a value."""
    given = columns.get("currency") or [None] * table.count
    position = table.match.columns.get("deal_value")
    cells = table.found.texts(position) if position is not None else [""] * table.count
    otherwise = table.match.currencies.get("deal_value") or table.known.context.currency
    amounts = columns.get("deal_value") or [None] * table.count
    found: list[str | None] = []
    for index, (code, cell, amount) in enumerate(zip(given, cells, amounts, strict=True)):
        currency = code or values.currency_of(cell) or otherwise
        found.append(currency.upper() if currency and amount is not None else None)
        if amount is not None and currency is None and index not in table.found.faults:
            table.needs.add("currency")
    return found
