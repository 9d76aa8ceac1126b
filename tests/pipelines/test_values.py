"""Numbers, shares and durations by the evidence of the column."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipelines.values import (
    clean,
    currency_of,
    decimal_marks,
    is_missing,
    mark_of_languages,
    parse_durations,
    parse_flags,
    parse_numbers,
)

D = Decimal


@pytest.mark.parametrize(
    ("texts", "kind", "expected"),
    [
        (["1.234", "12,5"], "money", [D("1234.0000"), D("12.5000")]),
        (["1,234", "12.5"], "money", [D("1234.0000"), D("12.5000")]),
        (["1 234,50", "2\u00a0000", "3\u202f000,1"], "money", [D("1234.5"), D("2000"), D("3000.1")]),
        (["1,234"], "count", [1234]),
        (["1.234"], "count", [1234]),
        (["1.234.567", "12"], "count", [1234567, 12]),
        (["11,337", "2"], "count", [11337, 2]),
        (["1’234.50"], "money", [D("1234.5")]),
        (["NOK 1 200,00", "kr 15", "100,-"], "money", [D("1200"), D("15"), D("100")]),
        (["-3", "(4)", "−5"], "count", [-3, -4, -5]),
        (["0,5", "0,25"], "value", [D("0.5"), D("0.25")]),
        (["1e3"], "count", [1000]),
        (["0.000049"], "share", [D("0.000049")]),
        (["160.65184879"], "money", [D("160.6518")]),
    ],
)
def test_numbers_are_read_by_the_column(texts: list[str], kind: str, expected: list[object]) -> None:
    column = parse_numbers(texts, kind)
    assert column.values == expected
    assert not column.problems


@pytest.mark.parametrize("text", ["", "-", " --", "--", "N/A", "NAN", "undefined", "(not set)", "Ongoing", "\u200b"])
def test_missing_is_missing_and_not_nought(text: str) -> None:
    assert is_missing(text)
    assert parse_numbers([text], "count").values == [None]
    assert not parse_numbers([text], "count").problems


def test_an_undecided_amount_is_refused_with_the_question() -> None:
    column = parse_numbers(["1,234"], "money")
    assert column.values == [None]
    assert "1234" in column.problems["1,234"]
    assert "1.234" in column.problems["1,234"]
    assert parse_numbers(["1,234"], "money", mark=",").values == [D("1.234")]
    assert parse_numbers(["1,234"], "money", fallback_mark=".").values == [D("1234")]


def test_three_decimals_need_company_where_two_are_usual() -> None:
    """`1.234` among `12.50` and `0.99` was a thousand in the spreadsheet of a neighbouring country."""
    column = parse_numbers(["1.234", "12.50", "0.99"], "money")
    assert column.values == [None, D("12.5"), D("0.99")]
    assert column.problems["1.234"] == "is it 1234 or 1.234? No other value of the column has three decimals"
    assert "Nothing in the file tells" in parse_numbers(["1.234", "7"], "amount", fallback_mark=".").problems["1.234"]
    assert parse_numbers(["1.234", "12.50", "0.995"], "money").values == [D("1.234"), D("12.5"), D("0.995")]
    assert parse_numbers(["1.234", "12.50"], "money", mark=".").values == [D("1.234"), D("12.5")]
    assert parse_numbers(["1.234", "12,50"], "money").values == [D("1234"), D("12.5")]
    assert parse_numbers(["1.085", "1.1"], "rate").values == [D("1.085"), D("1.1")]


@pytest.mark.parametrize(
    "text",
    [
        "3.апр",
        "1.юни",
        "22.авг",
        "Mar-04",
        "3.apr",
        "jan.25",
        "04-mai",
        "04.mar",
        "3-Apr",
        "03.04.2026",
        "2026-04-03",
        "3/4/2026",
    ],
)
def test_a_number_that_a_spreadsheet_made_a_date_is_refused(text: str) -> None:
    column = parse_numbers([text, "15"], "value")
    assert column.values[0] is None
    assert "spreadsheet" in column.problems[text]


@pytest.mark.parametrize(
    "text", ["12 34", "1 2345", "1'23", "12'345,67'8", "1 234,567.8", "79714.", "5684'", "7%8", "1 234 5"]
)
def test_a_number_with_a_gap_in_it_is_refused(text: str) -> None:
    """A blank where a digit was must not join what is left of it."""
    assert text in parse_numbers([text], "money").problems


@pytest.mark.parametrize("text", ["12abc", "1,23,4", "1.2.3", "ca. 5", "1.2K", "--5", "١٢"])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert text in parse_numbers([text], "money").problems


@pytest.mark.parametrize("text", ["1.23E+11", "5E+15", "1,2E+05"])
@pytest.mark.parametrize("kind", ["count", "money", "amount"])
def test_a_number_that_a_spreadsheet_has_shortened_is_refused(text: str, kind: str) -> None:
    assert "shortened" in parse_numbers([text], kind, fallback_mark=".").problems[text]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("12%", "count"), ("12 %", "money"), ("NOK 12", "count"), ("12,50 €", "share"), ("kr 4", "seconds")],
)
def test_a_value_of_another_kind_is_refused(text: str, kind: str) -> None:
    assert "are the columns in their places?" in parse_numbers([text], kind).problems[text]


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("NOK 1 200", "NOK"),
        ("-12,50 €", "EUR"),
        ("(£4)", "GBP"),
        ("3 SEK", "SEK"),
        ("kr 12", None),
        ("$4", None),
        ("12", None),
    ],
)
def test_the_currency_that_a_cell_names(text: str, currency: str | None) -> None:
    assert currency_of(text) == currency


def test_a_count_that_the_files_decimal_mark_makes_a_fraction_is_asked_about() -> None:
    assert "is it 1234 or 1.234?" in parse_numbers(["1.234"], "count", fallback_mark=".").problems["1.234"]
    assert parse_numbers(["1.234"], "count", fallback_mark=",").values == [1234]
    assert parse_numbers(["1,234"], "count", fallback_mark=".").values == [1234]


def test_a_count_has_no_decimals() -> None:
    assert parse_numbers(["12.5"], "count").problems == {"12.5": "not a whole number"}
    assert parse_numbers(["12.0"], "count").values == [12]


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("5.22", "percent", "0.0522"),
        ("36%", "percent", "0.36"),
        ("1.93%", "plain", "0.0193"),
        ("0.0193", "plain", "0.0193"),
        ("0.59", "plain", "0.59"),
    ],
)
def test_percent_scales(text: str, scale: str, expected: str) -> None:
    assert parse_numbers([text], "share", scale=scale).values == [D(expected)]


def test_censored_shares_are_empty_and_said() -> None:
    column = parse_numbers(["< 10%", "> 90%", "15%"], "share", scale="sign")
    assert column.values == [None, None, D("0.15")]
    assert column.notes


def test_durations() -> None:
    column = parse_durations(["0:04:34", "4:34", "12.5", "", "1:75"])
    assert column.values == [D("274"), D("274"), D("12.5"), None, None]
    assert list(column.problems) == ["1:75"]


def test_flags_in_the_projects_languages() -> None:
    assert parse_flags(["ja", "Nei", "TRUE", "0", ""]).values == [True, False, True, False, None]
    assert "kanskje" in parse_flags(["kanskje"]).problems


def test_languages_give_a_mark_only_when_they_agree() -> None:
    assert mark_of_languages(["nb", "sv"]) == ","
    assert mark_of_languages(["en"]) == "."
    assert mark_of_languages(["en", "nb"]) is None
    assert mark_of_languages(["any"]) is None


def test_invisible_characters_go_but_letters_stay() -> None:
    assert clean(" Vi\u00addeo\u200b \u00a0 ti\u00adtel ") == "Video titel"


def written(value: Decimal, mark: str, group: str) -> str:
    sign, _digits, _ = value.as_tuple()
    whole, _, fraction = f"{abs(value):f}".partition(".")
    parts = []
    while len(whole) > 3:
        parts.insert(0, whole[-3:])
        whole = whole[:-3]
    text = group.join([whole, *parts]) + (mark + fraction if fraction else "")
    return ("-" if sign else "") + text


@given(
    st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=20),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (",", "\u202f"), (".", "")]),
)
def test_any_amounts_written_in_any_country_come_back(amounts: list[Decimal], style: tuple[str, str]) -> None:
    """Two decimals prove the mark, whatever the grouping: no column of amounts is ever misread."""
    texts = [written(amount, *style) for amount in amounts]
    column = parse_numbers(texts, "money")
    assert not column.problems
    assert column.values == [amount.quantize(Decimal("0.0001")) for amount in amounts]


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.sampled_from([".", ",", " ", "\u00a0", ""])
)
def test_any_counts_with_any_grouping_come_back(counts: list[int], group: str) -> None:
    column = parse_numbers([written(Decimal(count), "?", group) for count in counts], "count")
    assert column.values == counts


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader_and_none_is_read_by_half(text: str) -> None:
    column = parse_numbers([text], "money")
    assert (column.values[0] is not None) + (text in column.problems) + is_missing(text) <= 1 or column.values[
        0
    ] is None
    if column.values[0] is not None:
        assert any(character.isdigit() for character in text)


def test_two_marks_that_prove_themselves_are_both_found() -> None:
    assert decimal_marks(["1,5", "2.5"]) == {",", "."}
