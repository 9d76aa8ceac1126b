"""Reading tags from landing addresses: strict values as WHATWG has them, recovered ones apart, and nothing from where no tag stands.

Addresses that nobody thought of are in test_utm_property.py.
"""

import pytest

from tests.session_rows import Row, model_rows, read_links, session

KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")

# address; strict values; recovered values; faults
CASES = [
    ("https://shop.example/?utm_source=facebook&utm_medium=social", {"source": "facebook", "medium": "social"}, {}, None),
    ("https://shop.example/", {}, {}, None),
    ("https://shop.example/?", {}, {}, None),
    ("", {}, {}, None),
    ("?utm_source=x", {"source": "x"}, {}, None),
    ("/sko?utm_id=7", {"id": "7"}, {}, None),
    ("https://shop.example/?utm_source=a+b&utm_term=%2B1", {"source": "a b", "term": "+1"}, {}, None),
    ("https://shop.example/?utm_campaign=h%C3%B8st", {"campaign": "høst"}, {}, None),
    ("https://shop.example/?utm_source=one&utm_source=two", {"source": "one"}, {}, None),
    ("https://shop.example/?utm_source=&utm_source=two", {}, {}, None),
    ("https://shop.example/?utm_source&utm_medium=social", {"medium": "social"}, {}, None),
    ("https://shop.example/?utm_content=a=b==", {"content": "a=b=="}, {}, None),
    ("https://shop.example/?&&utm_source=x&", {"source": "x"}, {}, None),
    ("https://shop.example/?utm%5Fsource=x&%75tm_medium=y", {"source": "x", "medium": "y"}, {}, None),
    ("https://shop.example/?utm_source=x#avsnitt", {"source": "x"}, {}, None),
    ("https://shop.example/?utm_source=x#utm_source=y", {"source": "x"}, {}, None),
    ("https://shop.example/?utm_campaign=100%&utm_term=%zz", {"campaign": "100%", "term": "%zz"}, {}, None),
    # never a tag
    ("https://shop.example/utm_source=x/?id=1", {}, {}, None),
    ("https://utm_source=x:utm_medium=y@shop.example/", {}, {}, None),
    ("https://shop.example/?xutm_source=x&utm_source_platform=y&autm_medium=z", {}, {}, None),
    ("https://shop.example/?next=https://b.example/?utm_source=x", {}, {}, None),
    ("https://shop.example/?next=/kasse?utm_source=x", {}, {}, None),
    ("https://shop.example/?next=https%3A%2F%2Fb.example%2F%3Futm_source%3Dx", {}, {}, None),
    ("https://shop.example/#https://b.example/?utm_source=x", {}, {}, None),
    ("https://shop.example/?utm_source%3Dx", {}, {}, None),
    ("https://www.google.com/amp/s/shop.example/%3futm_source=x", {}, {}, None),
    # recovered, each for its reason
    ("https://shop.example/?UTM_Source=x", {}, {"source": "x"}, "upper_case_key"),
    ("https://shop.example/?UTM_SOURCE=x&utm_source=y", {"source": "y"}, {}, None),
    ("https://shop.example/#utm_source=x", {}, {"source": "x"}, "after_fragment"),
    ("https://shop.example/#/rute?utm_source=x&utm_medium=y", {}, {"source": "x", "medium": "y"}, "after_fragment"),
    ("https://shop.example/?a=1;utm_source=x;utm_medium=y", {}, {"source": "x", "medium": "y"}, "semicolon"),
    ("https://shop.example/?a=1&amp;utm_source=x", {}, {"source": "x"}, "html_entity"),
    ("https://shop.example/?a=1?utm_source=x&utm_medium=y", {"medium": "y"}, {"source": "x"}, "second_question_mark"),
    ("https://shop.example/??utm_source=x", {}, {"source": "x"}, "second_question_mark"),
    ("https://shop.example/?utm_campaign=h%25C3%25B8st", {"campaign": "h%C3%B8st"}, {"campaign": "høst"}, "double_encoded"),
    ("https://shop.example/?utm_campaign=h%F8st", {"campaign": "h\ufffdst"}, {"campaign": "høst"}, "latin1"),
    ("https://shop.example/?utm_campaign=p%E5sk%E4gg%F6", {"campaign": "p\ufffdsk\ufffdgg\ufffd"}, {"campaign": "påskäggö"}, "latin1"),
    ("https://shop.example/?utm_campaign=pa%CC%8Ask", {"campaign": "pa\u030ask"}, {"campaign": "påsk"}, "decomposed_letters"),
    ("https://shop.example/?utm_source=x%00", {"source": "x\0"}, {"source": "x"}, "control_character"),
    ("https://shop.example/?utm_term=a%0Ab", {"term": "a\nb"}, {"term": "ab"}, "control_character"),
    ("https://shop.example/?utm_term=a%C2%A0b", {"term": "a\u00a0b"}, {"term": "a b"}, "no_break_space"),
    # what has no meaning is not recovered
    ("https://shop.example/?utm_campaign={{campaign.name}}", {"campaign": "{{campaign.name}}"}, {}, "unexpanded_macro"),
    ("https://shop.example/?utm_campaign=__CAMPAIGN_NAME__", {"campaign": "__CAMPAIGN_NAME__"}, {}, "unexpanded_macro"),
    ("https://shop.example/?utm_campaign=%7Bcampaignid%7D", {"campaign": "{campaignid}"}, {}, "unexpanded_macro"),
    ("https://shop.example/?utm_campaign=%FF%FE", {"campaign": "\ufffd\ufffd"}, {}, "invalid_utf8"),
]  # fmt: skip


@pytest.fixture(scope="module")
def read() -> dict[str, Row]:
    urls = [url for url, *_rest in CASES]
    return dict(zip(urls, read_links(urls), strict=True))


@pytest.mark.parametrize(("url", "strict", "recovered", "faults"), CASES, ids=[case[0] or "(empty)" for case in CASES])
def test_an_address_reads_as_it_should(
    read: dict[str, Row], url: str, strict: dict[str, str], recovered: dict[str, str], faults: str | None
) -> None:
    row = read[url]
    assert {key: row[f"utm_{key}"] for key in strict} == strict
    assert [key for key in KEYS if row[key] is not None and key.removeprefix("utm_") not in strict] == []
    found = {
        key.removeprefix("recovered_"): value for key, value in row.items() if key.startswith("recovered_") and value
    }
    assert found == recovered
    assert row["reading_faults"] == faults


def test_what_the_tracking_read_itself_fills_in_where_the_link_says_nothing() -> None:
    rows = model_rows(
        "core.int_session_tags",
        {
            "raw.web_sessions": [
                session("1", utm_source="facebook", utm_medium=""),
                session(
                    "2", landing_url="https://shop.example/?utm_source=instagram", utm_source="x", utm_medium="social"
                ),
                session("3", landing_url="https://shop.example/?UTM_SOURCE=instagram", utm_source="x"),
                session("4", utm_campaign="h%C3%B8st"),
            ]
        },
    )
    found = {row["session_id"]: (row["utm_source"], row["utm_medium"], row["recovered_source"]) for row in rows}
    assert found == {
        "1": ("facebook", None, None),
        "2": ("instagram", "social", None),
        "3": (None, None, "instagram"),
        "4": (None, None, None),
    }
    (fourth,) = [row for row in rows if row["session_id"] == "4"]
    assert (fourth["utm_campaign"], fourth["recovered_campaign"], fourth["reading_faults"]) == (
        "h%C3%B8st",
        "høst",
        "double_encoded",
    )


PLACES = {
    "https://Shop.Example/Sko/": ("shop.example", "/Sko/"),
    "https://navn:hemmelig@shop.example:8443/sko?x=1": ("shop.example", "/sko"),
    "//shop.example": ("shop.example", "/"),
    "shop.example/sko": ("shop.example", "/sko"),
    "/sko": (None, "/sko"),
    "sko": (None, "/sko"),
    "https://räksmörgås.example/a/b#c": ("räksmörgås.example", "/a/b"),
    "": (None, "/"),
}
CLICKS = {
    "gclid=abc": "gclid",
    "utm_source=x&fbclid=abc": "fbclid",
    "ScCid=abc": "sccid",
    "FBCLID=abc": "fbclid",
    "gclid=": None,
    "gclid": None,
    "gclid=&fbclid=x": "fbclid",
    "fbclid=x&gclid=y": "gclid",
    "xgclid=abc": None,
    "a=gclid=abc": None,
    "utm_content=gclid": None,
    "utm_source=x&awc=1": "awc",
}


def test_host_and_path() -> None:
    rows = read_links(list(PLACES))
    assert dict(zip(PLACES, [(row["landing_host"], row["landing_path"]) for row in rows], strict=True)) == PLACES


def test_click_ids() -> None:
    rows = read_links([f"https://shop.example/?{query}" for query in CLICKS])
    assert dict(zip(CLICKS, [row["click_id_name"] for row in rows], strict=True)) == CLICKS
