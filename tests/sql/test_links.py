"""The distinct links that sessions are read by: what differs from visit to visit is left out, and what may hide a tag never is."""

import pytest

from tests.session_rows import model_rows, session

SHOP = "https://shop.example/sko"
TAGGED = f"{SHOP}?utm_source=facebook&utm_medium=social"

# address; link; other parameters
CASES = [
    (SHOP, SHOP, None),
    (f"{SHOP}#avsnitt", SHOP, None),
    (f"{SHOP}?", f"{SHOP}?", None),
    (f"{SHOP}?fbclid=IwAR1", f"{SHOP}?", "fbclid=IwAR1"),
    (f"{SHOP}?fbclid=IwAR1#avsnitt", f"{SHOP}?", "fbclid=IwAR1"),
    (TAGGED, TAGGED, None),
    (f"{TAGGED}&fbclid=IwAR1&id=7", f"{TAGGED}&", "fbclid=IwAR1&id=7"),
    (f"{TAGGED}&utm_id=", f"{TAGGED}&utm_id=", None),
    # a tag behind another parameter, behind #, in capitals, or under an encoded key: nothing is left out
    (f"{SHOP}?id=7&utm_source=x", f"{SHOP}?id=7&utm_source=x", "id=7&utm_source=x"),
    (f"{TAGGED}&fbclid=a#utm_term=x", f"{TAGGED}&fbclid=a#utm_term=x", "fbclid=a"),
    (f"{TAGGED}#del", f"{TAGGED}#del", "utm_medium=social"),
    (f"{SHOP}?UTM_SOURCE=x", f"{SHOP}?UTM_SOURCE=x", "UTM_SOURCE=x"),
    (f"{SHOP}?id=7&%75tm_source=x", f"{SHOP}?id=7&%75tm_source=x", "id=7&%75tm_source=x"),
    (f"{SHOP}?id=7;%75tm_source=x", f"{SHOP}?id=7;%75tm_source=x", "id=7;%75tm_source=x"),
    # an encoded value hides none
    (f"{SHOP}?q=h%C3%B8st&gclid=1", f"{SHOP}?", "q=h%C3%B8st&gclid=1"),
]


@pytest.mark.parametrize(("address", "link", "others"), CASES)
def test_a_link_is_the_address_without_what_no_tag_depends_on(address: str, link: str, others: str | None) -> None:
    (row,) = model_rows("core.int_session_deliveries", {"raw.web_sessions": [session("s", landing_url=address)]})
    assert (row["link"], row["other_parameters"]) == (link, others)


def test_a_link_is_read_once_however_many_follow_it() -> None:
    visits = [session(str(place), landing_url=f"{TAGGED}&fbclid=IwAR{place}") for place in range(50)]
    visits += [session("x", landing_url=TAGGED + "&", utm_campaign="", utm_term="sko")]
    rows = model_rows("core.int_links", {"raw.web_sessions": visits})
    assert sorted((row["link"], row["given_term"]) for row in rows) == [(f"{TAGGED}&", ""), (f"{TAGGED}&", "sko")]


def test_the_tags_that_the_tracking_delivered_belong_to_their_own_sessions() -> None:
    rows = model_rows(
        "core.fct_sessions",
        {
            "raw.web_sessions": [
                session("1", landing_url=f"{SHOP}?fbclid=a"),
                session("2", landing_url=f"{SHOP}?fbclid=b", utm_source="newsletter", utm_medium="email"),
                session("3", landing_url=f"{SHOP}?fbclid=c", utm_source=""),
            ]
        },
    )
    found = {row["session_id"]: (row["utm_source"], row["utm_medium"], row["click_id_name"]) for row in rows}
    assert found == {
        "1": (None, None, "fbclid"),
        "2": ("newsletter", "email", "fbclid"),
        "3": (None, None, "fbclid"),
    }
