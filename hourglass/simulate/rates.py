"""Exchange rates in the layout of the European Central Bank's `eurofxref-hist`: made-up values, weekdays only."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from .clock import Period
from .draw import Draw
from .inbox import Inbox

# the columns of the real file, in its order; currencies that no longer exist are N/A
_COLUMNS: Final = (
    "USD", "JPY", "BGN", "CYP", "CZK", "DKK", "EEK", "GBP", "HUF", "LTL", "LVL", "MTL", "PLN", "ROL", "RON", "SEK", "SIT",
    "SKK", "CHF", "ISK", "NOK", "HRK", "RUB", "TRL", "TRY", "AUD", "BRL", "CAD", "CNY", "HKD", "IDR", "ILS", "INR", "KRW",
    "MXN", "MYR", "NZD", "PHP", "SGD", "THB", "ZAR",
)  # fmt: skip
# ten-thousandths of a unit per euro on the first day, and how far a day can move it
_START: Final[Mapping[str, tuple[int, int]]] = {
    "USD": (11650, 60), "JPY": (1723400, 9000), "CZK": (244100, 900), "DKK": (74630, 6), "GBP": (8690, 30),
    "HUF": (3921500, 20000), "PLN": (42480, 150), "RON": (50710, 100), "SEK": (110450, 550), "CHF": (9350, 30),
    "ISK": (1421000, 6000), "NOK": (116820, 700), "TRY": (489200, 2500), "AUD": (17720, 90), "CAD": (16240, 80),
    "CNY": (83100, 300),
}  # fmt: skip
LEAD_IN_DAYS: Final = 14

Rates = Mapping[date, Mapping[str, int]]


def rates(period: Period, draw: Draw) -> dict[date, dict[str, int]]:
    """Return ten-thousandths of each currency per euro for every weekday from two weeks before the period to its end."""
    current = {currency: start for currency, (start, _) in _START.items()}
    found: dict[date, dict[str, int]] = {}
    for offset in range(-LEAD_IN_DAYS, period.days):
        day = period.day(offset)
        if day.weekday() >= 5:
            continue
        for currency, (_, step) in _START.items():
            current[currency] += draw.below(2 * step + 1, "rate", currency, day) - step
        found[day] = dict(current)
    return found


def reporting_rates(period: Period, known: Rates) -> list[tuple[date, str, float]]:
    """Return NOK per unit of each selling currency on every day: the last known rates on or before the day."""
    result = []
    for offset in range(period.days + 1):
        day = period.day(offset)
        last = max(one for one in known if one <= day)
        nok = known[last]["NOK"]
        result += [(day, currency, nok / known[last][currency]) for currency in ("SEK", "DKK")]
        result += [(day, "NOK", 1.0), (day, "EUR", nok / 10000)]
    return result


def write_rates(inbox: Inbox, known: Rates) -> None:
    """Write the file as the bank does: newest day first, a comma at the end of each line, N/A where there is no rate."""

    def cell(day: date, currency: str) -> str:
        value = known[day].get(currency)
        return "N/A" if value is None else f"{value // 10000}.{value % 10000:04d}".rstrip("0").rstrip(".")

    lines = ["Date," + ",".join(_COLUMNS) + ","]
    lines += [f"{day}," + ",".join(cell(day, one) for one in _COLUMNS) + "," for day in sorted(known, reverse=True)]
    inbox.write("exchange_rates/eurofxref-hist.csv", ("\n".join(lines) + "\n").encode(), "exchange_rates", len(known))


def last_rate_day(known: Rates, day: date) -> date:
    """Return the newest day with a rate on or before a day."""
    while day not in known:
        day -= timedelta(days=1)
    return day
