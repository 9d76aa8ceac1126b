"""What rules, risks and checks say, in the language of the page."""

import json
from decimal import Decimal
from types import SimpleNamespace

from checks.catalogue import all_checks
from checks.declared import Agreement, NoViolations, Share
from checks.raw_contracts import RawContract
from config.evidence import load_evidence, parse
from pipelines.schema import RAW_TABLES
from review.language import Language, messages
from review.said import LISTED, finding, tell
from sql.catalog import Catalog

EN, NB, SV = (Language(code) for code in ("en", "nb", "sv"))
TITLES = {
    "cpa": SimpleNamespace(title_en="Cost per acquisition", title_nb="Kostnad per kjøp", title_sv="Kostnad per köp")
}


def said(*lines: dict) -> str:
    return "\n".join(json.dumps(line) for line in lines)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_figures_stand_as_the_language_writes_them():
    given = said(
        {
            "text": "step",
            "step": 391.4,
            "spend": 12345.5,
            "currency": "NOK",
            "until": "2026-11-07",
            "most": 30,
            "usual": None,
        },
        {"text": "growth", "growth": -61},
    )
    assert [plain(tell(given, t, {})) for t in (EN, NB, SV)] == [
        "largest step 391% to 12,345.50 NOK a day until 7 November 2026 (at most 30% in 48 hours, usual variation unknown%); "
        "the week −61% over the week before",
        "største hopp 391 % til 12 345,50 NOK per dag fram til 7. november 2026 (høyst 30 % på 48 timer, vanlig variasjon ukjent %); "
        "uken −61 % over uken før",
        "största steget 391 % till 12 345,50 NOK per dag fram till 7 november 2026 (högst 30 % på 48 timmar, vanlig variation okänt %); "
        "veckan −61 % över veckan före",
    ]


def test_kpis_have_their_title_and_units_their_word():
    given = said({"text": "at_least", "kpi": "cpa", "value": 1234.5, "unit": "count", "level": 95})
    assert plain(tell(given, NB, TITLES)) == "Kostnad per kjøp 1 234,50, minst 95 kreves"
    assert plain(tell(said({"text": "more", "count": 44, "what": "views in a fortnight"}), SV, {})) == (
        "ytterligare 44 uppspelningar på två veckor"
    )


def test_what_a_table_of_its_own_lists_is_left_out():
    given = said(
        {"text": "links_to_mend", "links": 2},
        {"text": "most_visited"},
        {"text": "link", "url": "a", "mended": "b", "visits": 3},
    )
    assert tell(given, EN, {}) == "; 2 links to mend, those with most visits: a → b (3)"
    assert tell(given, EN, {}, without=LISTED) == "; 2 links to mend"


def test_an_exact_figure_stays_exact():
    given = '{"text": "links_to_mend", "links": 12345678901234567890}'
    assert "12 345 678 901 234 567 890" in plain(tell(given, NB, {}))


def line(name: str, numerator: object, denominator: object, asset: str = "raw.ads") -> SimpleNamespace:
    return SimpleNamespace(check_name=name, asset=asset, numerator=numerator, denominator=denominator)


def violation(count: int, **row: object) -> SimpleNamespace:
    return SimpleNamespace(violation=json.dumps(row, default=str), violation_count=count)


def test_a_finding_tells_the_first_rows_and_how_many_more():
    rows = [violation(5, source="meta", missing_day=f"2026-11-0{day}") for day in range(1, 6)]
    assert plain(finding([line("missing_days", Decimal(5), Decimal(90))], rows, NB)) == (
        "meta har ingenting for 1. november 2026; meta har ingenting for 2. november 2026; meta har ingenting for 3. november 2026; "
        "og 2 til av 90"
    )


def test_a_share_and_an_agreement_say_what_was_compared():
    share = violation(1, member="all", numerator=Decimal("905"), denominator=Decimal("1000"), threshold=Decimal("0.95"))
    assert (
        plain(finding([line("utm_coverage", Decimal(905), Decimal(1000))], [share], SV))
        == "alla: 90,5 % (905 av 1 000), mål 95 %"
    )
    parted = violation(1, member="orders", numerator=Decimal(9), denominator=Decimal(10), threshold=Decimal(1))
    assert plain(finding([line("kpis_as_facts", Decimal(9), Decimal(10))], [parted], NB)) == "ordrer: 9, men 10 kom inn"


def test_without_words_for_the_rows_they_are_counted():
    rows = [violation(2, session_id=None)]
    assert finding([line("required_values", Decimal(2), Decimal(90))], rows, NB) == "2 av 90 bryter regelen"
    assert finding([line("grain", None, None)], [], SV) == "kan inte bedömas"


def test_every_check_has_a_name_and_words_for_its_rows_in_every_language():
    contracts = [
        RawContract(f"raw.{name}", {column.name: column.type for column in table.columns})
        for name, table in RAW_TABLES.items()
    ]
    findings = load_evidence().findings
    checks = all_checks(Catalog(), contracts)
    assert len(checks) > 50
    for check in checks:
        assert f"check.{check.name}" in messages(), check.name
        if isinstance(check, (Share, Agreement)) or not check.says:
            continue
        assert isinstance(check, NoViolations)
        asked = {piece.name for piece in parse(findings[check.name][0]) if piece.name}
        assert all(f"{{{name}}}" in check.says for name in asked), check.name
