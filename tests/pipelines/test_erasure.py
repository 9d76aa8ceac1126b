"""Who goes with a name and who does not, what of the raw tables goes, and that nobody comes in again."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pipelines import privacy
from pipelines.erasure import People, find, remove
from pipelines.registry import LOADED
from pipelines.schema import NAMES, NOBODY, RAW_TABLES, RECORDS, REFERRER
from pipelines.suppression import Suppression, SuppressionError, is_distinctive, list_path, load_key, save
from tests.pipelines.commerce import shopify, shopify_order

SESSIONS = "session_id,visitor_id,started_at,landing_url\n"
ORDERS = "order_id,ordered_at,visitor_id,email,customer_id,revenue,currency,referred_by_customer_id\n"


def put_orders(bench: Any, *rows: str, path: str = "orders.csv") -> None:
    """Orders as ``id,visitor,email,customer[,referred by]``."""
    lines = []
    for row in rows:
        order, visitor, email, customer, *referrer = row.split(",")
        lines.append(f"{order},2026-10-01T10:00:00Z,{visitor},{email},{customer},10,NOK,{''.join(referrer)}\n")
    bench.put(path, ORDERS + "".join(lines))


def put_sessions(bench: Any, *rows: str, path: str = "sessions.csv") -> None:
    """Sessions as ``id,visitor``."""
    lines = [f"{row},2026-10-01T09:00:00Z,https://fjell.example/\n" for row in rows]
    bench.put(path, SESSIONS + "".join(lines))


def found(bench: Any, kind: str, *values: str) -> People:
    return find(bench.connection, [(kind, value) for value in values], privacy.load_key(bench.home))


def erase(bench: Any, kind: str, *values: str) -> People:
    person = found(bench, kind, *values)
    suppression = Suppression(load_key(bench.home), Suppression.of(bench.home).entries).with_names(person.suppressed())
    save(bench.home, suppression)
    remove(bench.connection, person, suppression)
    return person


def names(person: People, kind: str) -> set[str]:
    return {value for other, value in person.names if other == kind}


def test_by_an_address_go_all_devices_customers_and_records_of_the_person(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,phone-1,a@x.no,K1", "O2,laptop-1,a@x.no,", "O3,other-1,b@x.no,K2")
    put_sessions(quick_bench, "s1,phone-1", "s2,phone-1", "s3,laptop-1", "s4,other-1", "s5,nobody-1")
    quick_bench.ingest()
    person = found(quick_bench, "email", "A@X.no ")
    assert names(person, "visitor") == {"phone-1", "laptop-1"}
    assert names(person, "customer") == {"K1"}
    assert names(person, "order") == {"O1", "O2"}
    assert names(person, "session") == {"s1", "s2", "s3"}
    assert person.shared == set()
    assert {table: count for table, count in person.rows.items() if count} == {"orders": 2, "web_sessions": 3}
    assert person.files == ["orders.csv", "sessions.csv"]


def test_a_device_that_somebody_else_uses_too_stays_but_for_the_rows_of_the_person(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,shared-1,a@x.no,K1", "O2,shared-1,b@x.no,K2")
    put_sessions(quick_bench, "s1,shared-1")
    quick_bench.ingest()
    person = erase(quick_bench, "email", "a@x.no")
    assert person.shared == {("visitor", "shared-1")}
    assert quick_bench.rows("select order_id from raw.orders") == [("O2",)]
    assert quick_bench.rows("select session_id from raw.web_sessions") == [("s1",)]


def test_guests_who_have_one_customer_number_are_not_one_person(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,v-1,a@x.no,0", "O2,v-2,b@x.no,0", "O3,v-3,,0")
    quick_bench.ingest()
    erase(quick_bench, "email", "a@x.no")
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O2",), ("O3",)]


def test_by_a_visitor_goes_the_browser_and_what_is_known_of_it_alone(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,phone-1,a@x.no,K1", "O2,laptop-1,a@x.no,K1", "O3,tablet-1,c@x.no,K3", "O4,,c@x.no,K3")
    put_sessions(quick_bench, "s1,phone-1", "s2,laptop-1", "s3,tablet-1")
    quick_bench.ingest()
    assert {row[0] for row in quick_bench.rows("select order_id from raw.orders")} == {"O1", "O2", "O3", "O4"}
    erase(quick_bench, "visitor", "phone-1")
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O2",), ("O3",), ("O4",)]
    erase(quick_bench, "visitor", "tablet-1")
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O2",)]


def test_a_number_that_counts_sessions_of_many_is_not_theirs(quick_bench: Any) -> None:
    put_sessions(quick_bench, "1,v-1", "1,v-2", "own-2,v-1")
    quick_bench.ingest()
    person = erase(quick_bench, "visitor", "v-1")
    assert (names(person, "session"), person.shared) == ({"own-2"}, {("session", "1")})
    assert quick_bench.rows("select session_id, visitor_id from raw.web_sessions") == [("1", "v-2")]


def test_what_only_two_who_go_share_goes_with_them_and_what_a_third_has_stays(quick_bench: Any) -> None:
    put_orders(
        quick_bench, "O1,shared-1,a@x.no,K1", "O2,shared-1,b@x.no,K2", "O3,hall-1,b@x.no,K2", "O4,hall-1,c@x.no,K3"
    )
    put_sessions(quick_bench, "s1,shared-1", "s2,hall-1")
    quick_bench.ingest()
    people = erase(quick_bench, "email", "a@x.no", "b@x.no")
    assert names(people, "visitor") == {"shared-1"}
    assert people.shared == {("visitor", "hall-1")}
    assert quick_bench.rows("select order_id from raw.orders") == [("O4",)]
    assert quick_bench.rows("select session_id from raw.web_sessions") == [("s2",)]


def test_people_who_are_asked_for_by_different_kinds_of_names_go_in_one(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,phone-1,a@x.no,K1", "O2,phone-2,b@x.no,K2", "O3,phone-3,c@x.no,K3")
    put_sessions(quick_bench, "s1,phone-1", "s2,phone-2", "s3,phone-3", "s4,phone-4")
    quick_bench.ingest()
    seeds = [("visitor", "phone-4"), ("email", "a@x.no"), ("customer", "K2")]
    people = find(quick_bench.connection, seeds, privacy.load_key(quick_bench.home))
    assert names(people, "visitor") == {"phone-1", "phone-2", "phone-4"}
    assert names(people, "order") == {"O1", "O2"}
    assert people.rows["web_sessions"] == 3 and people.shared == set()


@pytest.mark.parametrize("crowd", [0, 60])
def test_whoever_has_a_longer_name_is_somebody_else(quick_bench: Any, crowd: int) -> None:
    more = [f"crowd-{number:03}" for number in range(crowd)]
    put_orders(
        quick_bench,
        "O1,v-1,a@x.no,cust-12",
        "O2,v-2,b@x.no,cust-123",
        "O3,v-2,b@x.no,cust-12-3",
        *(f"C{who},,,{who}" for who in more),
    )
    quick_bench.put(
        "s.csv",
        SESSIONS
        + "s1,v-2,2026-10-01T09:00:00Z,https://x.no/?of=cust-123&by=cust-12\ns2,v-2,2026-10-01T09:00:00Z,https://x.no/\n",
    )
    quick_bench.ingest()
    erase(quick_bench, "customer", "cust-12", *more)
    stand_in = Suppression.of(quick_bench.home).stand_in("customer", "cust-12")
    query = "select order_id, customer_id from raw.orders order by 1"
    assert quick_bench.rows(query) == [("O2", "cust-123"), ("O3", "cust-12-3")]
    landed = [("s1", f"https://x.no/?of=cust-123&by={stand_in}"), ("s2", "https://x.no/")]
    assert quick_bench.rows("select session_id, landing_url from raw.web_sessions order by 1") == landed
    quick_bench.ingest(full_refresh=True)
    assert quick_bench.rows(query) == [("O2", "cust-123"), ("O3", "cust-12-3")]
    assert quick_bench.rows("select session_id, landing_url from raw.web_sessions order by 1") == landed


def test_counts_follow_and_another_customers_order_only_loses_the_referrer(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,v-1,a@x.no,K1", "O2,v-2,b@x.no,K2,K1")
    quick_bench.ingest()
    erase(quick_bench, "customer", "K1")
    assert quick_bench.rows("select order_id, referred_by_customer_id from raw.orders") == [("O2", None)]
    assert quick_bench.rows(
        "select rows_read, rows_loaded, rows_quarantined, rows_erased, raw_rows from raw.files"
    ) == [(1, 1, 0, 1, '{"orders": 1}')]
    quick_bench.ingest(full_refresh=True)
    assert quick_bench.rows("select order_id, referred_by_customer_id from raw.orders") == [("O2", None)]
    assert quick_bench.rows("select rows_read, rows_loaded, rows_erased, raw_rows from raw.files") == [
        (1, 1, 1, '{"orders": 1}')
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_nobody_comes_in_again_in_any_format(quick_bench: Any, form: str) -> None:
    put_orders(quick_bench, "O1,visitor-77aa,a@x.no,K1")
    quick_bench.ingest()
    erase(quick_bench, "email", "a@x.no")
    query = (
        "select * from (values ('s1', 'visitor-77aa', 'https://x.no/'), ('s2', 'visitor-88bb', 'https://x.no/?ref=visitor-77aa&a=1'),"
        " ('s3', 'visitor-99cc', 'https://x.no/?mail=a@x.no')) as t(session_id, visitor_id, landing_url),"
        " (select timestamp '2026-10-01 10:00:00' as started_at)"
    )
    target = quick_bench.put(f"new.{form}", "")
    option = {"csv": "format csv", "jsonl": "format json", "parquet": "format parquet"}[form]
    quick_bench.connection.execute(f"copy ({query}) to '{target}' ({option})")
    (result,) = quick_bench.ingest().files
    assert (result.rows_read, result.rows_loaded, result.rows_erased, result.tables) == (2, 2, 1, {"web_sessions": 2})
    suppression = Suppression.of(quick_bench.home)
    visitor, address = suppression.stand_in("visitor", "visitor-77aa"), suppression.stand_in("email", "a@x.no")
    assert quick_bench.rows("select session_id, landing_url from raw.web_sessions order by 1") == [
        ("s2", f"https://x.no/?ref={visitor}&a=1"),
        ("s3", f"https://x.no/?mail={address}"),
    ]


def test_a_login_and_an_address_of_the_person_are_known_whatever_the_key_makes_of_them(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,v-1,a@x.no,")
    quick_bench.ingest()
    erase(quick_bench, "email", "a@x.no")
    (quick_bench.home.root / "key").write_text("another key\n", encoding="ascii")
    quick_bench.connection.execute("delete from raw.email_key")
    put_orders(quick_bench, "O5,,A@x.no,", "O6,,b@x.no,", path="late.csv")
    quick_bench.put(
        "events.jsonl",
        '{"event_id": "e1", "visitor_id": "v-9", "user_id": "a@x.no", "occurred_at": "2026-10-01T10:00:00Z", "event_name": "x", "page_url": "https://x.no/"}\n',
    )
    quick_bench.ingest()
    assert quick_bench.rows("select order_id from raw.orders") == [("O6",)]
    assert quick_bench.rows("select * from raw.web_events") == []


def test_an_export_of_a_shop_is_held_against_the_list_too(quick_bench: Any) -> None:
    export = shopify(shopify_order("#2001"), shopify_order("#2002", email="ola@fjell.example"))
    quick_bench.read("orders_export.csv", export)
    erase(quick_bench, "email", "ola@fjell.example")
    counts = "select rows_read, rows_loaded, rows_erased, raw_rows from raw.files"
    assert quick_bench.rows(counts) == [(1, 1, 1, '{"orders": 1}')]
    quick_bench.ingest(full_refresh=True)
    assert quick_bench.rows(counts) == [(1, 1, 1, '{"orders": 1}')]
    assert quick_bench.rows("select order_number from raw.orders") == [("2001",)]


AGE = """
    select downloaded_at, period_from_date, period_to_date, (select list(distinct captured_at) from raw.{table}) as captured_at
    from raw.files where file_path = '{path}'
"""
KEPT, OLAS = "O-{at},{at}T08:00:00Z,v-1,a@x.no,,10,NOK,\n", "O-{at},{at}T12:30:00Z,v-2,ola@fjell.example,,10,NOK,\n"
UNREADABLE = "O-{at},{at}T08:00:00Z,v-4,d@x.no,,,NOK,\n"


def orders_of(*rows: tuple[str, str]) -> str:
    """Orders as (kind of row, day)."""
    return ORDERS + "".join(row.format(at=day) for row, day in rows)


DATED = {
    "orders.csv": orders_of(
        (KEPT, "2026-10-05"), (OLAS, "2026-10-20"), (KEPT, "2026-10-12"), (OLAS, "2026-10-01"), (UNREADABLE, "2026-11-20")
    ),
    "orders_2026-10-30.csv": orders_of((KEPT, "2026-10-06"), (OLAS, "2026-10-21")),
    "orders_of_a_wrong_clock.csv": orders_of(
        (KEPT, "2026-10-07"), (OLAS, "2026-10-22"), (KEPT, "2099-10-22"), (KEPT, "2026-10-06")
    ),
    "shop/orders_export.csv": shopify(
        shopify_order("#2001", Created_at="2026-10-03 10:15:00 +0200", Paid_at=""),
        shopify_order("#2002", Created_at="2026-10-23 10:15:00 +0200", Paid_at="", email="ola@fjell.example"),
    ),
    "shop/orders_all.csv": orders_of((OLAS, "2026-10-20")),
}  # fmt: skip
WITHOUT_OLA = {
    "orders.csv": (datetime(2026, 10, 12, 8), date(2026, 10, 5), date(2026, 10, 12), [datetime(2026, 10, 12, 8)]),
    "orders_2026-10-30.csv": (datetime(2026, 10, 30, 12), date(2026, 10, 6), date(2026, 10, 6), [datetime(2026, 10, 30, 12)]),
    "orders_of_a_wrong_clock.csv": (
        datetime(2026, 10, 7, 8), date(2026, 10, 6), date(2099, 10, 22), [datetime(2026, 10, 7, 8)]
    ),
    "shop/orders_export.csv": (datetime(2026, 10, 3, 8, 15), date(2026, 10, 3), date(2026, 10, 3), [datetime(2026, 10, 3, 8, 15)]),
    "shop/orders_all.csv": (None, None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("path", DATED)
def test_a_file_is_as_old_as_what_is_left_in_it_and_of_those_days(quick_bench: Any, path: str) -> None:
    before = quick_bench.read(path, DATED[path])
    erase(quick_bench, "email", "ola@fjell.example")
    age = AGE.format(table="orders", path=path)
    assert quick_bench.rows(age) == [WITHOUT_OLA[path]]
    assert before.downloaded_at is not None and (before.downloaded_at, before.period_to_date) != WITHOUT_OLA[path][::2]
    quick_bench.ingest(full_refresh=True)
    assert quick_bench.rows(age) == [WITHOUT_OLA[path]], "read again without them"


def test_a_record_that_could_not_be_read_is_not_shown(quick_bench: Any) -> None:
    put_sessions(quick_bench, "s1,visitor-77aa")
    quick_bench.put("bad.csv", SESSIONS + "s2,visitor-77aa,i morgen,https://x.no/\ns3,v-2,i går,https://x.no/\n")
    quick_bench.ingest()
    erase(quick_bench, "visitor", "visitor-77aa")
    hidden = "(the record of a person who was erased)"
    shown = [(2, hidden), (3, "s3 | v-2 | i går | https://x.no/")]
    assert quick_bench.rows("select line_number, raw_text from raw.quarantine order by 1") == shown
    quick_bench.ingest(full_refresh=True)
    assert quick_bench.rows("select line_number, raw_text from raw.quarantine order by 1") == shown


def test_a_files_name_is_written_down_without_the_person(quick_bench: Any) -> None:
    put_sessions(quick_bench, "s1,visitor-77aa", "s2,v-2", path="eksport visitor-77aa/økter_visitor-77aa.csv")
    quick_bench.ingest()
    erase(quick_bench, "visitor", "visitor-77aa")
    stand_in = Suppression.of(quick_bench.home).stand_in("visitor", "visitor-77aa")
    path = f"eksport {stand_in}/økter_{stand_in}.csv"
    assert quick_bench.rows("select file_path from raw.inbox_paths") == [(path,)]
    assert quick_bench.rows("select source_file from raw.web_sessions") == [(path,)]
    assert quick_bench.ingest().unchanged == 1, "it is the same file as before"


def test_without_its_key_or_its_list_nothing_is_loaded(quick_bench: Any) -> None:
    put_sessions(quick_bench, "s1,visitor-77aa")
    quick_bench.ingest()
    erase(quick_bench, "visitor", "visitor-77aa")
    key = quick_bench.home.erased / "key"
    kept = key.read_text(encoding="ascii")
    key.unlink()
    with pytest.raises(SuppressionError, match="made under another key"):
        quick_bench.ingest(full_refresh=True)
    key.write_text(kept, encoding="ascii")
    list_path(quick_bench.home).write_text("{}\n", encoding="utf-8")
    with pytest.raises(SuppressionError, match="can't be read"):
        quick_bench.ingest(full_refresh=True)


def test_the_list_holds_no_name(quick_bench: Any) -> None:
    put_orders(quick_bench, "O-7711,visitor-77aa,a@x.no,K1")
    quick_bench.ingest()
    person = erase(quick_bench, "email", "a@x.no")
    text = list_path(quick_bench.home).read_text(encoding="utf-8")
    assert not [value for _, value in person.names | set(person.seeds) if value in text.replace('"length"', "")]
    assert len(text.splitlines()) == 1 + len(person.names) + 1


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("42", False),
        ("12345678", False),
        ("123456789", True),
        ("kari", False),
        ("solveig", False),
        ("K-4711", True),
        ("K1", False),
    ],
)
def test_only_names_that_can_be_told_from_words_and_numbers_are_looked_for_in_texts(name: str, is_one: bool) -> None:
    assert is_distinctive(name) is is_one


def test_a_short_name_is_known_by_its_cell_and_leaves_texts_alone(quick_bench: Any) -> None:
    put_orders(quick_bench, "O1,7,a@x.no,42", "O2,8,b@x.no,43")
    quick_bench.put("s.csv", SESSIONS + "s1,9,2026-10-01T09:00:00Z,https://x.no/42?a=7\n")
    quick_bench.ingest()
    erase(quick_bench, "customer", "42")
    assert quick_bench.rows("select order_id from raw.orders") == [("O2",)]
    assert quick_bench.rows("select landing_url from raw.web_sessions") == [("https://x.no/42?a=7",)]


LOOKS_PERSONAL = re.compile(
    r"visitor|user|customer|person|people|e?mail|phone|contact|address|referr|creator|author|birth|(^|_)ip($|_)"
)


def test_every_column_that_looks_personal_says_whom_it_names() -> None:
    known = {*NAMES, *RECORDS, REFERRER, NOBODY}
    for table in RAW_TABLES.values():
        for column in table.own_columns:
            asked = table.kind != "registry" and (
                column.kind == "email"
                or LOOKS_PERSONAL.search(column.name)
                or (table.kind == "input" and column.kind == "id")
            )
            assert column.identifies in ({None} | known if not asked else known), f"raw.{table.name}.{column.name}"


def test_statuses_of_loaded_files_are_as_they_were(quick_bench: Any) -> None:
    put_sessions(quick_bench, "s1,visitor-77aa")
    quick_bench.ingest()
    erase(quick_bench, "visitor", "visitor-77aa")
    assert quick_bench.rows("select status, rows_read, rows_erased from raw.files") == [(LOADED[0], 0, 1)]
    assert Path(quick_bench.home.inbox / "sessions.csv").is_file()
