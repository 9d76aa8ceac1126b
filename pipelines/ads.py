"""Records of ad delivery: of which days they are, in which currency, and what divides them."""

from typing import Any

from pipelines import periods
from pipelines.formats_model import normalise
from pipelines.shaped import Columns, Table
from pipelines.values import currency_of


def complete_ads(table: Table, columns: Columns) -> None:
    """Add the period, currency, breakdown and platform of every record."""
    match, count = table.match, table.count
    _set_period(table, columns)
    _ask_for_campaign(table, columns)
    header_currency = match.currencies.get("spend")
    given = columns.get("currency") or [None] * count
    beside = (
        [currency_of(text) for text in table.found.texts(match.columns["spend"])] if "spend" in match.columns else given
    )
    columns["currency"] = [
        header_currency or cell or named or table.known.context.currency
        for cell, named in zip(given, beside, strict=True)
    ]
    for index, (named, currency) in enumerate(zip(beside, columns["currency"], strict=True)):
        if named and named != currency:
            table.found.refuse(index, f"the amount is in {named}, the record in {currency}")
    if count and not all(columns["currency"]):
        table.needs.add("currency")
    breakdowns = {name[10:]: position for name, position in match.columns.items() if name.startswith("breakdown:")}
    texts = {name: table.found.texts(position) for name, position in breakdowns.items()}
    columns["breakdown"] = [
        "; ".join(f"{name}={texts[name][index].strip()}" for name in texts if texts[name][index].strip()) or None
        for index in range(count)
    ]
    if "publisher_platform" in texts:
        usual = columns["platform"]
        columns["platform"] = [
            place if (place := normalise(text)) in table.form.platforms else usual[index]
            for index, text in enumerate(texts["publisher_platform"])
        ]


def _ask_for_campaign(table: Table, columns: Columns) -> None:
    """Money without its campaign could not be told from that of the campaign's own row, so it waits for the column.

    That is where ad groups or ads are listed without it, and where no name was found at all beside columns of an unknown language.
    """
    listed = {"ad_group", "ad_group_id", "ad", "ad_id"} & columns.keys()
    if not table.count or {"campaign", "campaign_id"} & columns.keys():
        return
    strangers = table.match.strangers
    if ("campaign" in table.form.ask and listed) or (strangers and not listed):
        table.needs.add("campaign")
    if strangers and not listed:
        table.found.notes.append("columns that are not known in any language: " + ", ".join(strangers))


def _set_period(table: Table, columns: Columns) -> None:
    """Set first and last day of each record: its own day or span, else the report's period, as far as anything tells it."""
    count, said = table.count, table.reader.report_period
    spans = next((columns[name] for name in ("month", "week", "quarter", "year") if name in columns), None)
    if "day" in columns:
        columns["date_from"] = columns["date_to"] = columns["day"]
        _refuse_outside(table, columns["day"], said)
    elif spans is not None:
        found = [periods.clip(span, said) for span in spans]
        for index, (span, part) in enumerate(zip(spans, found, strict=True)):
            if span and not part:
                table.found.refuse(index, f"{span[0]} to {span[1]} is outside the report's own period")
        columns["date_from"] = [span and span[0] for span in found]
        columns["date_to"] = [span and span[1] for span in found]
    elif table.form.dates_are_starts and "date_from" in columns:
        _set_period_from_starts(table, columns, said)
    elif "date_from" not in columns and count:
        period = said or table.known.name.period
        if period is None:
            table.needs.add("period")
        columns["date_from"] = [period and period[0]] * count
        columns["date_to"] = [period and period[1]] * count
    columns.setdefault("date_to", columns.get("date_from", [None] * count))
    for index, day in enumerate(columns["date_from"] if "period" not in table.needs else ()):
        if day is None and index not in table.found.faults:
            table.found.refuse(index, "it does not say of which day it is")


def _set_period_from_starts(table: Table, columns: Columns, said: periods.Span | None) -> None:
    """Dates that are the first one of a record's period: its only one in a report by day, the report's first in one without."""
    days = columns["date_from"]
    spans = periods.from_starts(days, said) if said else None
    if spans is not None:
        columns["date_from"] = [span and span[0] for span in spans]
        columns["date_to"] = [span and span[1] for span in spans]
        table.found.notes.append("without a breakdown by day: each record covers its whole period")
    elif said is None and table.count and len(set(days)) == 1:
        table.needs.add("period")
    else:
        _refuse_outside(table, days, said)


def _refuse_outside(table: Table, days: list[Any], period: periods.Span | None) -> None:
    """A day that the report's own period does not hold was read wrong, such as a month for a day."""
    if period is None:
        return
    for index, day in enumerate(days):
        if day and not period[0] <= day <= period[1]:
            table.found.refuse(index, f"{day} is outside the report's own period, {period[0]} to {period[1]}")
