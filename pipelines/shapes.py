"""Recognised tables to rows of raw tables: one small function a shape, none of which knows a platform."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipelines.ads import complete_ads
from pipelines.columns import Circumstances
from pipelines.formats_model import normalise
from pipelines.leads import leads
from pipelines.orders import orders
from pipelines.rates import rates
from pipelines.recognise import Match
from pipelines.records import Records, records
from pipelines.reported import report_keys
from pipelines.shaped import Columns, Shaped, Table
from pipelines.subscriptions import subscriptions
from pipelines.tables import Block, Row


def shape(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Read a matched block."""
    return SHAPES[match.format.shape](block, match, known)


def _rows(block: Block, match: Match, known: Circumstances) -> Shaped:
    """A record a row: posts and ads."""
    table = Table(records(block, match), known)
    columns = {**table.common, **table.read(match.format.columns)}
    account = table.account(columns)
    columns["original"] = table.reader.originals()
    if match.format.table == "ads":
        complete_ads(table, columns)
    elif match.format.table == "email_campaigns":
        _revenue_currency(table, columns)
    else:
        _post_period(table, columns)
        if known.context.paid is not None:
            columns.setdefault("is_paid", [known.context.paid] * table.count)
    return table.pack(match.format.table, columns, account=account)


def _post_period(table: Table, columns: Columns) -> None:
    days = columns.pop("period", None)
    if days is None:
        span = table.reader.report_period or table.known.name.period if table.form.period == "period" else None
        days_from = [span[0] if span else None] * table.count
        days_to = [span[1] if span else None] * table.count
        columns["period_kind"] = [None if table.form.period == "none" else table.form.period] * table.count
    else:
        days_from = days_to = days
        columns["period_kind"] = ["period" if day else "lifetime" for day in days]
    columns["period_from"], columns["period_to"] = days_from, days_to


def _revenue_currency(table: Table, columns: Columns) -> None:
    """Revenue has a currency: that of its header, its column, or hourglass.yml."""
    header_currency = table.match.currencies.get("revenue")
    given = columns.get("currency") or [None] * table.count
    columns["currency"] = [header_currency or cell or table.known.context.currency for cell in given]
    amounts = columns.get("revenue", ())
    if any(amount and not code for amount, code in zip(amounts, columns["currency"], strict=False)):
        table.needs.add("currency")


def _long(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Keys and measures: every record becomes a raw row a measure."""
    table = Table(records(block, match), known)
    form = match.format
    keys = {**table.common, **table.read(form.columns)}
    account = table.account(keys)
    keys["original"] = table.reader.originals()
    if form.table == "audience":
        _audience_keys(table, keys)
    elif form.table == "web_reported":
        keys |= report_keys(table, keys)
    found = [name for name in form.measures if f"measure:{name}" in match.columns]
    columns: Columns = {name: values * len(found) for name, values in keys.items()}
    columns["measure"], columns["value"], columns["unit"] = [], [], []
    for name in found:
        spec = form.measures[name]
        values = table.reader.column(f"measure:{name}") or []
        if form.future_zeros == name:
            values = _without_future(values, table.found)
        columns["measure"] += [match.said.get("measure", name)] * table.count
        columns["unit"] += ["share" if spec.type == "share" else spec.member_unit] * table.count
        columns["value"] += values
    return table.pack(form.table, columns, account=account, repeat=len(found))


def _audience_keys(table: Table, keys: Columns) -> None:
    days = keys.get("date")
    for name, position in table.match.columns.items():
        if name.startswith("dimension:"):
            keys["dimension"] = [name.removeprefix("dimension:")] * table.count
            keys["member"] = [table.known.mask(text.strip()) for text in table.found.texts(position)]
    if days is None:
        span = table.reader.report_period or table.known.name.period
        days = [None] * table.count
        keys["period_from"] = [span[0] if span else None] * table.count
        keys["period_to"] = [span[1] if span else None] * table.count
    else:
        keys["period_from"] = keys["period_to"] = days
    if "hour" in keys:
        keys["member"] = [None if hour is None else f"{hour:02d}" for hour in keys["hour"]]


def _without_future(values: list[Any], found: Records) -> list[Any]:
    """Zeros at the end are hours that had not come yet when the export was made; they are not known, not nought."""
    end = len(values)
    while end and values[end - 1] == 0:
        end -= 1
    if end < len(values):
        found.notes.append(f"{len(values) - end} zeros at the end are taken for hours still to come and left empty")
    return values[:end] + [None] * (len(values) - end)


def _grid(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Members down and across, such as age and gender: every cell becomes a raw row, a record is a row of the grid."""
    found = records(block, match)
    words = {name: key for key, spec in match.format.measures.items() for name in spec.languages_by_name}
    across = {position: words[normalise(name)] for position, name in enumerate(match.names) if normalise(name) in words}
    measures = {f"measure:{word}": position for position, word in across.items()}
    match = _with_columns(match, {"member": 0, **measures})
    found.match = match
    table = Table(found, known)
    keys = dict(table.common)
    account = table.account(keys)
    keys["original"] = table.reader.originals()
    down = [text.strip() for text in found.texts(0)]
    columns: Columns = {name: values * len(across) for name, values in keys.items()}
    columns["member"], columns["value"] = [], []
    for word in across.values():
        columns["member"] += [f"{word} {member}" for member in down]
        columns["value"] += table.reader.column(f"measure:{word}") or []
    columns["measure"] = [match.said["measure"]] * len(columns["member"])
    columns["unit"] = ["share"] * len(columns["member"])
    return table.pack("audience", columns, account=account, repeat=len(across))


def _transposed(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Members across and one row of values: every member is a record."""
    heads = block.rows[match.header].cells
    values = block.rows[match.header + 1]
    pairs = [
        Row(values.line, [head, values.cells[position] if position < len(values.cells) else ""])
        for position, head in enumerate(heads)
        if head.strip()
    ]
    return _members(pairs, match, known)


def _single(block: Block, match: Match, known: Circumstances) -> Shaped:
    """One value under a title."""
    row = block.rows[match.header]
    return _members([Row(row.line, ["all", row.cells[0]])], match, known)


def _members(pairs: list[Row], match: Match, known: Circumstances) -> Shaped:
    match = _with_columns(match, {"member": 0, "measure:value": 1}, names=("member", "value"))
    table = Table(Records(match, pairs, set()), known)
    columns = dict(table.common)
    account = table.account(columns)
    columns["original"] = table.reader.originals()
    columns["member"] = [known.mask(row.cells[0].strip()) for row in pairs]
    columns["value"] = table.reader.column("measure:value") or []
    columns["measure"] = [match.said["measure"]] * len(pairs)
    spec = match.format.measures["value"]
    columns["unit"] = ["share" if spec.type == "share" else spec.member_unit] * len(pairs)
    return table.pack("audience", columns, account=account)


def _labelled(block: Block, match: Match, known: Circumstances) -> Shaped:
    """One value of an account beside a label that holds its day."""
    table = Table(records(block, replace(match, header=match.header - 1)), known)
    span = table.reader.report_period
    columns = {**table.common, "date": [span and span[1]] * table.count, "original": table.reader.originals()}
    account = table.account(columns)
    columns["value"] = table.reader.column("measure:value") or []
    columns["measure"] = [match.format.constants["measure"]] * table.count
    return table.pack("social_account_daily", columns, account=account)


def _with_columns(match: Match, columns: Mapping[str, int], names: tuple[str, ...] | None = None) -> Match:
    return replace(match, columns=columns, names=names or match.names)


def _currencies(block: Block, match: Match, known: Circumstances) -> Shaped:
    """A column a currency, a row a day: every rate that is there becomes a raw row."""
    found = records(block, match)
    codes = {name.strip(): p for p, name in enumerate(match.names) if len(name.strip()) == 3 and name.strip().isalpha()}
    match = _with_columns(match, {**match.columns, **{f"measure:{code}": p for code, p in codes.items()}})
    found.match = match
    table = Table(found, known)
    days = table.reader.column("date") or []
    columns: Columns = {
        "rate_date": days * len(codes),
        "base": [match.format.constants["base"]] * (len(days) * len(codes)),
    }
    columns["currency"] = [code.upper() for code in codes for _ in days]
    columns["rate"] = [rate for code in codes for rate in table.reader.rates(codes[code])]
    shaped = table.pack("exchange_rates", columns, account=None, repeat=len(codes))
    there = [index for index, rate in enumerate(shaped.columns["rate"]) if rate is not None]
    shaped.columns = {name: [values[index] for index in there] for name, values in shaped.columns.items()}
    return shaped


SHAPES: dict[str, Callable[[Block, Match, Circumstances], Shaped]] = {
    "rows": _rows,
    "long": _long,
    "grid": _grid,
    "transposed": _transposed,
    "single": _single,
    "labelled": _labelled,
    "currencies": _currencies,
    "rates": rates,
    "orders": orders,
    "leads": leads,
    "subscriptions": subscriptions,
}
