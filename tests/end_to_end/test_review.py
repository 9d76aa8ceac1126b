"""The nightly run leaves the review and the manual of the simulated brand, in every language."""

import pytest

from review.language import LANGUAGES, Language
from tests.review.test_pages import check_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]


def test_the_night_writes_every_page(night):
    names = {path.name for path in night.home.reports.iterdir()}
    assert names == {
        *(f"2026-W46.{code}.{kind}" for code in LANGUAGES for kind in ("html", "md")),
        *(f"manual.{code}.html" for code in LANGUAGES),
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_of_the_brand_is_whole(night, code):
    text = (night.home.reports / f"2026-W46.{code}.html").read_text(encoding="utf-8")
    check_page(text, code)
    t = Language(code)
    assert text.count('<article class="card ') == 8
    assert t.say("bridge_note") in text and '<article class="ask">' in text
