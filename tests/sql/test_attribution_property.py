"""attribution.credits against a second implementation, in fractions: any path, all six models, and the lookback to the second.

The second implementation is written from the definitions in DECISIONS.md and docs, not from the SQL.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.home import Home
from config.settings import load_settings, tables
from tests.session_rows import Row, model_rows

MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay")
LOOKBACKS = {"order": 14, "lead": 60, "email_signup": 30, "webinar_registration": 30}
HALF_LIFE_DAYS = 7
CONVERTED_AT = datetime.fromisoformat("2026-11-30 12:00:00")
NINE_PLACES = Fraction(1, 10**9)


@pytest.fixture(scope="module")
def config() -> dict[str, pa.Table]:
    """Lookbacks by conversion type as a home would set them."""
    shipped = load_settings(Home(Path("nowhere")))
    by_type = {"order": LOOKBACKS["order"], "lead": LOOKBACKS["lead"]}
    changed = shipped.attribution.model_copy(update={"lookback_days_by_type": by_type})
    return tables(shipped.model_copy(update={"attribution": changed}))


@dataclass(frozen=True)
class Touch:
    """A session so many seconds before the conversion; negative: after it."""

    seconds_before: int
    channel: str
    is_payment: bool = False


@dataclass(frozen=True)
class Case:
    """A conversion and every session of its visitor, in no order."""

    conversion_type: str
    touches: Sequence[Touch]
    value: Decimal | None


def shares(case: Case, model: str) -> dict[int, Fraction]:
    """The exact share of each touch by its place in ``case.touches``; empty where no touch counts."""
    horizon = LOOKBACKS[case.conversion_type] * 86_400
    within = [place for place, touch in enumerate(case.touches) if 0 <= touch.seconds_before <= horizon]
    in_time = sorted(within, key=lambda place: (-case.touches[place].seconds_before, f"{place:03d}"))
    counting = [place for place in in_time if not case.touches[place].is_payment] or in_time
    known = [place for place in counting if case.touches[place].channel != "Direct"]
    path = known or counting
    if not path:
        return {}
    if model == "last":
        return {counting[-1]: Fraction(1)}
    if model in ("first", "last_non_direct"):
        return {path[0 if model == "first" else -1]: Fraction(1)}
    if model == "linear":
        weights = [Fraction(1)] * len(path)
    elif model == "position":
        middle = len(path) - 2
        weights = (
            [Fraction(1)] * len(path)
            if middle < 1
            else [Fraction(2, 5), *[Fraction(1, 5) / middle] * middle, Fraction(2, 5)]
        )
    else:
        newest = case.touches[path[-1]].seconds_before
        ages = [(case.touches[place].seconds_before - newest) / (86_400 * HALF_LIFE_DAYS) for place in path]
        weights = [Fraction(0.5**age) for age in ages]
    return {place: weight / sum(weights) for place, weight in zip(path, weights, strict=True)}


def credited(cases: Sequence[Case], config: dict[str, pa.Table]) -> dict[tuple[int, str], list[Row]]:
    """The model's rows by case and attribution model."""
    sessions: list[Row] = []
    conversions: list[Row] = []
    for number, case in enumerate(cases):
        conversions.append(
            {
                "conversion_id": str(number), "conversion_type": case.conversion_type, "occurred_at": CONVERTED_AT,
                "conversion_date": CONVERTED_AT.date(), "visitor_id": f"v{number}", "value_reporting": case.value,
            }
        )  # fmt: skip
        for place, touch in enumerate(case.touches):
            sessions.append(
                {
                    "session_id": f"{place:03d} of {number}", "visitor_id": f"v{number}", "channel": touch.channel,
                    "started_at": CONVERTED_AT - timedelta(seconds=touch.seconds_before),
                    "referrer_kind": "payment" if touch.is_payment else None,
                }
            )  # fmt: skip
    found: dict[tuple[int, str], list[Row]] = defaultdict(list)
    inputs = {"core.fct_sessions": sessions, "core.fct_conversions": conversions}
    for row in model_rows("attribution.credits", inputs, config=config):
        found[int(row["conversion_id"]), row["model"]].append(row)
    return found


edge = st.sampled_from([0, -1, 1, *(days * 86_400 + more for days in (14, 30, 60) for more in (-1, 0, 1))])
seconds = st.one_of(edge, st.integers(-86_400, 70 * 86_400), st.integers(0, 20).map(lambda days: days * 86_400))
touch = st.one_of(
    st.builds(Touch, seconds, st.sampled_from(["Direct", "Email", "Paid Social", "Organic Search", "Referral"])),
    st.builds(Touch, seconds, st.just("Direct"), st.just(True)),
)
value = st.one_of(st.none(), st.decimals("-100000", "100000", places=4))
case = st.builds(Case, st.sampled_from(sorted(LOOKBACKS)), st.lists(touch, max_size=12), value)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(case, min_size=30, max_size=40))
def test_any_path_has_the_credits_of_the_second_implementation(config: dict[str, pa.Table], cases: list[Case]) -> None:
    found = credited(cases, config)
    for number, one in enumerate(cases):
        for model in MODELS:
            rows = found[number, model]
            assert sum(row["credit"] for row in rows) == 1, (one, model)
            values = [row["value_reporting"] for row in rows]
            assert (sum(values) == one.value) if one.value is not None else (set(values) == {None}), (one, model)
            expected = shares(one, model)
            given_to = {place_of(row): Fraction(row["credit"]) for row in rows}
            if not expected:
                assert given_to == {None: 1} and rows[0]["channel"] == "Unattributed", (one, model)
                continue
            # A share is the difference of two running totals that are cut to nine places: less than one unit off, and none where it is 0.
            assert set(given_to) <= set(expected), (one, model)
            for place, share in expected.items():
                slack = NINE_PLACES * (2 if model == "time_decay" else 1)
                assert abs(given_to.get(place, Fraction(0)) - share) < slack, (one, model, place)


def place_of(row: Row) -> int | None:
    return int(row["session_id"].split(" ")[0]) if row["session_id"] else None


@pytest.mark.parametrize("conversion_type", sorted(LOOKBACKS))
def test_the_lookback_of_a_type_holds_to_the_second_in_every_model(
    config: dict[str, pa.Table], conversion_type: str
) -> None:
    horizon = LOOKBACKS[conversion_type] * 86_400
    cases: dict[str, list[Touch]] = {
        "just within": [Touch(horizon, "Email")],
        "a second too early": [Touch(horizon + 1, "Email")],
        "at the conversion": [Touch(0, "Email")],
        "a second after": [Touch(-1, "Email")],
        "both ends": [Touch(horizon, "Email"), Touch(0, "Referral")],
        "beyond both ends": [Touch(horizon + 1, "Email"), Touch(5, "Referral"), Touch(-1, "Email")],
    }
    found = credited([Case(conversion_type, touches, Decimal(1)) for touches in cases.values()], config)
    for model in MODELS:
        places: dict[str, Any] = {
            name: sorted(str(place_of(row)) for row in found[number, model]) for number, name in enumerate(cases)
        }
        ends = {"first": ["0"], "last": ["1"], "last_non_direct": ["1"]}.get(model, ["0", "1"])
        assert places == {
            "just within": ["0"],
            "a second too early": ["None"],
            "at the conversion": ["0"],
            "a second after": ["None"],
            "both ends": ends,
            "beyond both ends": ["1"],
        }, model


def test_lookbacks_come_from_the_settings_by_type(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    text = "attribution: {lookback_days: 20, lookback_days_by_type: {order: 14, lead: 60}}\n"
    (home.config / "settings.yml").write_text(text, encoding="utf-8")
    lookbacks = tables(load_settings(home))["lookbacks"].to_pylist()
    assert {row["conversion_type"]: row["lookback_days"] for row in lookbacks} == {
        "lead": 60, "email_signup": 20, "webinar_registration": 20, "order": 14,
    }  # fmt: skip
