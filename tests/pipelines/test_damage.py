"""Exports that were opened and saved, cut, or sent around: what is restored, and what is refused with its reason."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

D = Decimal
HEADER = "Post ID,Page ID,Page name,Title,Description,Publish time,Permalink,Post type,Data comment,Date,Views,Reach,Reactions"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def post(number: int, *, end: str = "120,90,8", id_: str | None = None, caption: str = "Blåbær") -> str:
    post_id = id_ or str(100_000_000_000_000 + number)
    return f"{post_id},900,Fjellheim,,{caption},03/18/2026 10:{number:02d},https://www.facebook.com/p/{number},Photo,,Lifetime,{end}\n"


def test_a_line_that_was_cut_waits_and_does_not_lend_its_stump(bench: Any) -> None:
    result = bench.read("a.csv", f"{HEADER}\n{post(1)}{post(2, end='1')}{post(3)}")
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 2, 1)
    assert "the line ends after 11 of 13 cells" in (result.reason or "")
    assert bench.rows("select line_number from raw.quarantine") == [(3,)]


@pytest.mark.parametrize("lines", [post(2, end="40") + post(3, end="50"), post(2, end="").rstrip(",\n") + "\n"])
def test_lines_without_their_blank_end_are_whole(bench: Any, lines: str) -> None:
    """Meta leaves out the video columns of posts that have none, and Excel the delimiters behind a row's last value."""
    result = bench.read("a.csv", f"{HEADER}\n{post(1)}{lines}")
    assert result.status == "loaded"
    assert result.rows_loaded == 1 + lines.count("\n")


def test_a_line_with_more_cells_than_the_header_waits(bench: Any) -> None:
    result = bench.read("a.csv", f"{HEADER}\n{post(1)}{post(2, caption='Blåbær, ål')}")
    assert (result.rows_loaded, result.rows_quarantined) == (1, 1)
    assert "14 cells under a header of 13" in (result.reason or "")


def test_broken_quotes_cost_one_line_and_move_no_value_to_another_post(bench: Any) -> None:
    text = f"{HEADER}\n{post(1)}" + post(2, caption='"Ål, sa han') + post(3, caption='"Ja, ""ål"""') + post(4)
    result = bench.read("a.csv", text)
    assert (result.rows_loaded, result.rows_quarantined) == (3, 1)
    assert "the quotes of the line are broken" in (result.reason or "")
    assert bench.rows("select caption from raw.social_posts order by 1") == [("Blåbær",), ("Blåbær",), ('Ja, "ål"',)]


@pytest.mark.parametrize(
    ("ends", "views", "says"),
    [
        ((",120,0", ",130,0"), [120, 130], None),
        ((",0,120", ",0,130"), [120, 130], "the one with values was read"),
        ((",120,7", ",130,8"), [120, 130], "warning: the columns named Views differ"),
    ],
)
def test_of_two_columns_of_the_same_name_the_one_with_values_counts(
    bench: Any, ends: tuple[str, str], views: list[int], says: str | None
) -> None:
    lines = [post(number, end=f"1{end},9").replace("Lifetime,1,", "Lifetime,") for number, end in enumerate(ends, 1)]
    header = HEADER.replace("Views,Reach,Reactions", "Views,Views,Reactions")
    result = bench.read("a.csv", f"{header}\n{''.join(lines)}")
    assert result.status == "loaded"
    assert bench.rows("select views from raw.social_posts order by 1") == [(value,) for value in views]
    notes = [note for note in result.notes if "named Views" in note]
    assert (says is None and not notes) or (says is not None and says in notes[0])


@pytest.mark.parametrize("ids", [["122100000000000000", "122117325612345000"], ["1.22E+17"], ["1,22117325612345E+17"]])
def test_ids_that_lost_their_digits_are_refused(bench: Any, ids: list[str]) -> None:
    lines = "".join(post(number, id_=f'"{id_}"') for number, id_ in enumerate(ids))
    result = bench.read("a.csv", f"{HEADER}\n{lines}")
    assert (result.status, result.rows_quarantined) == ("quarantined", len(ids))
    assert "rounded this id" in (result.reason or "")


def test_an_id_may_end_in_zeros(bench: Any) -> None:
    lines = post(1, id_="122117325612345000") + post(2, id_="122117325612345678")
    assert bench.read("a.csv", f"{HEADER}\n{lines}").status == "loaded"
    assert bench.rows("select min(post_id) from raw.social_posts") == [("122117325612345000",)]


def test_ids_of_a_workbook_with_more_digits_than_it_keeps_are_refused(bench: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    import io

    book = openpyxl.Workbook()
    for line in f"{HEADER}\n{post(1)}".splitlines():
        book.active.append(line.split(","))
    book.active["A2"] = 122117325612345678
    buffer = io.BytesIO()
    book.save(buffer)
    result = bench.read("a.xlsx", buffer.getvalue())
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "rounded this id" in (result.reason or "")


def test_american_days_that_a_nordic_spreadsheet_swapped_are_refused(bench: Any) -> None:
    """Excel in Norwegian takes 03/04/2026 for the third of April and writes 03.04.2026; all of it looks right, and none of it is."""
    lines = (post(1) + post(2)).replace("03/18/2026", "03.04.2026")
    result = bench.read("a.csv", f"{HEADER}\n{lines}")
    assert (result.status, result.rows_quarantined) == ("quarantined", 2)
    assert "spreadsheet" in (result.reason or "")
    assert bench.read("b/b.csv", f"{HEADER}\n{lines}", "date_order: dmy\n").status == "loaded"
    assert bench.rows("select distinct published_at::date from raw.social_posts") == [(date(2026, 4, 3),)]


@pytest.mark.parametrize("again", [HEADER, "\ufeff" + HEADER, HEADER.replace("Views", "VIEWS ") + ",,"])
def test_a_header_that_stands_again_is_no_record(bench: Any, again: str) -> None:
    """Exports that somebody put together, one below the other."""
    result = bench.read("a.csv", f"{HEADER}\n{post(1)}{again}\n{post(2)}{again}\n{post(3)}")
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_quarantined) == ("loaded", 3, 3, 0)
    assert "the header stands 2 more times between the records, first in line 3" in result.notes
    assert bench.rows("select source_row, views from raw.social_posts order by 1") == [(1, 120), (2, 120), (3, 120)]


@pytest.mark.parametrize("date", ["_2026-04-01", ""])
@pytest.mark.parametrize(
    ("table", "header", "records"),
    [
        ("costs", "month,amount,currency", ["2026-01,100.00,NOK", "2026-02,200.00,NOK"]),
        ("content_calendar", "asset_id,platform,series", ["a1,instagram,Tur", "a2,instagram,Tur"]),
    ],
)
def test_a_header_that_stands_again_in_a_generic_input_is_no_record(
    bench: Any, table: str, header: str, records: list[str], date: str
) -> None:
    """Also where every column is text, so that a header could pass for a record."""
    text = "\n".join([header, records[0], header, records[1], "\ufeff" + header]) + "\n"
    result = bench.read(f"{table}{date}.csv", text)
    assert (result.status, result.rows_read, result.rows_loaded) == ("loaded", 2, 2)
    assert "the header stands 2 more times between the records, first in place of record 2" in result.notes
    assert bench.rows(f"select count(*), count(distinct source_row) from raw.{table}") == [(2, 2)]


def test_a_generic_input_that_was_encoded_twice(bench: Any) -> None:
    text = "asset_id,platform,series\na1,instagram,Blåbær på fjellet\na2,instagram,Ål\n"
    result = bench.read("plan_2026-04-01.csv", text.encode().decode("latin-1").encode())
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    assert bench.rows("select series from raw.content_calendar order by asset_id") == [("Blåbær på fjellet",), ("Ål",)]
    assert any("encoded twice" in note for note in result.notes)


def test_headers_that_were_encoded_twice_are_known(bench: Any) -> None:
    text = "Kampanjnamn,Dag,Spenderat belopp (SEK),Visningar,Räckvidd\nvår på fjället,2026-01-02,10.50,100,90\n"
    result = bench.read("a.csv", text.encode().decode("cp1252").encode())
    assert (result.format, result.status) == ("meta.ads", "loaded")
    assert bench.rows("select campaign, reach from raw.ads") == [("vår på fjället", 90)]
