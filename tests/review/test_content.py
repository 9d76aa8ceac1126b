"""Content in the review: series and formats by way, and each owner's assets, accounts and tests."""

import re
from datetime import date

import duckdb
import pytest

from review.content import read_content
from review.read import Published
from tests.review.test_pages import MORE, TABLES, WEEK, check_page, written

SERIES = """
create table kpi.series_scorecard as select date '2026-11-09' as week_start_date, series, distribution, goal, value, lower_bound,
    upper_bound, 1.5 as threshold, rank, is_top, verdict, missing
from (values
    ('school', 'organic', 'engagement', 4.6, 4.3, 5.0, 1, true, 'pass', null),
    ('school', 'paid', 'engagement', 2.0, 1.0, 3.0, 1, false, 'open', null),
    ('school', 'all', 'engagement', 3.9, 3.5, 4.2, 1, true, 'pass', null),
    ('trips', 'organic', 'reach', 1.07, 0.99, 1.15, 2, false, 'open', null),
    ('trips', 'all', 'reach', 1.07, 0.99, 1.15, 2, false, 'open', null),
    ('young', 'all', 'traffic', null, null, null, null, false,
    'not_enough_data', '2 more assets with figures'), ('only paid', 'paid', 'traffic', 1.0, 0.9, 1.1, 1, false, 'fail', null)
) as t (series, distribution, goal, value, lower_bound, upper_bound, rank, is_top, verdict, missing);
create table kpi.format_scorecard as select date '2026-11-09' as week_start_date, distribution, format_class, 3 as assets, reached,
    500.0 as reached_per_asset, 4.1 as engagement_rate, cast(null as decimal(18, 6)) as click_rate, spend
from (values ('organic', 'short', 900, null), ('paid', 'short', 600, 120.5), ('all', 'short', 1500, 120.5), ('organic', 'image', 90, null),
    ('all', 'image', 90, null), ('all', 'all', 1590, 120.5)) as t (distribution, format_class, reached, spend);
create table kpi.creative_patterns as select date '2026-11-09' as week_start_date, distribution, property, member, 0.44 as top_share,
    0.16 as other_share, 0.28 as difference, is_shared
from (values ('organic', 'hook', 'question', true), ('organic', 'format', 'image', true), ('paid', 'hook', 'claim', false))
    as t (distribution, property, member, is_shared);
create table kpi.creative_scorecard as select date '2026-11-09' as week_start_date, concat(platform, place) as asset, distribution,
    platform, 'school' as series, 'short' as format_class, '<b>' as hook, 'engagement' as goal, 7.4 as value, 5.8 as lower_bound,
    9.5 as upper_bound, place as rank,
    9 as ranked, place = 1 as is_top
from (values ('instagram', 'organic'), ('youtube', 'organic'), ('meta', 'paid'), ('instagram', 'all')) as t (platform, distribution)
cross join (values (1), (2), (3), (4), (5), (6), (null)) as places (place);
create table kpi.posting_frequency as select platform, 'acc' as account, 4 as posts_per_week, 14 as weeks, 39.2 as interactions_per_post,
    -3.5 as interactions_per_extra_post, platform = 'instagram' as is_diminishing from (values ('instagram'), ('youtube')) as t (platform);
create table core.dim_channels as select * from (values ('Organic Social', 'all', 'discovery', 'SoMe Lead'),
    ('Organic Social', 'facebook', 'community', 'Community Manager'), ('Organic Video', 'all', 'discovery', 'Content Lead'),
    ('Paid Social', 'all', 'discovery', 'Growth Marketer')) as t (channel, platform, role, owner);
create table core.fct_sessions as select channel, platform, is_paid, true as is_social, date '2026-10-01' as session_date
from (values ('Organic Social', 'instagram', false), ('Organic Social', 'facebook', false), ('Organic Video', 'youtube', false),
    ('Paid Social', 'instagram', true)) as t (channel, platform, is_paid);
update kpi.decisions set rule = 'test_decided', subject = 'hook-1', owner = 'SoMe Lead' where verdict = 'fires';
"""
ADS = {"meta": ["instagram", "facebook"]}


@pytest.fixture
def connection():
    with duckdb.connect() as made:
        made.execute(TABLES + MORE + SERIES)
        yield made


def test_series_and_formats_stand_by_way(connection):
    content = read_content(Published(connection), WEEK, ADS)
    assert [(ways["all"].series, sorted(ways)) for ways in content.series] == [
        ("school", ["all", "organic", "paid"]),
        ("trips", ["all", "organic"]),
        ("young", ["all"]),
    ]
    assert [(ways["all"].format_class, sorted(ways)) for ways in content.formats] == [
        ("short", ["all", "organic", "paid"]),
        ("image", ["all", "organic"]),
        ("all", ["all"]),
    ]
    assert [(row.property, row.member) for row in content.shared] == [("format", "image"), ("hook", "question")]


@pytest.mark.parametrize(
    ("owner", "assets", "accounts"),
    [
        ("SoMe Lead", [("instagram", "organic", place) for place in (1, 2, 3, 4, 5)], ["instagram"]),
        ("Content Lead", [("youtube", "organic", place) for place in (1, 2, 3, 4, 5)], ["youtube"]),
        ("Growth Marketer", [("meta", "paid", place) for place in (1, 2, 3, 4, 5)], []),
        ("Community Manager", [], []),
        ("nobody", [], []),
    ],
)
def test_an_owner_has_the_content_of_their_channels_platforms(connection, owner, assets, accounts):
    content = read_content(Published(connection), WEEK, ADS)
    assert [(row.platform, row.distribution, row.rank) for row in content.assets_of(owner)] == assets
    assert [row.platform for row in content.frequency_of(owner)] == accounts


def test_ads_of_a_platform_without_a_name_of_its_own_belong_to_it(connection):
    connection.execute("update kpi.creative_scorecard set platform = 'instagram' where platform = 'meta'")
    content = read_content(Published(connection), WEEK, {})
    assert {row.platform for row in content.assets_of("Growth Marketer")} == {"instagram"}


def test_without_visits_in_the_quarter_nobody_has_content(connection):
    assert read_content(Published(connection), date(2027, 3, 1), ADS).places == []


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("nb", ["1,07 × vanlig", "blant de beste", "Åpning question: 44 % av de beste, 16 % av de andre (organisk)",
                "Format bilde:", "enda 2 innhold med tall", "hvert ekstra innlegg er mindre verdt", "−3,5", "1 av 9", "120 kr"]),
        ("sv", ["1,07 × vanligt", "bland de bästa", "ytterligare 2 innehåll med siffror", "varje extra inlägg är mindre värt"]),
        ("en", ["1.07 × usual", "among the best", "2 more assets with figures", "each extra post is worth less"]),
    ],
)  # fmt: skip
def test_the_page_shows_them(connection, tmp_path, code, parts):
    _, texts = written(connection, tmp_path)
    page = texts[f"{code}.html"]
    check_page(page, code)
    text = re.sub(r"\s+", " ", page.replace("\u00a0", " "))
    assert [part for part in parts if part not in text] == []
    assert "<b>" not in text and "&lt;b&gt;" in text
    owners = text[text.index('id="owners"') :]
    assert owners.count("hook-1") == 3  # two variants, and the recommendation
