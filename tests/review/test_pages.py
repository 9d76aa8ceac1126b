"""The review and the manual as pages: built from tables, whole in every language, inert whatever the data say, and written at once."""

import base64
import hashlib
import re
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from config.yaml_file import ConfigError
from review.language import LANGUAGES, Language
from review.manual import write_manual
from review.write import clear_old, write_review

HOSTILE = "<script>alert(1)</script>"
WEEK, TODAY = date(2026, 11, 9), date(2026, 11, 16)
TABLES = f"""
create schema kpi; create schema core; create schema quality;
create table kpi.kpi_catalogue as select * from (values
    ('leads_social', 'Leads from social', 'Leads fra sosiale medier', 'Leads från sociala medier', 1, 'funnel'),
    ('utm_coverage', 'UTM coverage {HOSTILE}', 'UTM-dekning', 'UTM-täckning', 2, 'funnel')
) as t (kpi, title_en, title_nb, title_sv, position, tier);
create table kpi.scorecard as select
    'nb2026' as plan, 90 as plan_day, kpi, week_start_date, cast(value as decimal(18, 6)) as value, cast(previous as decimal(18, 6)) as
    previous_value, cast(value - previous as decimal(18, 6)) as change, cast(target as decimal(18, 6)) as target,
    cast(target as decimal(18, 6)) as expected, status, 2 as weeks_worse, owner, unit, null as currency, 'up' as better, 1 as weeks_summed,
    true as is_complete, false as is_estimated, null as null_reason
from (values
    ('leads_social', date '2026-11-02', 40, 30, 90, 'behind', 'Demand Gen', 'count_per_month'),
    ('leads_social', date '2026-11-09', 61.5, 40, 90, 'behind', 'Demand Gen', 'count_per_month'),
    ('utm_coverage', date '2026-11-09', 96, 95, 95, 'met', '{HOSTILE}', 'percent')
) as t (kpi, week_start_date, value, previous, target, status, owner, unit);
create table kpi.kpi_values as select kpi, 'week' as period, day as period_start_date, dimension, member,
    cast(96 as decimal(28, 9)) as numerator, cast(100 as decimal(28, 9)) as denominator, cast(96 as decimal(18, 6)) as value,
    complete as is_complete
from (values
    ('utm_coverage', date '2026-11-09', 'all', 'all', true), ('utm_coverage', date '2026-11-09', 'channel', '{HOSTILE}', true),
    ('leads_social', date '2026-11-09', 'all', 'all', true), ('utm_coverage', date '2026-11-16', 'all', 'all', false)
) as t (kpi, day, dimension, member, complete);
create table quality.utm_worklist as select '{HOSTILE}' as owner, 'https://a.example/?x="><img src=x onerror=alert(1)>' as landing_url,
    'https://a.example/' as suggested_url, 'no tags' as reason, 12 as sessions;
"""
MORE = f"""
create table kpi.decisions as select date '2026-11-09' as week_start_date, 'fix_tags' as rule, 'channel' as subject_kind,
    '{HOSTILE}' as subject, verdict, 'Mend the tags' as title_en, 'Rett merkingen' as title_nb, 'Rätta märkningen' as title_sv,
    'some figures' as evidence, 10 as sample, case when verdict = 'not_enough_data' then 'cpa of the whole week' end as missing,
    '{{"text":"shared_place","page":"{HOSTILE}","content":"c","names":"n","visits":600}}' as evidence_figures,
    case when verdict = 'not_enough_data' then '{{"text":"whole_week","kpi":"leads_social"}}' end as missing_figures,
    0.97 as confidence, 'Mend them' as action, 'Rett dem' as action_nb, 'Rätta dem' as action_sv,
    'Growth Marketer' as owner, decided
from (values ('fires', 'open'), ('quiet', null), ('not_enough_data', null)) as t (verdict, decided);
create table kpi.risks as select date '2026-11-09' as week_start_date, 'brand_safety' as risk, kpi, 'risen' as state,
    'Brand safety' as title_en, 'Merkevaresikkerhet' as title_nb, 'Varumärkessäkerhet' as title_sv,
    'too low' as evidence, '{{"text":"at_least","kpi":"' || kpi || '","value":88.7,"unit":"percent","level":95}}' as evidence_figures,
    'Check first' as action, 'Sjekk først' as action_nb, 'Kontrollera först' as action_sv, 'Editor' as owner
from (values ('qa_pass_rate'), ('policy_flags')) as t (kpi);
create table kpi.experiments as select 'hook-1' as experiment_id, variant, 'ctr' as metric, cast(0.0123 as decimal(18, 6)) as value,
    cast(0.01 as decimal(18, 6)) as lower, cast(0.015 as decimal(18, 6)) as upper, 4000 as sample, 5000 as planned_sample,
    variant = 'b' as is_winner, 'decided' as state, 'percent' as unit, null as currency, date '2026-11-02' as started_date, null as missing
from (values ('a'), ('b')) as t (variant);
create table kpi.restatements as select date '2026-11-16' as run_date, 2 as sequence_number, 'leads_social' as kpi, 'week' as period,
    date '2026-11-02' as period_start_date, cast(4.1 as decimal(18, 6)) as previous_value, cast(3.6 as decimal(18, 6)) as value,
    'ratio' as unit, null as currency, 'files' as reason, 6 as files_loaded, 'a_b.csv, {HOSTILE}.csv' as files;
"""


@pytest.fixture
def connection():
    with duckdb.connect() as made:
        made.execute(TABLES)
        yield made


def written(connection, tmp_path, **settings):
    chosen = Settings(review={"plan": "nb2026", **settings})
    found = write_review(connection, Home(tmp_path), chosen, today=TODAY, folder=tmp_path)
    assert found is not None
    return found, {path.name.split(".", 1)[1]: path.read_text(encoding="utf-8") for path in found.paths}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.headings, self.ids, self.targets, self.languages = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.targets.append(given["href"])
        if tag == "html":
            self.languages.append(given["lang"])


def check_page(text, code):
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert page.languages == [code]
    assert not names & {"script", "iframe", "link", "img", "object", "form", "base"}
    assert not [given for _, given in page.tags if {"style", "src", "onerror", "onclick"} & set(given)]
    assert page.headings.count(1) == 1
    assert all(later - before <= 1 for before, later in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))
    assert all(target.startswith("#") and target[1:] in page.ids for target in page.targets)
    assert all("scope" in given or given.get("aria-hidden") == "true" for tag, given in page.tags if tag == "th")
    assert all(
        (given.get("role") == "img" and given.get("aria-label")) or given.get("aria-hidden")
        for tag, given in page.tags
        if tag == "svg"
    )
    # What scrolls sideways is reached by keyboard and has a name, and so has every table.
    scrolled = [given for _, given in page.tags if given.get("class") == "scroll"]
    assert scrolled
    assert all(
        given.get("tabindex") == "0" and given.get("role") == "region" and given.get("aria-label") for given in scrolled
    )
    assert sum(tag == "table" for tag, _ in page.tags) == sum(tag == "caption" for tag, _ in page.tags)
    assert "#content" in page.targets
    policy = next(given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy")
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'") and f"'sha256-{digest}'" in policy
    assert "url(" not in style and "@import" not in style
    return page


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("tables", ["", MORE])
def test_a_page_is_whole_and_inert(connection, tmp_path, code, tables):
    connection.execute(tables)
    _, texts = written(connection, tmp_path)
    text = texts[f"{code}.html"]
    check_page(text, code)
    assert "&lt;script&gt;" in text
    t = Language(code)
    for key in (
        "headlines",
        "bridge",
        "decisions",
        "experiments",
        "content_told",
        "coverage",
        "restated",
        "quality",
        "owners",
    ):
        assert f'id="{key}">{t.say(key)}</h2>' in text
    assert (t.say("none_yet") in text) and "None" not in text and "Undefined" not in text


def test_on_their_own_page_nobody_is_told_who_they_are(connection, tmp_path):
    connection.execute(MORE)
    _, texts = written(connection, tmp_path)
    team, own = texts["en.html"].split('<section class="owners"')
    column = '<th scope="col">Owner</th>'
    assert (team.count(column), own.count(column)) == (2, 0)
    assert own.count('<table class="links own">') == 1


def test_figures_reasons_and_decisions_stand_in_the_language(connection, tmp_path):
    connection.execute(MORE)
    _, texts = written(connection, tmp_path)
    text = texts["nb.html"].replace("\u00a0", " ")
    for part in (
        "uke 46, 2026",
        "9.–15. november 2026",
        "96,0 %",
        "Rett dem",
        "4,10",
        "3,60",
        "6 filer: a_b.csv",
        " …",
        "ligger etter",
    ):
        assert part in text, part
    assert "1 av 2 KPI-er" in text
    assert text.count("Merkevaresikkerhet") == 1
    assert "policy_flags 88,70 %, minst 95 kreves; qa_pass_rate 88,70 %, minst 95 kreves" in text
    assert "(600 av besøkene)" in text and "Leads fra sosiale medier for hele uken" in text
    assert "Sjekk først" in text and text.count("★ vinner") == 1 and "0,01 %" in text


def test_a_file_of_an_earlier_version_shows_the_english_text(connection, tmp_path):
    connection.execute(MORE)
    for column in ("evidence_figures", "missing_figures"):
        connection.execute(f"alter table kpi.decisions drop column {column}")
    assert "some figures" in written(connection, tmp_path)[1]["nb.html"]


def test_markdown_holds_the_same_and_no_markup_of_the_data(connection, tmp_path):
    connection.execute(MORE)
    found, texts = written(connection, tmp_path)
    assert found.preview == texts["en.md"]
    assert "week 46, 2026: Leads from social" not in found.preview
    assert "week 45, 2026: Leads from social 4.10 is now 3.60" in found.preview
    assert "<script" not in found.preview.replace("\\<script", "")
    assert "Mend them Owner: Growth Marketer.\n" in found.preview
    assert "[2026-W46.sv.html](2026-W46.sv.html)" in texts["sv.md"]


def test_the_week_is_the_newest_complete_one(connection, tmp_path):
    assert written(connection, tmp_path)[0].week == WEEK
    connection.execute("delete from kpi.kpi_values")
    assert write_review(connection, Home(tmp_path), Settings(), today=TODAY, folder=tmp_path) is None


def test_languages_and_plan_are_those_of_the_settings(connection, tmp_path):
    _, texts = written(connection, tmp_path, languages=["sv"])
    assert set(texts) == {"sv.html", "sv.md"}
    with pytest.raises(ConfigError, match=r"review.plan is 'nothing'; allowed: nb2026, sv2026"):
        written(connection, tmp_path, plan="nothing")


def test_old_weeks_go_and_other_files_stay(tmp_path):
    for name in ("2026-W44.en.html", "2026-W45.nb.md", "2026-W46.en.html", "notes.html", "manual.en.html"):
        (tmp_path / name).touch()
    clear_old(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2026-W45.nb.md",
        "2026-W46.en.html",
        "manual.en.html",
        "notes.html",
    ]


def test_at_most_eight_headlines_those_behind_first(connection, tmp_path):
    from review.read import Review

    lines = [
        SimpleNamespace(kpi=str(number), position=number, status="behind" if number < 3 else "met")
        for number in range(12)
    ]
    shown = Review(week=WEEK, plan=None, published=None, lines=lines).headlines
    assert [line.position for line in shown] == [0, 1, 2, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_manual_is_whole_in_every_language(tmp_path, code):
    settings = Settings(review={"languages": [code]})
    (path,) = write_manual(Home(tmp_path), settings, folder=tmp_path)
    text = path.read_text(encoding="utf-8")
    check_page(text, code)
    assert path.name == f"manual.{code}.html"
    t = Language(code)
    for key in (
        "manual_kpis",
        "manual_links",
        "manual_leads",
        "manual_channels",
        "manual_attribution",
        "manual_thresholds",
    ):
        assert t.say(key) in text
    assert ('<span lang="en">' in text) is False
    assert "utm_campaign" in text and t.share(__import__("decimal").Decimal("0.95")) in text


def test_a_formula_of_the_home_is_shown_as_it_is_written(tmp_path):
    from review.formulas import formula

    assert str(formula("my <own> ratio", Language("nb"))) == '<span lang="en">my &lt;own&gt; ratio</span>'
    assert str(formula("saves of posts", Language("nb"))) == "lagringer av innlegg"
