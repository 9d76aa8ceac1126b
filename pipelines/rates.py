"""Central banks' lists of rates, a row a day and currency, to rows of ``raw.exchange_rates``: the bank's money for one unit of the other.

Banks quote cheap currencies by the hundred: a column of powers of ten says so, or the name of the series, or the format.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.columns import Circumstances
from pipelines.recognise import Match
from pipelines.records import records
from pipelines.shaped import Columns, Shaped, Table
from pipelines.tables import Block

# "EUR", "100 JPY", "1 EUR"; the Riksbank's own name of a series: SEKEURPMI.
_SERIES = re.compile(r"^(?:(?P<units>1|10|100|1000|10000)\s+)?(?P<code>[A-Z]{3})$|^SEK(?P<series>[A-Z]{3})PMI$")
# The statistics bank of Denmark writes the third of March 2025 as 2025M03D03.
_DAY = re.compile(r"^(?P<year>\d{4})M(?P<month>\d{2})D(?P<day>\d{2})$")
_UNIT = Decimal("0.00000001")


def rates(block: Block, match: Match, known: Circumstances) -> Shaped:
    """Read a matched block: every rate that is there becomes a raw row; a day without one has none."""
    table = Table(records(block, match), known)
    columns = {**table.common, **table.read(match.format.columns)}
    count = range(table.count)
    days = [_day(table, columns, index) for index in count]
    found = [_rate(table, columns, index) for index in count]
    given = [columns.get("currency", [None] * table.count)[index] for index in count]
    shaped: Columns = {
        "rate_date": days,
        "base": [code for code, _ in found],
        "currency": [(code or "").strip().upper() or None for code in given],
        "rate": [rate for _, rate in found],
    }
    packed = table.pack("exchange_rates", shaped, account=None)
    there = [index for index, rate in enumerate(packed.columns["rate"]) if rate is not None]
    packed.columns = {name: [values[index] for index in there] for name, values in packed.columns.items()}
    return packed


def _day(table: Table, columns: Columns, index: int) -> date | None:
    day: date | None = columns["rate_date"][index] if "rate_date" in columns else None
    if "day_code" not in columns:
        return day
    told = _DAY.match((columns["day_code"][index] or "").strip())
    try:
        day = date(int(told["year"]), int(told["month"]), int(told["day"])) if told else None
    except ValueError:
        day = None
    if day is None:
        said = "a rate of a day is needed, such as 2026M03D31; a mean of a month is no rate of its days"
        table.found.refuse(index, said)
    return day


def _rate(table: Table, columns: Columns, index: int) -> tuple[str | None, Decimal | None]:
    """The currency and what one unit of it costs, None where the bank gives no rate that day."""
    text: Any = columns["base"][index]
    series = _SERIES.match((text or "").strip())
    if series is None:
        table.found.refuse(index, f"{text!r} is not the code of a currency such as EUR")
        return None, None
    amount: Decimal | None = columns["rate"][index]
    if amount is None:
        return series["code"] or series["series"], None
    exponent = int(columns["exponent"][index] or 0) if "exponent" in columns else 0
    units = int(series["units"] or table.form.constants.get("units", "1")) * Decimal(10) ** exponent
    rate = (Decimal(amount) / units).quantize(_UNIT)
    if rate <= 0:
        table.found.refuse(index, f"a rate of {amount} for {text.strip()}")
    return series["code"] or series["series"], rate
