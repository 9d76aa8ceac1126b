"""core.int_value_meanings: a value fits a pattern of the configuration or not, whichever other values stand beside it in the bundle."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from config.home import Home
from config.tables import config_tables
from tests.session_rows import Row, model_rows

# Neighbours in the alphabet, so that a pattern that fits a line break would run from one to the next.
CAMPAIGNS = [
    "sale", "shop", "shopping", "workshop", "e-shop", "sommer_shop", "cross-network", "my-cross-network-2026", "a\nshop", "a\nb", "a\rb",
    "a\u2028b", "ab", "x", "AUTUMN", "autumn__2026", "høst", "a b", "b" * 101, "c" * 501, f"{'c' * 501}shop",
]  # fmt: skip
SHIPPED = "[a-z0-9]+(?:[_-][a-z0-9]+)*"


@pytest.fixture(scope="module")
def standard() -> list[Row]:
    rows: list[Row] = config_tables(Home(Path("nowhere")), date(2026, 11, 16))["utm_standard"].to_pylist()
    return rows


def meanings(campaigns: list[str], standard: list[Row], pattern: str = SHIPPED) -> dict[str, Row]:
    """The row of each campaign."""
    links = [{"utm_source": "facebook", "utm_medium": "social", "utm_campaign": campaign} for campaign in campaigns]
    config: dict[str, Any] = {
        "utm_standard": pa.Table.from_pylist([{**row, "campaign_pattern": pattern} for row in standard])
    }
    rows = model_rows("core.int_value_meanings", {"core.int_link_tags": links}, config=config)
    return {row["given"]: row for row in rows if row["dimension"] == "campaign" and row["given"] in campaigns}


@pytest.mark.parametrize("pattern", [SHIPPED, "[^x]+", "a|ab", ".*", "(?i)[A-Z]+", "a.b", r"a\sb", "(a|(sh)?op)+.*$"])
def test_a_campaign_fits_the_standard_as_it_does_alone(standard: list[Row], pattern: str) -> None:
    found = meanings(CAMPAIGNS, standard, pattern)
    # RE2, like Python, knows \n alone as the end of a line.
    expected = {
        name: len(name) <= 100 and re.fullmatch(pattern, name.lower(), re.ASCII) is not None for name in CAMPAIGNS
    }
    assert {name: row["state"] != "invalid" for name, row in found.items()} == expected


def test_a_campaign_has_the_classes_that_it_has_alone(standard: list[Row]) -> None:
    together = meanings(CAMPAIGNS, standard)
    assert len(together) == len(CAMPAIGNS)
    for name in CAMPAIGNS:
        assert meanings([name], standard)[name] == together[name]
    shops = {name for name, row in together.items() if row["ga4_bits"] == together["shopping"]["ga4_bits"]}
    assert shops == {"shop", "shopping", "e-shop", "sommer_shop", "a\nshop"}
    networks = {name for name, row in together.items() if row["ga4_bits"] == together["cross-network"]["ga4_bits"]}
    assert networks == {"cross-network", "my-cross-network-2026"}


def test_more_campaigns_than_a_bundle_holds(standard: list[Row]) -> None:
    names = [f"autumn_{number}" for number in range(2500)] + [f"shop_{number}" for number in range(2500)] + ["no fit"]
    found = meanings(names, standard)
    assert {name for name, row in found.items() if row["state"] != "ok"} == {"no fit"}
    plain = found["autumn_0"]["ga4_bits"]
    assert {name for name, row in found.items() if row["ga4_bits"] != plain} == {
        n for n in names if n.startswith("shop")
    }
