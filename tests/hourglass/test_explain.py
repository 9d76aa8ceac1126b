"""What ``hourglass explain`` knows of measures, and how periods are read. The command itself is tested end to end."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from config.home import Home
from config.kpis import SOURCES, load_kpis, signed
from hourglass.explain.facts import AMOUNTS, ROWS_OF
from hourglass.explain.question import Period, parse_period
from hourglass.terminal import UserError
from sql.catalog import Catalog
from sql.measures import MADE_OF, tables_behind

KPIS = load_kpis(Home(Path("nowhere")))


def test_every_computed_measure_can_be_followed_to_files():
    used = {name for kpi in KPIS.kpis.values() for name, _ in signed([*kpi.numerator, *kpi.denominator])}
    lost = set()
    for name in used - set(AMOUNTS):
        measure = KPIS.measures[name]
        made_of = [measure.measure] if measure.measure else []
        if measure.kpi:
            definition = KPIS.kpis[measure.kpi]
            made_of += [part for part, _ in signed([*definition.numerator, *definition.denominator])]
        if (
            not set(measure.source) <= set(ROWS_OF)
            or not set(made_of) <= set(AMOUNTS)
            or not (measure.source or made_of)
        ):
            lost.add(name)
    assert lost == set()


def test_an_amount_is_that_of_a_measure():
    assert set(AMOUNTS) <= set(KPIS.measures)


def test_every_source_has_its_models():
    assert set(MADE_OF) == set(get_args(SOURCES))
    catalog = Catalog()
    assert {model for models in MADE_OF.values() for model in models} <= set(catalog.models)
    assert "raw.web_sessions" in tables_behind(catalog, {"sessions"})
    assert "raw.ads" not in tables_behind(catalog, {"sessions"})


INPUTS = {"raw.messages", "raw.mentions", "raw.reviews", "raw.content_calendar", "raw.costs", "raw.experiments", "raw.decisions",
          "raw.subscriptions", "raw.social_posts", "raw.exchange_rates"}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "inputs"),
    [
        ("posts", {"raw.social_posts", "raw.content_calendar"}),
        ("content", {"raw.content_calendar"}),
        ("costs", {"raw.costs", "raw.exchange_rates"}),
        ("messages", {"raw.messages"}),
        ("mentions", {"raw.mentions"}),
        ("reviews", {"raw.reviews"}),
        ("decisions", {"raw.decisions"}),
        ("experiments", {"raw.experiments", "raw.content_calendar", "raw.exchange_rates"}),
        ("subscriptions", {"raw.subscriptions", "raw.exchange_rates"}),
    ],
)
def test_what_stands_in_one_table_with_a_number_is_not_behind_it(source, inputs):
    """Messages, mentions and costs share a table; a mention that comes late is no reason why posts changed."""
    catalog = Catalog()
    behind = tables_behind(catalog, {source})
    assert behind & INPUTS == inputs
    assert inputs <= catalog.upstream(MADE_OF[source])
    assert set(MADE_OF[source]) <= behind


@pytest.mark.parametrize(
    ("text", "period", "name"),
    [
        ("2026-W46", Period("week", date(2026, 11, 9), date(2026, 11, 15)), "2026-W46"),
        ("2026w01", Period("week", date(2025, 12, 29), date(2026, 1, 4)), "2026-W01"),
        ("2026-W53", Period("week", date(2026, 12, 28), date(2027, 1, 3)), "2026-W53"),
        ("2026-12", Period("month", date(2026, 12, 1), date(2026, 12, 31)), "2026-12"),
        ("2028-02", Period("month", date(2028, 2, 1), date(2028, 2, 29)), "2028-02"),
        (" 2026-10-25 ", Period("day", date(2026, 10, 25), date(2026, 10, 25)), "2026-10-25"),
    ],
)
def test_a_period_is_read_as_people_write_it(text, period, name):
    assert parse_period(text) == period
    assert period.name == name


@pytest.mark.parametrize("text", ["2025-W53", "2026-W00", "2026-13", "2026-02-30", "W46", "46", ""])
def test_what_is_no_period_is_refused_with_the_forms(text):
    with pytest.raises(UserError, match="2026-W46"):
        parse_period(text)
