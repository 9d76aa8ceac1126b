"""The generic inputs: every format, every type, and what is not loaded."""

import hashlib
import hmac
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pipelines.limits import Limits
from pipelines.privacy import hash_email, load_key, masker
from pipelines.schema import INPUT_TABLES, RAW_TABLES, RawTable
from review.language import Language
from review.reasons import is_translated

D = Decimal
SAMPLES = {
    "id": "x1",
    "text": "Blåbær og grädde",
    "url": "https://fjellheim.example/produkt?utm_source=facebook&q=%C3%A6",
    "email": "Kari@Fjellheim.example",
    "flag": "true",
    "count": "12",
    "money": "1234.50",
    "amount": "4.5",
    "seconds": "12.345",
    "rate": "11.75",
    "date": "2026-02-01",
    "timestamp": "2026-02-01T10:30:00+01:00",
}
EXPECTED = {
    "flag": True,
    "count": 12,
    "money": D("1234.5"),
    "amount": D("4.5"),
    "seconds": D("12.345"),
    "rate": D("11.75"),
    "date": date(2026, 2, 1),
    "timestamp": datetime(2026, 2, 1, 9, 30),
}


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def write(table: RawTable, path: Path, kind: str) -> None:
    named = [column for column in table.own_columns if column.header]
    names = [column.header[0] for column in named]
    texts = [SAMPLES[column.kind] for column in named]
    columns = ", ".join(f'? as "{name}"' for name in names)
    options = {
        "csv": "(format csv, header, delimiter ',')",
        "semicolon": "(format csv, header, delimiter ';')",
        "jsonl": "(format json)",
        "parquet": "(format parquet)",
    }[kind]
    with duckdb.connect() as connection:
        connection.execute(f"create table one as select {columns}", texts)
        connection.execute(f"copy one to '{path}' {options}")


@pytest.mark.parametrize("kind", ["csv", "semicolon", "jsonl", "parquet"])
def test_every_input_in_every_format_with_every_column(bench: Any, kind: str) -> None:
    for table in INPUT_TABLES:
        write(table, bench.home.inbox / f"{table.name}_2026-02-10.{kind}", kind)
    report = bench.ingest()
    assert {(file.export_kind, file.status) for file in report.files} == {
        (table.name, "loaded") for table in INPUT_TABLES
    }
    for table in INPUT_TABLES:
        names = ", ".join(f'"{column.name}"' for column in table.own_columns)
        ((*values,),) = bench.rows(f"select {names} from raw.{table.name}")
        for column, value in zip(table.own_columns, values, strict=True):
            if not column.header:
                assert value is None, "only the readers of exports fill it"
            elif column.kind == "email":
                assert value == hash_email(SAMPLES["email"], load_key(bench.home))
            else:
                assert value == EXPECTED.get(column.kind, SAMPLES[column.kind]), (table.name, column.name)
        assert bench.rows(f"select source_row, captured_at from raw.{table.name}") == [(1, datetime(2026, 2, 10, 12))]


def test_every_raw_table_exists_after_any_run_even_when_empty(bench: Any) -> None:
    bench.ingest()
    for table in RAW_TABLES.values():
        described = bench.rows(f"describe raw.{table.name}")
        assert [(row[0], row[1]) for row in described] == [(column.name, column.type) for column in table.columns]


ORDERS = "order_id,ordered_at,revenue,currency,email,note\n"


def test_records_without_what_is_required_wait_with_line_and_reason(bench: Any) -> None:
    text = (
        ORDERS
        + 'O1,2026-01-01T10:00:00Z,100.00,NOK,kari@x.example,"to\nlinjer"\n'
        + "O2,,50.00,NOK,,skriv til ola@x.example\n"
        + "O3,i går,50.00,NOK,,\n"
        + "O4,2026-01-02,,SEK,,\n"
        + "O5,2026-01-02,7.25,SEK,,\n"
    )
    result = bench.read("orders.csv", text)
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined, result.status) == (5, 2, 3, "partly_loaded")
    assert bench.rows("select order_id, source_row from raw.orders order by 2") == [("O1", 1), ("O5", 5)]
    waiting = bench.rows("select line_number, reason, raw_text from raw.quarantine order by 1")
    assert [(line, reason) for line, reason, _text in waiting] == [
        (4, "ordered_at is missing"),
        (5, "ordered_at: i går: not a date"),
        (6, "revenue is missing"),
    ]
    assert "ola@" not in waiting[0][2]
    assert "email-" in waiting[0][2]


@pytest.mark.parametrize("small", [0, 10**9])
def test_a_large_csv_is_read_like_a_small_one(bench: Any, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr("pipelines.reading.LIMITS", Limits(small_file_bytes=small))
    text = ORDERS + 'O1,2026-01-01,1,NOK,,\nO2,2026-01-01\nO3,,1,NOK,,\nO4,02.01.2026,"1 200,50",NOK,,x\n'
    result = bench.read("orders.csv", text)
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (4, 2, 2)
    assert bench.rows("select order_id, source_row, revenue from raw.orders order by 1") == [
        ("O1", 1, 1),
        ("O4", 3, D("1200.5")),
    ]
    assert [line for (line,) in bench.rows("select line_number from raw.quarantine order by 1")] == [3, 4]


def test_lines_that_are_no_records_wait(bench: Any) -> None:
    result = bench.read(
        "orders.csv",
        "order_id,ordered_at,revenue,currency\nO1,2026-01-01,1,NOK\nO2,2026-01-01\nO3,2026-01-01,1,NOK,x,y\n",
    )
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (3, 1, 2)


def test_broken_json_lines_wait(bench: Any) -> None:
    good = '{"order_id": "O1", "ordered_at": "2026-01-01T00:00:00Z", "revenue": 12.5, "currency": "NOK", "lines": [{"sku": "å"}]}\n'
    result = bench.read("orders.jsonl", good + "{broken\n" + '"text"\n')
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (3, 1, 2)
    assert bench.rows("select revenue, lines from raw.orders") == [(D("12.5"), '[{"sku":"å"}]')]
    assert bench.rows("select distinct reason from raw.quarantine") == [("not a JSON object",)]


def test_optional_values_that_can_not_be_read_are_empty_and_said(bench: Any) -> None:
    result = bench.read(
        "sessions.csv",
        "session_id,started_at,landing_url,pageviews\ns1,2026-01-01,https://x.example,mange\ns2,2026-01-01,https://x.example,3\n",
    )
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    assert any("pageviews" in note and "'mange'" in note for note in result.notes)
    assert bench.rows("select pageviews from raw.web_sessions order by session_id") == [(None,), (3,)]


def test_a_fraction_is_no_count(bench: Any) -> None:
    """DuckDB itself would round 1.5 page views to 2 without a word."""
    bench.read("sessions.csv", "session_id,started_at,landing_url,pageviews\ns1,2026-01-01,https://x.example,1.5\n")
    assert bench.rows("select pageviews from raw.web_sessions") == [(None,)]


def test_offsets_are_not_dropped(bench: Any) -> None:
    """DuckDB's own cast to TIMESTAMP drops the offset without a word."""
    instants = [
        "2026-07-01T12:00:00+02:00",
        "2026-07-01 12:00:00+0200",
        "2026-07-01T10:00:00Z",
        "2026-07-01 10:00:00 UTC",
        "2026-07-01 10:00",
    ]
    lines = "".join(f"s{number},{instant},https://x.example\n" for number, instant in enumerate(instants))
    bench.read("sessions.csv", "session_id,started_at,landing_url\n" + lines)
    assert bench.rows("select distinct started_at from raw.web_sessions") == [(datetime(2026, 7, 1, 10),)]


def test_the_sidecars_zone_is_that_of_times_without_one(bench: Any) -> None:
    text = "session_id,started_at,landing_url\ns1,2026-07-01 12:00,https://x.example\ns2,2026-07-01T12:00:00Z,https://x.example\n"
    bench.read("web/sessions.csv", text, "time_zone: Europe/Oslo\n")
    assert bench.rows("select started_at from raw.web_sessions order by session_id") == [
        (datetime(2026, 7, 1, 10),),
        (datetime(2026, 7, 1, 12),),
    ]


def test_nordic_tables_that_people_keep(bench: Any) -> None:
    text = "month;amount;currency;kind\n2026-01;12 000,50;NOK;lønn\n2026-02;1.250,00;NOK;byrå\n01.03.2026;300;NOK;verktøy\n"
    result = bench.read("kostnader.csv", text.encode("cp1252"))
    assert (result.status, result.encoding, result.delimiter) == ("loaded", "cp1252", ";")
    assert bench.rows("select month, amount, kind from raw.costs order by month") == [
        (date(2026, 1, 1), D("12000.5"), "lønn"),
        (date(2026, 2, 1), D("1250"), "byrå"),
        (date(2026, 3, 1), D("300"), "verktøy"),
    ]


def test_money_that_may_be_thousands_is_asked_about(bench: Any) -> None:
    result = bench.read("kostnader.csv", "month;amount;currency\n2026-01;12.000;NOK\n2026-02;9.500;NOK\n")
    assert (result.status, result.rows_quarantined) == ("quarantined", 2)
    assert "12000 or 12.000" in (result.reason or "")


def test_another_column_of_money_tells_the_decimal_mark(bench: Any) -> None:
    text = "order_id;ordered_at;revenue;tax;currency\nO1;2026-01-02;12.000;2.400,50;NOK\nO2;2026-01-02;9.500;80;NOK\n"
    assert bench.read("a.csv", text).status == "loaded"
    assert bench.rows("select revenue, tax from raw.orders order by order_id") == [(12000, D("2400.5")), (9500, 80)]
    text = "order_id;ordered_at;revenue;tax;currency\nO3;2026-01-02;12.500;2400.50;NOK\n"
    result = bench.read("b.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "is it 12500 or 12.500?" in (result.reason or "")
    assert bench.read("b/b.csv", text, 'decimal_mark: "."\n').status == "loaded"
    assert bench.rows("select revenue, tax from raw.orders where order_id = 'O3'") == [(D("12.5"), D("2400.5"))]


def test_decimal_commas_make_a_point_one_of_thousands_in_every_column(bench: Any) -> None:
    text = "review_id;source;reviewed_at;rating\nr1;x;2026-01-02;4,5\nr2;x;2026-01-02;1.000\n"
    bench.read("a.csv", text)
    assert bench.rows("select rating from raw.reviews order by 1") == [(D("4.5"),), (1000,)]
    text = "session_id;started_at;landing_url;pageviews;engaged_seconds\ns1;2026-01-02;https://x.example;1.000;12.345\n"
    result = bench.read("b.csv", text + "s2;2026-01-02;https://x.example;3;1.012,5\n")
    assert bench.rows("select pageviews, engaged_seconds from raw.web_sessions order by 1") == [
        (3, D("1012.5")),
        (1000, 12345),
    ]
    assert result.status == "loaded"


def test_what_the_sidecar_says_decides_days_and_decimals(bench: Any) -> None:
    text = "month;amount;currency\n03/04/2026;12.000;NOK\n"
    assert bench.read("kost/a.csv", text).status == "quarantined"
    assert bench.read("kost/a.csv", text, 'date_order: dmy\ndecimal_mark: ","\n').status == "loaded"
    assert bench.rows("select month, amount from raw.costs") == [(date(2026, 4, 3), 12000)]


def test_days_of_one_column_tell_the_order_of_another(bench: Any) -> None:
    text = "lead_id,created_at,won_at\nL1,03/04/2026,17/04/2026\n"
    assert bench.read("a.csv", text).status == "loaded"
    assert bench.rows("select created_at, won_at from raw.leads") == [(datetime(2026, 4, 3), datetime(2026, 4, 17))]


@pytest.mark.parametrize("text", ["1.23E+11", "1.000"])
def test_counts_that_may_be_something_else_are_left_empty_and_said(bench: Any, text: str) -> None:
    result = bench.read(
        "a.csv", f"session_id,started_at,landing_url,pageviews\ns1,2026-01-02,https://x.example,{text}\n"
    )
    assert bench.rows("select pageviews from raw.web_sessions") == [(None,)]
    assert any(text in note for note in result.notes)


def test_a_workbook_of_the_content_calendar(bench: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    import io

    book = openpyxl.Workbook()
    book.active.append(["asset_id", "platform", "series", "published_at", "qa_passed", "policy_flags"])
    book.active.append(["A1", "instagram", "Ærlig talt", datetime(2026, 2, 1, 8), True, 0])
    buffer = io.BytesIO()
    book.save(buffer)
    result = bench.read("kalender.xlsx", buffer.getvalue())
    assert result.status == "loaded"
    assert bench.rows("select asset_id, series, published_at, qa_passed, policy_flags from raw.content_calendar") == [
        ("A1", "Ærlig talt", datetime(2026, 2, 1, 8), True, 0)
    ]


def test_unknown_columns_are_kept_as_text(bench: Any) -> None:
    text = (
        "Session ID,Started At,landing_url,Språk,språk,file_id,2nd visit\ns1,2026-01-01,https://x.example,nb,sv,7,ja\n"
    )
    bench.read("sessions.csv", text)
    assert bench.rows(
        "select session_id, sprak, sprak_2, file_id_2, c_2nd_visit, length(file_id) from raw.web_sessions"
    ) == [("s1", "nb", "sv", "7", "ja", 64)]


def test_names_from_files_never_become_sql(bench: Any) -> None:
    text = 'session_id,started_at,landing_url,"x""; drop table raw.files; --"\ns1,2026-01-01,https://x.example,1\n'
    assert bench.read("o'hara; drop.csv", text).status == "loaded"
    assert bench.rows("select source_file, x_drop_table_raw_files from raw.web_sessions") == [("o'hara; drop.csv", "1")]


def test_parquet_with_its_own_types(bench: Any, tmp_path: Path) -> None:
    path = bench.home.inbox / "s.parquet"
    duckdb.sql(
        "copy (select 's1' as session_id, timestamptz '2026-07-01 12:00:00+02' as started_at, 'https://x.example' as landing_url,"
        f" 3::utinyint as pageviews, 1.5::double as engaged_seconds, true as consent, [1, 2] as tags) to '{path}'"
    )
    bench.ingest()
    assert bench.rows("select started_at, pageviews, engaged_seconds, consent, tags from raw.web_sessions") == [
        (datetime(2026, 7, 1, 10), 3, D("1.5"), "true", "[1, 2]")
    ]


def test_a_fault_in_parquet_has_only_texts_read(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing instant or an amount with a decimal comma must not have columns read as texts that have types of their own."""
    monkeypatch.setattr("pipelines.dates.parse_instants", lambda *_, **__: pytest.fail("instants were read as texts"))
    path = bench.home.inbox / "orders.parquet"
    duckdb.sql(
        "copy (select order_id, cast(ordered_at as timestamp) as ordered_at, cast(revenue as decimal(9, 2)) as revenue, shipping, 'NOK' as "
        "currency from (values ('o1', '2026-07-01 12:00', 1234.50, '49,50'), ('o2', null, 99.00, '0,00')) as orders"
        f"(order_id, ordered_at, revenue, shipping)) to '{path}'"
    )
    (file,) = bench.ingest().files
    assert (file.status, file.rows_loaded, file.rows_quarantined) == ("partly_loaded", 1, 1)
    assert bench.rows("select order_id, ordered_at, revenue, shipping from raw.orders") == [
        ("o1", datetime(2026, 7, 1, 12), D("1234.5"), D("49.5"))
    ]


def test_no_address_is_anywhere_in_clear(bench: Any) -> None:
    address = "Kari.Nordmann+post@fjellheim.example"
    text = (
        "lead_id,created_at,email,visitor_id,utm_source,kommentar\n"
        f"{address},2026-01-01,{address},v1,{address},ring {address} eller {address.lower()}\n"
        f"L2,,{address},v2,,{address}\n"
    )
    bench.read("leads.csv", text)
    bench.put(
        "sessions.jsonl",
        '{"session_id": "s1", "started_at": "2026-01-01", "landing_url": "https://x.example/?e=Kari.Nordmann%2Bpost%40fjellheim.example"}\n',
    )
    bench.ingest()
    bench.connection.execute("checkpoint")
    kept = [
        path.read_bytes().lower() for path in bench.home.root.rglob("*") if path.is_file() and "inbox" not in path.parts
    ]
    assert not any(b"nordmann" in content for content in kept)
    ((hashed,),) = bench.rows("select email_hash from raw.leads")
    key = load_key(bench.home)
    assert (
        hashed
        == hmac.new(key, address.lower().encode(), hashlib.sha256).hexdigest()
        == hash_email(f" {address}\n", key)
    )


def test_the_key_is_made_once_for_its_owner_alone(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = load_key(bench.home)
    assert load_key(bench.home) == key
    path = bench.home.root / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        load_key(bench.home)
    monkeypatch.setenv("HOURGLASS_KEY", "from-outside")
    assert load_key(bench.home) == b"from-outside"


def test_handles_and_links_are_no_addresses() -> None:
    mask = masker(b"k")
    for text in ("@fjellheim", "https://www.tiktok.com/@fjellheim.no/video/1", "kl. 12@kaféen", "a @ b.no"):
        assert mask(text) == text
    assert mask("skriv til kari@fjellheim.no.") == f"skriv til email-{hash_email('kari@fjellheim.no', b'k')[:16]}."


@pytest.mark.parametrize(
    ("text", "answer", "asks"),
    [
        (
            "lead_id,created_at\n1,03/04/2026\n2,05/06/2026\n",
            "date_order: dmy\n",
            "`date_order: dmy` or `date_order: mdy`",
        ),
        ("month;amount;currency\n2026-01;1.234;NOK\n", 'decimal_mark: ","\n', '`decimal_mark: ","`'),
    ],
)
def test_what_can_be_read_in_two_ways_waits_with_the_question(bench: Any, text: str, answer: str, asks: str) -> None:
    result = bench.read("a/a_2026-07-01.csv", text)
    assert (result.status, result.rows_loaded) == ("quarantined", 0)
    assert asks in (result.question or "") and "inbox/a/hourglass.yml" in (result.question or "")
    assert (result.reason or "").endswith(result.question or "–")
    assert is_translated(result.reason or "", Language("nb"))
    again = bench.read("a/a_2026-07-01.csv", text, answer)
    assert (again.status, again.question) == ("loaded", None)
