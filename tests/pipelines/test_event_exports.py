"""Web events as GA4's BigQuery export and Snowplow deliver them: the same events whatever the form, nothing lost, nothing guessed."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pipelines.schema import RAW_TABLES
from pipelines.snowplow_events import COLUMNS

D = Decimal
OWN = (
    "visitor_id, session_id, user_id, occurred_at, event_name, page_url, referrer_url, user_agent, utm_source, utm_medium, utm_campaign,"
    " device, country, consent, engaged_seconds, value, currency, order_id, lead_id, content_id"
)


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


# ---- GA4 ------------------------------------------------------------------------------------------------------------------------------


def params(**values: Any) -> list[dict[str, Any]]:
    """Parameters in the export's shape; a number goes into its typed field, an int as text."""

    def typed(value: Any) -> dict[str, Any]:
        empty = dict.fromkeys(("string_value", "int_value", "float_value", "double_value"))
        if isinstance(value, int):
            return {**empty, "int_value": str(value)}
        return {**empty, "double_value" if isinstance(value, float) else "string_value": value}

    return [{"key": key, "value": typed(value)} for key, value in values.items()]


def ga4(name: str = "page_view", micros: int = 1_790_000_000_000_001, **fields: Any) -> dict[str, Any]:
    return {
        "event_date": "20260921",
        "event_timestamp": str(micros),
        "event_name": name,
        "event_params": params(
            ga_session_id=1790000000,
            page_location="https://www.fjellheim.example/sko?utm_source=instagram",
            page_referrer="https://l.instagram.com/",
            engagement_time_msec=1500,
        ),
        "event_bundle_sequence_id": "7",
        "user_pseudo_id": "123.456",
        "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No", "uses_transient_token": "No"},
        "device": {"category": "mobile", "language": "nb-no"},
        "geo": {"country": "Norway"},
        "stream_id": "9",
        "platform": "WEB",
        **fields,
    }


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


PURCHASE = ga4(
    "purchase",
    1_790_000_060_000_000,
    event_params=params(
        ga_session_id=1790000000, transaction_id="O-1", value=249.5, currency="NOK", content_id="c7", lead_id="L-1"
    ),
    user_id="k42",
    ecommerce={"transaction_id": "O-1", "purchase_revenue": 249.5},
    collected_traffic_source={
        "manual_source": "facebook",
        "manual_medium": "paid_social",
        "manual_campaign_name": "host",
    },
)
EXPECTED = [
    (
        "123.456", "123.456.1790000000", None, datetime(2026, 9, 21, 14, 13, 20, 1), "page_view",
        "https://www.fjellheim.example/sko?utm_source=instagram", "https://l.instagram.com/", None, None, None, None,
        "mobile", "NO", "Yes", D("1.5"), None, None, None, None, None,
    ),
    (
        "123.456", "123.456.1790000000", "k42", datetime(2026, 9, 21, 14, 14, 20), "purchase", None, None, None,
        "facebook", "paid_social", "host", "mobile", "NO", "Yes", None, D("249.5"), "NOK", "O-1", "L-1", "c7",
    ),
]  # fmt: skip


def test_ga4_json_lines_are_recognised_by_their_content(bench: Any) -> None:
    result = bench.read("x/download.txt", lines(ga4(), PURCHASE), sidecar="time_zone: Europe/Oslo\n")
    assert (result.source, result.format, result.export_kind, result.status) == (
        "ga4", "ga4.bigquery_events", "web_events", "loaded",
    )  # fmt: skip
    assert bench.rows(f"select {OWN} from raw.web_events order by occurred_at") == EXPECTED
    assert bench.rows("select source_row, stream_id, platform from raw.web_events order by 1") == [
        (1, "9", "WEB"),
        (2, "9", "WEB"),
    ]
    assert json.loads(bench.rows("select event_params from raw.web_events where event_name = 'purchase'")[0][0])[1] == {
        "key": "transaction_id",
        "value": "O-1",
    }


def test_ga4_as_one_array_gives_the_same_events(bench: Any) -> None:
    bench.read("events.json", json.dumps([ga4(), PURCHASE], indent=2))
    assert bench.rows(f"select {OWN} from raw.web_events order by occurred_at") == EXPECTED


@pytest.mark.parametrize("nested", ["as lists", "one level deeper"])
def test_ga4_parquet_gives_the_same_events_with_the_same_ids(bench: Any, nested: str, tmp_path: Path) -> None:
    bench.read("events.jsonl", lines(ga4(), PURCHASE))
    value = "struct(string_value varchar, int_value bigint, float_value double, double_value double)"
    pair = f'struct("key" varchar, "value" {value})'
    array = f"cast(event_params as {pair}[])"
    if nested == "one level deeper":
        array = f"{{'list': list_transform({array}, lambda x: {{'element': x}})}}"
    source = tmp_path / "events.jsonl"
    source.write_text(lines(ga4(), PURCHASE), encoding="utf-8")
    target = bench.home.inbox / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * exclude (event_params, event_timestamp), {array} as event_params,"
            f" cast(event_timestamp as bigint) as event_timestamp from read_json('{source}')) to '{target}' (format parquet)"
        )
    assert [file.reason for file in bench.ingest().files] == [None]
    found = f"select {OWN} from raw.web_events where source_file = 'events.parquet' order by occurred_at"
    assert bench.rows(found) == EXPECTED
    assert bench.rows("select count(*), count(distinct event_id) from raw.web_events") == [(4, 2)]


def test_the_same_ga4_event_in_the_intraday_and_the_daily_table_has_one_id(bench: Any) -> None:
    batch = {"batch_page_id": "5", "batch_ordering_id": "2", "batch_event_index": "1"}
    later = ga4(**batch, session_traffic_source_last_click={"manual_campaign": {"source": "instagram"}})
    later["event_params"] = [*reversed(later["event_params"]), *params(added_by_processing="yes")]
    bench.put("events_intraday.jsonl", lines(ga4(**batch)))
    bench.put("events.jsonl", lines(later))
    bench.put("other.jsonl", lines(ga4(**{**batch, "batch_event_index": "2"})))
    bench.ingest()
    assert bench.rows("select count(*), count(distinct event_id) from raw.web_events") == [(3, 2)]


def test_without_the_batchs_numbers_the_parameters_tell_events_apart_in_any_order(bench: Any) -> None:
    turned = ga4()
    turned["event_params"] = list(reversed(turned["event_params"]))
    other = ga4(event_params=params(page_location="https://www.fjellheim.example/"))
    for number, event in enumerate((ga4(), turned, other)):
        bench.put(f"{number}.jsonl", lines(event) + lines(ga4(name=f"of file {number}")))
    bench.ingest()
    assert bench.rows(
        "select count(*), count(distinct event_id) from raw.web_events where event_name = 'page_view'"
    ) == [(3, 2)]


def test_a_ga4_event_without_consent_or_of_an_app_is_kept_without_visitor_or_page(bench: Any) -> None:
    denied = ga4(
        event_params=params(page_location="https://www.fjellheim.example/"), privacy_info={"analytics_storage": "No"}
    )
    del denied["user_pseudo_id"]
    app = ga4("screen_view", 1_790_000_000_000_002, event_params=params(firebase_screen="Hjem"), platform="ANDROID")
    result = bench.read("events.jsonl", lines(denied, app))
    assert (result.rows_loaded, result.status) == (2, "loaded")
    assert bench.rows("select visitor_id, session_id, page_url, consent from raw.web_events order by occurred_at") == [
        (None, None, "https://www.fjellheim.example/", "No"),
        ("123.456", None, None, "Yes"),
    ]


def test_what_google_infers_is_no_tag(bench: Any) -> None:
    inferred = [
        ("google", "organic"),
        ("instagram.com", "referral"),
        ("(direct)", "(none)"),
        ("(not set)", "(not set)"),
    ]
    events = [
        ga4(
            micros=1_790_000_000_000_000 + n,
            collected_traffic_source={"manual_source": source, "manual_medium": medium},
        )
        for n, (source, medium) in enumerate(inferred)
    ]
    bench.read("events.jsonl", lines(*events))
    assert bench.rows("select distinct utm_source, utm_medium from raw.web_events") == [(None, None)]


def test_countries_get_their_codes_and_unknown_names_stay(bench: Any) -> None:
    names = ["Sweden", "Türkiye", "Atlantis", "(not set)", None]
    events = [ga4(micros=1_790_000_000_000_000 + n, geo={"country": name}) for n, name in enumerate(names)]
    bench.read("events.jsonl", lines(*events))
    found = bench.rows("select country from raw.web_events order by occurred_at")
    assert [country for (country,) in found] == ["SE", "TR", "Atlantis", None, None]


def test_what_trackers_may_leave_empty_is_not_asked_of_the_raw_table() -> None:
    assert [column.name for column in RAW_TABLES["web_events"].never_empty] == ["event_id", "occurred_at", "event_name"]


def test_ga4_records_that_cant_be_read_wait_alone(bench: Any) -> None:
    no_time = ga4()
    del no_time["event_timestamp"]
    text = lines(ga4(), no_time) + "not json\n" + lines(PURCHASE) + lines(ga4(micros=10**30))
    result = bench.read("events.jsonl", text)
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (5, 2, 3)
    waiting = bench.rows("select line_number, reason from raw.quarantine order by 1")
    assert [line for line, _reason in waiting] == [2, 3, 5]
    assert [reason for _line, reason in waiting][1] == "not a JSON object"
    assert "occurred_at is missing" in waiting[0][1]


def test_addresses_in_pages_and_parameters_are_masked(bench: Any) -> None:
    page = "https://www.fjellheim.example/takk?epost=kari@nordmann.example"
    bench.read(
        "events.jsonl",
        lines(ga4(event_params=params(page_location=page, to="ola@nordmann.example"), user_id="kari@nordmann.example")),
    )
    ((page_url, event_params, user_id),) = bench.rows("select page_url, event_params, user_id from raw.web_events")
    assert "nordmann" not in page_url + event_params + user_id
    assert user_id.startswith("email-") and user_id in page_url


# ---- Snowplow -------------------------------------------------------------------------------------------------------------------------

VIEW = {
    "app_id": "fjellheim",
    "platform": "web",
    "collector_tstamp": "2026-10-01 10:00:05.000",
    "dvce_created_tstamp": "2031-01-01 00:00:00.000",
    "event": "page_view",
    "event_id": "c6ef3124-b53a-4b13-a233-0088f79dcbcb",
    "user_id": "k42",
    "user_ipaddress": "192.0.2.7",
    "domain_userid": "bc2e92ec6c204a14",
    "network_userid": "ecdff4d0-9175-40ac-a8bb-325c49733607",
    "geo_country": "NO",
    "page_url": "https://www.fjellheim.example/sko?utm_source=tiktok",
    "page_referrer": "https://www.tiktok.com/",
    "mkt_source": "tiktok",
    "mkt_medium": "paid_social",
    "mkt_campaign": "host",
    "contexts": '{"schema":"iglu:x","data":[{"say":"\\"hei\\", du"}]}',
    "useragent": "Mozilla/5.0",
    "dvce_type": "Computer",
    "domain_sessionid": "83b1c0f6-a6c9-4a2d-9c6d-1a7a3ae1e3a5",
    "derived_tstamp": "2026-10-01 10:00:01.250",
    "event_name": "page_view",
}
ORDER = {
    **VIEW,
    "event": "transaction",
    "event_name": "transaction",
    "event_id": "c6ef3124-b53a-4b13-a233-0088f79dcbcc",
    "domain_userid": "",
    "derived_tstamp": "",
    "tr_orderid": "O-9",
    "tr_total": "1499.00",
    "tr_currency": "SEK",
    "dvce_type": "Mobile",
}
SNOWPLOW = [
    (
        "bc2e92ec6c204a14", "83b1c0f6-a6c9-4a2d-9c6d-1a7a3ae1e3a5", "k42", datetime(2026, 10, 1, 10, 0, 1, 250000), "page_view",
        "https://www.fjellheim.example/sko?utm_source=tiktok", "https://www.tiktok.com/", "Mozilla/5.0", "tiktok", "paid_social",
        "host", "desktop", "NO", None, None, None, None, None, None, None,
    ),
    (
        "ecdff4d0-9175-40ac-a8bb-325c49733607", "83b1c0f6-a6c9-4a2d-9c6d-1a7a3ae1e3a5", "k42", datetime(2026, 10, 1, 10, 0, 5),
        "transaction", "https://www.fjellheim.example/sko?utm_source=tiktok", "https://www.tiktok.com/", "Mozilla/5.0", "tiktok",
        "paid_social", "host", "mobile", "NO", None, None, D("1499"), "SEK", "O-9", None, None,
    ),
]  # fmt: skip


def enriched(*events: dict[str, str]) -> str:
    return "".join("\t".join(event.get(name, "") for name in COLUMNS) + "\n" for event in events)


def test_the_enriched_stream_without_header(bench: Any) -> None:
    assert len(COLUMNS) == 131
    result = bench.read("run=2026-10-01/part-00000", enriched(VIEW, ORDER), sidecar="time_zone: Europe/Oslo\n")
    assert (result.source, result.format, result.rows_loaded, result.status) == (
        "snowplow", "snowplow.enriched_events", 2, "loaded",
    )  # fmt: skip
    assert bench.rows(f"select {OWN} from raw.web_events order by occurred_at") == SNOWPLOW
    assert bench.rows("select distinct app_id, contexts from raw.web_events") == [("fjellheim", VIEW["contexts"])]
    assert "user_ipaddress" not in [row[0] for row in bench.rows("describe raw.web_events")]


@pytest.mark.parametrize("form", ["csv", "semicolon", "jsonl", "parquet"])
def test_enriched_events_with_column_names(bench: Any, form: str) -> None:
    names = sorted({*VIEW, *ORDER})
    kinds = {"collector_tstamp": "timestamp", "derived_tstamp": "timestamptz", "tr_total": "double"}
    target = bench.home.inbox / f"events.{form}"
    typed = form == "parquet"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        listed = ", ".join(f"{name} {kinds.get(name, 'varchar') if typed else 'varchar'}" for name in names)
        connection.execute(f"create table events ({listed})")
        for event in (VIEW, ORDER):
            values = [event.get(name) or (None if typed or form == "jsonl" else "") for name in names]
            connection.execute(f"insert into events values ({', '.join('?' for _ in names)})", values)
        options = {
            "csv": "(format csv, header)",
            "semicolon": "(format csv, header, delimiter ';')",
            "jsonl": "(format json)",
            "parquet": "(format parquet)",
        }
        connection.execute(f"copy events to '{target}' {options[form]}")
    bench.ingest()
    assert bench.rows(f"select {OWN} from raw.web_events order by occurred_at") == SNOWPLOW


def test_lines_of_the_stream_with_other_than_131_cells_wait(bench: Any) -> None:
    text = enriched(VIEW) + "torn\tline\n" + enriched(ORDER)
    result = bench.read("part-0", text)
    assert (result.rows_read, result.rows_loaded, result.rows_quarantined) == (3, 2, 1)
    assert bench.rows("select line_number from raw.quarantine") == [(2,)]


def test_the_choice_that_snowplow_recorded_is_the_consent(bench: Any) -> None:
    said = {
        "schema": "iglu:unstruct",
        "data": {"schema": "iglu:consent_preferences", "data": {"eventType": "deny_all"}},
    }
    choice = {**VIEW, "event": "unstruct", "event_name": "consent_preferences", "unstruct_event": json.dumps(said)}
    other = {**choice, "event_id": ORDER["event_id"], "event_name": "link_click"}
    bench.read("part-0", enriched(choice, other))
    assert bench.rows("select event_name, consent from raw.web_events order by 1") == [
        ("consent_preferences", "deny_all"),
        ("link_click", None),
    ]


def test_other_tab_separated_files_are_no_stream(bench: Any) -> None:
    assert bench.read("a.tsv", "\t".join(["x"] * 131) + "\n").status == "quarantined"
