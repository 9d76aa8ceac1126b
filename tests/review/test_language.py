"""Numbers, money, dates and weeks as each language writes them; and that no text is missing in any."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from config.home import Home
from config.kpis import CADENCES, SOURCES, TIERS, UNITS, load_kpis
from config.settings import ATTRIBUTION_MODELS, CONVERSION_TYPES
from review.formulas import translations
from review.language import LANGUAGES, Language, messages
from review.reasons import absence

EN, NB, SV = (Language(code) for code in LANGUAGES)
ROOM = Path(__file__).parents[2] / "review"


@pytest.mark.parametrize(
    ("value", "unit", "currency", "en", "nb", "sv"),
    [
        ("18", "percent", None, "18.0%", "18,0 %", "18,0 %"),
        ("1234567", "count", None, "1,234,567", "1 234 567", "1 234 567"),
        ("1234.5", "money", "NOK", "NOK 1,234", "1 234 kr", "1 234 NOK"),
        ("280", "money", "SEK", "SEK 280", "280 SEK", "280 kr"),
        ("3.1", "ratio", None, "3.10", "3,10", "3,10"),
        ("-9.45", "per_1000", None, "−9.45", "−9,45", "−9,45"),
        ("2.5", "count_per_week", None, "2.5", "2,5", "2,5"),
    ],
)
def test_a_figure_is_written_as_the_language_writes_it(value, unit, currency, en, nb, sv):
    shown = [t.figure(Decimal(value), unit, currency).replace("\u00a0", " ") for t in (EN, NB, SV)]
    assert shown == [en, nb, sv]


def test_a_change_has_a_sign_and_that_of_percent_is_in_points():
    shown = [t.figure(Decimal("1.25"), "percent", signed=True).replace("\u00a0", " ") for t in (EN, NB, SV)]
    assert shown == ["+1.2 pp", "+1,2 pp", "+1,2 p.e."]
    assert NB.figure(Decimal(-1500), "money", "NOK", signed=True) == "−1\u00a0500\u00a0kr"
    assert EN.figure(None, "percent") == "–"


def test_weeks_and_days():
    monday = date(2026, 12, 28)
    assert [t.week(monday) for t in (EN, NB, SV)] == ["week 53, 2026", "uke 53, 2026", "vecka 53, 2026"]
    shown = [t.days(monday).replace("\u00a0", " ") for t in (EN, NB, SV)]
    assert shown == [
        "28 December 2026 – 3 January 2027",
        "28. desember 2026 – 3. januar 2027",
        "28 december 2026 – 3 januari 2027",
    ]
    assert NB.days(date(2026, 11, 9)).replace("\u00a0", " ") == "9.–15. november 2026"
    assert SV.period("month", date(2026, 5, 1)) == "maj 2026"


def test_why_there_is_no_value_is_said_in_the_language():
    assert absence("no data from ads, posts", NB) == "ingen data fra annonser, innlegg"
    assert absence("denominator is 0", SV) == "inget att dela med"
    assert absence("no rate for DKK", SV) == "ingen kurs för DKK"
    assert absence("something new", EN) == "something new"
    assert absence(None, EN) == "–"


def test_every_text_stands_in_all_three_languages_with_the_same_blanks():
    for key, texts in messages().items():
        assert len(texts) == 3 and all(str(text).strip() for text in texts), key
        blanks = [sorted(re.findall(r"{(\w+)}", str(text))) for text in texts]
        assert blanks[0] == blanks[1] == blanks[2], key


def test_every_text_that_is_asked_for_exists():
    code = "".join(path.read_text(encoding="utf-8") for path in [*ROOM.glob("*.py"), *ROOM.glob("templates/*.j2")])
    asked = set(re.findall(r"say\(\s*['\"]([a-z_]+)['\"]\s*[,)]", code))
    assert asked and asked <= set(messages())


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("unit", get_args(UNITS)),
        ("tier", get_args(TIERS)),
        ("cadence", get_args(CADENCES)),
        ("source", get_args(SOURCES)),
        ("model", ATTRIBUTION_MODELS),
        ("conversion", CONVERSION_TYPES),
        ("status", ("met", "on_track", "behind", "no_data")),
        ("decided", ("decided", "deviated", "ignored", "open")),
        ("role", ("discovery", "community", "conversion")),
        ("ownership", ("owned", "paid", "earned")),
    ],
)
def test_every_value_of_a_column_has_its_word(group, values):
    assert [value for value in values if f"{group}.{value}" not in messages()] == []


def test_every_shipped_formula_is_translated():
    formulas = {kpi.formula for kpi in load_kpis(Home(Path("nowhere"))).kpis.values()}
    assert formulas - set(translations()) == set()
    assert set(translations()) - formulas == set()
    assert all(len(texts) == 2 and all(texts) for texts in translations().values())


@pytest.mark.parametrize(
    ("value", "expected", "unit", "status", "shown"),
    [
        ("27.95", "28", "percent", "behind", "27,95 %"),
        ("27.996", "28", "percent", "behind", "27,996 %"),
        ("27.95", "28", "percent", "met", "28,0 %"),
        ("27.2", "28", "percent", "behind", "27,2 %"),
        ("220.4", "220", "money", "behind", "220,4 kr"),
        ("1.198", "1.2", "ratio", "behind", "1,198"),
        ("28", "28", "percent", "behind", "28,0 %"),
    ],
)
def test_what_is_behind_is_not_shown_as_there(value, expected, unit, status, shown):
    line = SimpleNamespace(value=Decimal(value), expected=Decimal(expected), unit=unit, currency="NOK", status=status)
    assert NB.standing(line).replace("\u00a0", " ") == shown
