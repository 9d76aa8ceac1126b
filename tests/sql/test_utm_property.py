"""Strict values of tags: SQL against a parser written from the WHATWG URL standard, on addresses made up to be nasty.

The parser works on bytes and shares nothing with the models or with Python's own URL library.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from config.home import Home
from config.tables import config_tables
from sql.testing import RUN_DATE
from sql.workbench import Workbench
from tests.session_rows import RAW_COLUMNS

# Shrinking a list of addresses takes minutes; the test itself names the one that differs.
QUICK = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}
KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")
HEX = b"0123456789abcdefABCDEF"
Tags = dict[str, str | None]


# ---- the second parser -------------------------------------------------------------------------------------------------------------------


def strict_tags(url: str) -> Tags:
    """First value of each key of the query, by the form parser of the URL standard; an empty value is no value."""
    data = url.encode()
    fragment_at = data.find(b"#")
    data = data if fragment_at < 0 else data[:fragment_at]
    query_at = data.find(b"?")
    found: dict[str, str] = {}
    for pair in b"".join([data[query_at + 1 :]] if query_at >= 0 else []).split(b"&"):
        if pair:
            equals_at = pair.find(b"=")
            key, value = (pair, b"") if equals_at < 0 else (pair[:equals_at], pair[equals_at + 1 :])
            found.setdefault(form_decoded(key), form_decoded(value))
    return {key: found.get(key) or None for key in KEYS}


def form_decoded(data: bytes) -> str:
    return utf8(percent_decoded(data.replace(b"+", b" ")))


def percent_decoded(data: bytes) -> bytes:
    output, place = bytearray(), 0
    while place < len(data):
        digits = data[place + 1 : place + 3]
        if data[place] == 0x25 and len(digits) == 2 and digits[0] in HEX and digits[1] in HEX:
            output.append(int(digits, 16))
            place += 3
        else:
            output.append(data[place])
            place += 1
    return bytes(output)


def utf8(data: bytes) -> str:
    """The decoder of the Encoding standard: a byte that can't go on starts anew, and what was begun is one U+FFFD."""
    output: list[str] = []
    point, needed, seen, lower, upper = 0, 0, 0, 0x80, 0xBF
    place = 0
    while place < len(data):
        byte = data[place]
        if needed == 0:
            lower, upper = 0x80, 0xBF
            if byte <= 0x7F:
                output.append(chr(byte))
            elif 0xC2 <= byte <= 0xDF:
                needed, point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                lower, upper = (0xA0, 0xBF) if byte == 0xE0 else (0x80, 0x9F) if byte == 0xED else (0x80, 0xBF)
                needed, point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                lower, upper = (0x90, 0xBF) if byte == 0xF0 else (0x80, 0x8F) if byte == 0xF4 else (0x80, 0xBF)
                needed, point = 3, byte & 0x7
            else:
                output.append("\ufffd")
            place += 1
        elif lower <= byte <= upper:
            lower, upper = 0x80, 0xBF
            point, seen, place = point << 6 | byte & 0x3F, seen + 1, place + 1
            if seen == needed:
                output.append(chr(point))
                point = needed = seen = 0
        else:
            point = needed = seen = 0
            output.append("\ufffd")
    if needed:
        output.append("\ufffd")
    return "".join(output)


# ---- nasty addresses ---------------------------------------------------------------------------------------------------------------------

LETTERS = (
    "abzA09-_.~ øåäöÆé€💙漢\u0301\u030a\u00a0\ufeff\ufffd\u2028\U0010ffff\t\n\r\0\x7f\x1f\x85\\\"'<>()[]{}|^`!$*,:@/"
)
letters = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=5).map("".join)
macros = st.sampled_from(
    ["{{campaign.name}}", "{campaignid}", "__CAMPAIGN_NAME__", "%7B%7Bad.name%7D%7D", "${x}", "%%CLICK%%", "[name]"]
)
bytes_as_percent = st.binary(min_size=1, max_size=5).map(lambda data: "".join(f"%{byte:02X}" for byte in data))
percent_in_small = st.binary(min_size=1, max_size=3).map(lambda data: "".join(f"%{byte:02x}" for byte in data))
broken_percent = st.sampled_from(
    ["%", "%%", "%2", "%zz", "%C3", "%C3%", "%C3%2", "%E2%82", "%F0%9F%92", "%ED%A0%80", "%C0%AF", "%F4%90%80%80"]
)
encoded = st.builds(lambda text, safe: quote(text, safe=safe), letters, st.sampled_from(["", "/", "=", "%"]))
twice_encoded = letters.map(lambda text: quote(quote(text, safe=""), safe=""))
latin1 = st.sampled_from(["h%F8st", "p%E5sk", "%C5%C4%D6", "caf%E9", "%F8%C3%B8"])
hidden = st.sampled_from(
    [
        "%26utm_source%3Dx",
        "%3Futm_source=x",
        "%23utm_medium=x",
        "%3Butm_id=1",
        "https://b.example/?utm_source=x",
        "//u@b/?utm_id=1",
    ]
)
pieces = (
    letters,
    encoded,
    twice_encoded,
    bytes_as_percent,
    percent_in_small,
    broken_percent,
    latin1,
    macros,
    hidden,
    st.sampled_from("+="),
)
value = st.lists(st.one_of(*pieces), max_size=3).map("".join)


def spelt(key: str) -> st.SearchStrategy[str]:
    """A key as people and programs misspell it: bytes for letters, in capitals, longer, with blanks."""
    some_bytes = st.sets(st.integers(0, len(key) - 1), max_size=3).map(
        lambda places: "".join(f"%{ord(letter):02x}" if place in places else letter for place, letter in enumerate(key))
    )
    return st.one_of(
        st.just(key),
        st.just(key),
        some_bytes,
        st.sampled_from(
            [
                key.upper(),
                key.title(),
                f"x{key}",
                f"{key}x",
                f" {key}",
                f"+{key}",
                f"{key}%00",
                f"{key}+",
                f"amp;{key}",
                f"{key}[]",
            ]
        ),
    )


key = st.one_of(
    st.sampled_from(KEYS).flatmap(spelt),
    st.sampled_from(["id", "gclid", "fbclid", "utm", "utm_", "", "%", "next", "ø"]),
    letters,
)
pair = st.builds(
    lambda name, equals, content: f"{name}{equals}{content}",
    key,
    st.sampled_from(["=", "=", "=", "", "==", "%3D"]),
    value,
)
separator = st.sampled_from(["&", "&", "&", "&", ";", "&amp;", "?", "#", "&&", "%26", "/"])
query = st.lists(st.tuples(pair, separator), max_size=5).map(lambda parts: "".join(pair + sep for pair, sep in parts))
place = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "//", "", "app://", "android-app://"]),
    st.sampled_from(["", "", "u:p@", "utm_source=x:utm_medium=y@", "u%40:@"]),
    st.sampled_from(["shop.example", "SHOP.example:8443", "xn--blbr-ros8m.example", "blåbær.example", "[::1]", ""]),
    st.sampled_from(["", "/", "/sko", "/utm_source=x/", "/a;utm_source=x", "/å%2F%3Futm_source=x", "/a/../b//c"]),
    st.sampled_from(["?", "?", "?", "", "??", "#", "?#"]),
)
address = st.builds("{}{}".format, place, query)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(raw=RAW_COLUMNS, config=config_tables(Home(tmp_path_factory.mktemp("home")), RUN_DATE))


def readings(bench: Workbench, urls: Sequence[str]) -> list[dict[str, Any]]:
    """What the models read from each address, in order."""
    bench.fill(
        "raw.web_sessions",
        pa.table(
            {
                "session_id": pa.array([str(number) for number in range(len(urls))]),
                "landing_url": pa.array(urls, pa.string()),
                "started_at": pa.array(["2026-10-01 12:00:00"] * len(urls)),
                "captured_at": pa.array(["2026-10-02 12:00:00"] * len(urls)),
                "file_id": pa.array(["f"] * len(urls)),
                "source_row": pa.array(range(len(urls)), pa.int64()),
            }
        ),
    )
    bench.compute("core.int_session_tags")
    return bench.rows("select * from core.int_session_tags order by cast(session_id as integer)")


def differing(bench: Workbench, urls: Sequence[str]) -> list[tuple[str, Tags, Tags]]:
    found = [{key: row[key] for key in KEYS} for row in readings(bench, urls)]
    expected = [strict_tags(url) for url in urls]
    assert len(found) == len(urls)
    return [(url, want, have) for url, want, have in zip(urls, expected, found, strict=True) if want != have]


@settings(max_examples=12, **QUICK)
@given(st.lists(address, min_size=40, max_size=60))
@example(
    [
        "https://s.example/?utm_source=%EF%BB%BFx&utm_source=y",
        "https://s.example/?utm_id=a%00b\0c",
        "?utm_term=%F0%9F%92%99%F0%9F%92",
    ]
)
def test_sql_and_the_second_parser_agree_on_the_strict_values(bench: Workbench, urls: list[str]) -> None:
    assert differing(bench, urls) == []


@settings(max_examples=3, **QUICK)
@given(st.lists(address.filter(lambda url: "utm" not in quote_free(url).lower()), min_size=20, max_size=60))
def test_where_nothing_says_utm_nothing_is_recovered(bench: Workbench, urls: list[str]) -> None:
    for url, row in zip(urls, readings(bench, urls), strict=True):
        assert [row[name] for name in row if name.startswith(("utm_", "recovered_"))] == [None] * 12, url
        assert row["reading_faults"] is None and not row["is_unreadable"], url


def quote_free(url: str) -> str:
    for _layer in range(4):
        url = percent_decoded(url.encode()).decode("utf-8", errors="replace")
    return url


@settings(max_examples=6, **QUICK)
@given(st.lists(address, min_size=40, max_size=60))
def test_a_recovered_value_differs_from_the_strict_one_and_has_a_reason(bench: Workbench, urls: list[str]) -> None:
    for url, row in zip(urls, readings(bench, urls), strict=True):
        recovered = {key: row[f"recovered_{key.removeprefix('utm_')}"] for key in KEYS}
        assert all(text != row[key] and text != "" for key, text in recovered.items() if text is not None), url
        assert not any(recovered.values()) or row["reading_faults"], url
        assert not row["is_unreadable"] or row["reading_faults"], url


def test_an_address_of_100_kilobytes_is_read_to_its_end(bench: Workbench) -> None:
    long = "x" * 100_000
    urls = [
        f"https://shop.example/{long}?utm_source=facebook",
        f"https://shop.example/?a={long}&utm_source=facebook",
        f"https://shop.example/?utm_source=facebook#{long}",
        "https://shop.example/?" + "&".join(f"k{n}=v" for n in range(15_000)) + "&utm_id=7",
        "https://shop.example/?" + "utm_source=a&" * 7_000 + "utm_id=7",
        "https://shop.example/?utm_term=" + "%C3%B8" * 16_000,
        "https://shop.example/?utm_term=" + "%C3" * 30_000,
        "https://shop.example/?utm_term=" + "%25" * 33_000,
        "https://shop.example/?" + "?utm_source=x" * 8_000,
        "https://shop.example/?utm_campaign=" + "{{" * 50_000,
        "https://shop.example/#" + "#utm_source=x" * 8_000,
        "https://shop.example/?a=" + ";utm_source=x" * 8_000,
        "https://shop.example/?utm_term=" + "a\u030a" * 30_000,
    ]
    assert differing(bench, urls) == []
