"""core.int_rates_daily: from what central banks publish to the two numbers that turn an amount into the reporting currency."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home

RunModel = Callable[..., list[dict[str, Any]]]
DAY = "2026-11-12"
ECB = [
    ("EUR", "NOK", "11.7325"),
    ("EUR", "SEK", "11.2"),
    ("EUR", "DKK", "7.46"),
    ("EUR", "USD", "1.05"),
    ("EUR", "GBP", "0.88"),
]
NORGES_BANK = [
    ("EUR", "NOK", "11.7325"),
    ("SEK", "NOK", "1.0475"),
    ("USD", "NOK", "10.05"),
    ("DKK", "NOK", "1.5727"),
    ("GBP", "NOK", "13.4"),
]


def rate(base: str, currency: str, value: str, day: str = DAY) -> dict[str, Any]:
    return {
        "rate_date": day,
        "base": base,
        "currency": currency,
        "rate": value,
        "file_id": "f",
        "captured_at": f"{day} 18:00",
    }


def worth(
    run_model: RunModel, tmp_path: Path, reporting: str, rates: list[dict[str, Any]]
) -> dict[tuple[str, str], Decimal]:
    """What 1000 of each currency are worth, by currency and day."""
    home = Home(tmp_path).create()
    home.config.mkdir(parents=True, exist_ok=True)
    (home.config / "settings.yml").write_text(f"currency: {reporting}\n")
    rows = run_model("core.int_rates_daily", {"raw.exchange_rates": rates}, home=home)
    return {
        (row["currency"], str(row["date"])): round(1000 * row["units_reporting"] / row["units_currency"], 4) for row in rows
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reporting", "published", "expected"),
    [
        ("NOK", ECB, {"EUR": "11732.5", "SEK": "1047.5446", "DKK": "1572.7212", "USD": "11173.8095", "GBP": "13332.3864"}),
        ("NOK", NORGES_BANK, {"EUR": "11732.5", "SEK": "1047.5", "DKK": "1572.7", "USD": "10050", "GBP": "13400"}),
        # Norges Bank prices all in kroner: SEK to EUR is one price divided by the other.
        ("EUR", NORGES_BANK, {"NOK": "85.2333", "SEK": "89.2819", "DKK": "134.0465", "USD": "856.5949", "GBP": "1142.1266"}),
        ("SEK", NORGES_BANK, {"NOK": "954.6539", "EUR": "11200.4773", "DKK": "1501.3842", "USD": "9594.2721", "GBP": "12792.3628"}),
        ("DKK", ECB, {"NOK": "635.8406", "EUR": "7460", "SEK": "666.0714", "USD": "7104.7619", "GBP": "8477.2727"}),
        # What a bank says of the two themselves goes before a detour over the euro.
        ("NOK", [*ECB, ("SEK", "NOK", "1.0475")], {"EUR": "11732.5", "SEK": "1047.5", "DKK": "1572.7212", "USD": "11173.8095",
                                                   "GBP": "13332.3864"}),
    ],
)  # fmt: skip
def test_what_a_thousand_is_worth(
    run_model: RunModel, tmp_path: Path, reporting: str, published: list[tuple[str, str, str]], expected: dict[str, str]
) -> None:
    found = worth(run_model, tmp_path, reporting, [rate(*one) for one in published])
    assert {code: value for (code, day), value in found.items() if day == DAY} == {
        code: Decimal(value) for code, value in expected.items()
    }


def test_a_rate_serves_until_the_next_one_and_no_longer_than_a_week(run_model: RunModel, tmp_path: Path) -> None:
    found = worth(run_model, tmp_path, "NOK", [rate("SEK", "NOK", "1.0"), rate("SEK", "NOK", "1.1", day="2026-11-16")])
    days = {day: value for (code, day), value in found.items() if code == "SEK"}
    assert (days["2026-11-12"], days["2026-11-15"], days["2026-11-16"]) == (1000, 1000, 1100)
    assert max(days) == "2026-11-23"
    assert len(days) == 12
