"""The nightly run leaves the review and the manual of the simulated brand, in every language."""

import html
import re
from datetime import date

import pytest

from config.evidence import load_evidence
from config.settings import load_settings
from review.language import LANGUAGES, Language, messages
from review.write import write_review
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


@pytest.mark.parametrize("code", ["nb", "sv"])
def test_no_english_sentence_is_left_in_another_language(night, tmp_path, code):
    settings = load_settings(night.home)
    written = write_review(
        night.published, night.home, settings, today=date(2026, 11, 16), languages=[code], folder=tmp_path
    )
    assert written is not None
    pages = [html.unescape(path.read_text(encoding="utf-8")).replace("\u00a0", " ") for path in written.paths]
    assert [sentence for sentence in english_sentences(code) for page in pages if sentence in page] == []
    assert 'lang="en"' not in pages[0]


def english_sentences(code):
    """The words of every English text of the pages, of rules, risks and checks, that are no words of the language itself."""
    evidence, place = load_evidence(), LANGUAGES.index(code)
    several = [*evidence.texts.values(), *evidence.findings.values(), *evidence.said, *messages().values()]
    own = " ".join(str(texts[place]) for texts in several)
    parts = {
        part.strip(" ;,.:()%")
        for texts in several
        for part in re.split(r"\{[^}]*\}|\[|\]", str(texts[0]))
        if " " in part.strip()
    }
    return {part for part in parts if len(part) > 8 and part not in own}
