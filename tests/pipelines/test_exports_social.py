"""Exports of LinkedIn (pages, persons) and Pinterest through the whole ingestion: made-up Nordic content in the platforms' own shapes."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from tests.pipelines.biff import xls

D = Decimal
ACCOUNT = "account: Fjellheim\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name.replace("_", " "))
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


METRICS = [
    ["Aggregated engagement metrics for your posts. All dates and times are in UTC."],
    ["Date", "Impressions (organic)", "Impressions (sponsored)", "Impressions (total)", "Unique impressions (organic)",
     "Clicks (organic)", "Clicks (total)", "Reactions (organic)", "Comments (organic)", "Reposts (organic)", "Engagement rate (organic)"],
    ["02/03/2026", 100, 900, 1000, 80, 5, 50, 4, 3, 2, 0.14],
    ["02/04/2026", 200, 0, 200, 150, 6, 6, 5, 1, 0, 0.06],
]  # fmt: skip
POST = "https://www.linkedin.com/feed/update/urn:li:{}"
POSTS = [
    ["Engagement metrics for individual posts. All dates and times are in UTC."],
    ["Post title", "Post link", "Post type", "Campaign name", "Posted by", "Created date", "Campaign start date", "Audience",
     "Impressions", "Views", "Clicks", "Click through rate (CTR)", "Likes", "Comments", "Reposts", "Follows", "Engagement rate",
     "Content Type"],
    ["Ål på fjellet\n\n#fisk", POST.format("activity:7300000000000000001"), "Organic", "", "Kari", "02/04/2026", "", "All followers",
     300, "", 12, 0.04, 9, 4, 2, 1, 0.09, "Image"],
    ["Åpen dag", POST.format("ugcPost:7300000000000000002"), "Organic", "", "Kari", "02/03/2026", "", "All followers",
     1526, "", 45, 0.03, 46, 0, 1, "", 0.06, "Video"],
    ["Åpen dag", POST.format("ugcPost:7300000000000000002"), "Sponsored", "Vår A", "Kari", "02/03/2026", "02/03/2026", "",
     3398, "", 33, 0.01, 1, 0, 0, "", 0.01, "Video"],
    ["Åpen dag", POST.format("ugcPost:7300000000000000002"), "Sponsored", "Vår B", "Kari", "02/03/2026", "02/03/2026", "",
     1801, "", 23, 0.01, 0, 0, 0, "", 0.01, "Video"],
    ["Åpen dag", POST.format("ugcPost:7300000000000000002"), "Total", "", "Kari", "02/03/2026", "", "",
     6725, "", 101, 0.02, 47, 0, 1, "", 0.02, "Video"],
]  # fmt: skip
COUNTS = "select sum(impressions), sum(link_clicks), count(*) from raw.social_posts where is_paid = {}"


def test_linkedin_page_content(bench: Any) -> None:
    result = bench.read("li/fjellheim_content_1772323200000.xlsx", workbook(Metrics=METRICS, All_posts=POSTS), ACCOUNT)
    assert (result.status, result.format) == ("loaded", "linkedin.page_content+linkedin.page_posts")
    assert (result.rows_read, result.rows_loaded, result.rows_totals) == (7, 6, 1)
    assert result.downloaded_at == datetime(2026, 3, 1)
    assert bench.rows("select measure, sum(value) from raw.social_account_daily group by 1 order by 1") == [
        ("clicks", D(11)),
        ("comments", D(4)),
        ("impressions", D(300)),
        ("likes", D(9)),
        ("reach", D(230)),
        ("shares", D(2)),
    ]
    assert bench.rows(COUNTS.format("false")) == [(1826, 57, 2)]
    assert bench.rows(COUNTS.format("true")) == [(5199, 56, 2)]
    assert bench.rows(
        "select post_id, published_date, campaign, period_kind, period_from, period_to, account from raw.social_posts order by source_row"
    ) == [
        (post, day, campaign, "period", date(2026, 2, 3), date(2026, 2, 4), "Fjellheim")
        for post, day, campaign in [
            ("7300000000000000001", date(2026, 2, 4), None),
            ("7300000000000000002", date(2026, 2, 3), None),
            ("7300000000000000002", date(2026, 2, 3), "Vår A"),
            ("7300000000000000002", date(2026, 2, 3), "Vår B"),
        ]
    ]
    assert not [note for note in result.notes if "warning" in note]


def test_linkedin_puts_the_page_into_the_files_name(bench: Any) -> None:
    content = workbook(Metrics=METRICS, All_posts=POSTS)
    assert bench.read("brann-bryggeri_content_1772323200000.xlsx", content).account == "brann-bryggeri"
    assert bench.rows(
        "select distinct account from raw.social_account_daily union select account from raw.social_posts"
    ) == [("brann-bryggeri",)]
    name = "AggregateAnalytics_Kari Tur_2026-02-01_2026-02-28 (1).xlsx"
    assert bench.read(name, personal()).account == "Kari Tur"
    assert "`account: <name>`" in (bench.read("renamed.xlsx", workbook(Metrics=METRICS)).question or "")
    stated = bench.read("a/brann_followers_1772323200000.xlsx", workbook(**FOLLOWERS), ACCOUNT)
    assert stated.account == "Fjellheim"


def test_a_linkedin_total_that_is_not_the_sum_of_its_post_is_said(bench: Any) -> None:
    posts = [*POSTS[:-1], [*POSTS[-1][:8], 6000, *POSTS[-1][9:]]]
    result = bench.read("li/content.xlsx", workbook(All_posts=posts), ACCOUNT)
    assert [note for note in result.notes if "warning" in note] == [
        f"warning: the total row of {POST.format('ugcPost:7300000000000000002')} says 6000 Impressions, the rows add up to 6725"
    ]
    lonely = [*POSTS[:3], POSTS[-1]]
    result = bench.read("li/lonely.xlsx", workbook(All_posts=lonely), ACCOUNT)
    assert (result.rows_loaded, result.rows_totals) == (1, 1)
    assert "line 4 is a total of" in " ".join(result.notes)


def test_a_linkedin_post_type_that_is_not_known_is_refused(bench: Any) -> None:
    posts = [*POSTS[:2], [*POSTS[2][:2], "Vanlig", *POSTS[2][3:]], POSTS[3]]
    result = bench.read("li/content.xlsx", workbook(All_posts=posts), ACCOUNT)
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 1)
    assert "'Vanlig': not one of" in (result.reason or "")


FOLLOWERS = {
    "New_followers": [
        ["Date", "Sponsored followers", "Organic followers", "Auto-invited followers", "Total followers"],
        ["01/31/2026", 1, 2, 3, 6], ["02/01/2026", 0, 1, 0, 1],
    ],
    "Location": [["Location", "Total followers"], ["Oslo, Norge", 30], ["Malmö, Sverige", 20]],
    "Job_function": [["Job function", "Total followers"], ["Salg", 12]],
    "Seniority": [["Seniority", "Total followers"], ["Senior", 9]],
    "Industry": [["Industry", "Total followers"], ["Fiskeri", 7]],
    "Company_size": [["Company size", "Total followers"], ["2-10", 5]],
}  # fmt: skip


def test_linkedin_page_followers(bench: Any) -> None:
    result = bench.read("li/fjellheim_followers_1772323200000.xlsx", workbook(**FOLLOWERS), ACCOUNT)
    assert (result.status, result.rows_read, result.rows_loaded) == ("loaded", 8, 8)
    assert bench.rows(
        "select date, value from raw.social_account_daily where measure = 'followers_gained' order by 1"
    ) == [(date(2026, 1, 31), D(6)), (date(2026, 2, 1), D(1))]
    assert bench.rows(
        "select dimension, member, measure, value, unit, period_from from raw.audience order by value"
    ) == [
        ("company_size", "2-10", "followers", D(5), "count", None),
        ("industry", "Fiskeri", "followers", D(7), "count", None),
        ("seniority", "Senior", "followers", D(9), "count", None),
        ("job_function", "Salg", "followers", D(12), "count", None),
        ("location", "Malmö, Sverige", "followers", D(20), "count", None),
        ("location", "Oslo, Norge", "followers", D(30), "count", None),
    ]


def test_linkedin_workbooks_of_the_older_kind(bench: Any) -> None:
    sheets = [(name.replace("_", " "), [list(row) for row in rows]) for name, rows in FOLLOWERS.items()]
    new = bench.read("fjellheim_followers_1772323200000.xlsx", workbook(**FOLLOWERS))
    known = bench.rows("select * exclude (source_file, file_id) from raw.social_account_daily order by all")
    (bench.home.inbox / new.file_path).unlink()
    old = bench.read("fjellheim_followers_1772323200000.xls", xls(*sheets))
    assert (old.status, old.format, old.rows_loaded) == ("loaded", new.format, new.rows_loaded)
    query = f"select * exclude (source_file, file_id) from raw.social_account_daily where source_file = '{old.file_path}' order by all"
    assert bench.rows(query) == known


def test_linkedin_page_visitors(bench: Any) -> None:
    head = ["Date", "Overview page views (desktop)", "Overview page views (total)", "Total page views (desktop)",
            "Total page views (mobile)", "Total page views (total)", "Total unique visitors (total)"]  # fmt: skip
    content = workbook(
        Visitor_metrics=[head, ["01/31/2026", 4, 6, 4, 3, 7, 5], ["02/01/2026", 1, 1, 1, 1, 2, 2]],
        Location=[["Location", "Total views"], ["Oslo, Norge", 8]],
    )
    result = bench.read("li/fjellheim_visitors_1772323200000.xlsx", content, ACCOUNT)
    assert (result.status, result.rows_loaded) == ("loaded", 3)
    assert bench.rows("select measure, sum(value) from raw.social_account_daily group by 1 order by 1") == [
        ("profile_unique_visitors", D(7)),
        ("profile_visits", D(9)),
    ]
    # What the members saw is of the days of the sheet beside; the followers of the other workbook are a state.
    assert bench.rows("select dimension, member, measure, value, period_from, period_to from raw.audience") == [
        ("location", "Oslo, Norge", "page_views", D(8), date(2026, 1, 31), date(2026, 2, 1))
    ]


def personal(**changed: list[list[Any]]) -> bytes:
    url = "https://www.linkedin.com/posts/kari_tur-{}-7300000000000000{}-AbCd"
    sheets: dict[str, list[list[Any]]] = {
        "DISCOVERY": [
            ["Overall Performance", "2/1/2026 - 2/28/2026"],
            ["Impressions", "1,289"],
            ["Members reached", "590"],
        ],
        "ENGAGEMENT": [["Date", "Impressions", "Engagements"], ["2/1/2026", "1,200", "30"], ["2/2/2026", "89", "-2"]],
        "TOP_POSTS": [
            ["Maximum of 50 posts available to include in this list"],
            [],
            ["Post URL", "Post publish date", "Engagements", None, "Post URL", "Post publish date", "Impressions"],
            [url.format("share", 1), "2/1/2026", "25", None, url.format("share", 2), "2/2/2026", "900"],
            [url.format("share", 2), "2/2/2026", "5", None, url.format("share", 1), "2/1/2026", "300"],
            [None, None, None, None, url.format("ugcPost", 3), "2/2/2026", "89"],
        ],
        "FOLLOWERS": [
            ["Total followers on 2/28/2026:", "2,571"],
            [],
            ["Date", "New followers"],
            ["2/1/2026", "3"],
            ["2/2/2026", "0"],
        ],
        "DEMOGRAPHICS": [
            ["Top Demographics", "Value", "Percentage"],
            ["Job titles", "Daglig leder", "12%"],
            ["Locations", "Oslo", "< 1%"],
            ["Locations", "Bergen", "less than 1%"],
        ],
    }
    return workbook(**{**sheets, **changed})


def test_linkedin_personal_analytics(bench: Any) -> None:
    result = bench.read("li/AggregateAnalytics_Kari_2026-02-01_2026-02-28.xlsx", personal(), ACCOUNT)
    assert (result.status, result.reason) == ("loaded", None)
    # Two totals, two days, two and three posts, one number of followers, two days, three demographics.
    assert (result.rows_read, result.rows_loaded) == (15, 15)
    assert bench.rows("select date, measure, value from raw.social_account_daily order by 2, 1") == [
        (date(2026, 2, 1), "engagements", D(30)),
        (date(2026, 2, 2), "engagements", D(-2)),
        (date(2026, 2, 28), "followers", D(2571)),
        (date(2026, 2, 1), "followers_gained", D(3)),
        (date(2026, 2, 2), "followers_gained", D(0)),
        (date(2026, 2, 1), "impressions", D(1200)),
        (date(2026, 2, 2), "impressions", D(89)),
    ]
    assert bench.rows(
        "select post_id, max(impressions), count(*), max(published_date), min(period_from), max(period_to)"
        " from raw.social_posts group by 1 order by 1"
    ) == [
        ("73000000000000001", 300, 2, date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 28)),
        ("73000000000000002", 900, 2, date(2026, 2, 2), date(2026, 2, 1), date(2026, 2, 28)),
        ("73000000000000003", 89, 1, date(2026, 2, 2), date(2026, 2, 1), date(2026, 2, 28)),
    ]
    assert bench.rows(
        "select dimension, member, measure, value, period_from, period_to from raw.audience order by 1, 2"
    ) == [
        ("Job titles", "Daglig leder", "audience", D("0.12"), date(2026, 2, 1), date(2026, 2, 28)),
        ("Locations", "Bergen", "audience", None, date(2026, 2, 1), date(2026, 2, 28)),
        ("Locations", "Oslo", "audience", None, date(2026, 2, 1), date(2026, 2, 28)),
        ("overview", "Impressions", "period_total", D(1289), date(2026, 2, 1), date(2026, 2, 28)),
        ("overview", "Members reached", "period_total", D(590), date(2026, 2, 1), date(2026, 2, 28)),
    ]


def test_the_sheets_of_a_persons_analytics_tell_what_a_changed_name_does_not(bench: Any) -> None:
    assert bench.read("kari.xlsx", personal(), ACCOUNT).status == "loaded"
    days = [["Date", "Impressions", "Engagements"], ["2/1/2026", "1,200", "30"]]
    result = bench.read("ark.xlsx", workbook(Ark1=days))
    assert result.status == "quarantined"
    assert "linkedin.personal_engagement" in (result.reason or "")


PINTEREST = (
    '"Date range","02/01/2026 - 02/02/2026"\n"Content type","All"\n"Claimed accounts","All pins"\n\n'
    "Date,Impressions,Outbound clicks\n2026-02-01,120,4\n2026-02-02,80,\n\n"
    "Pinterest Link,Impressions,Engagement,Pin clicks,Outbound clicks,Saves\nhttps://www.pinterest.com/fjellheim/turer/,150,20,9,4,3\n\n"
    "Pinterest Link,Title,Content Type,Source,Impressions\nhttps://www.pinterest.com/pin/123456789012/,Ål,Organic,Your Pins,90\n"
)


def test_pinterest_overview_of_three_tables(bench: Any) -> None:
    result = bench.read("pinterest/overview.csv", PINTEREST, ACCOUNT)
    assert (result.status, result.rows_loaded) == ("loaded", 4)
    assert bench.rows("select date, measure, value from raw.social_account_daily order by 2, 1") == [
        (date(2026, 2, 1), "impressions", D(120)),
        (date(2026, 2, 2), "impressions", D(80)),
        (date(2026, 2, 1), "link_clicks", D(4)),
        (date(2026, 2, 2), "link_clicks", None),
    ]
    assert bench.rows(
        "select dimension, member, measure, value, period_to from raw.audience where measure = 'saves'"
    ) == [("board", "https://www.pinterest.com/fjellheim/turer/", "saves", D(3), date(2026, 2, 2))]
    assert bench.rows("select post_id, impressions, account from raw.social_posts") == [
        ("123456789012", 90, "Fjellheim")
    ]


def test_linkedin_page_content_in_spanish_of_before_shares_became_reposts(bench: Any) -> None:
    posts = [
        ["Nota"],
        [
            *(
                "Título de la publicación",
                "Enlace de la publicación",
                "Tipo de publicación",
                "Fecha de creación",
                "Impresiones",
                "Clics",
            ),
            *(
                "Recomendaciones",
                "Comentarios",
                "Veces compartido",
                "Seguidores",
                "Tasa de interacción",
                "Tipo de contenido",
            ),
        ],
        [
            *("Ål", POST.format("share:7300000000000000001"), "Orgánico", "02/13/2026", "1.200", "40"),
            *("30", "2", "5", "1", "0,06", "Imagen"),
        ],
    ]
    result = bench.read("fjellheim_content_1772323200000.xlsx", workbook(Todas=posts))
    assert (result.status, result.locale) == ("loaded", "es")
    assert bench.rows(
        "select published_date, impressions, link_clicks, likes, shares, follows, is_paid from raw.social_posts"
    ) == [(date(2026, 2, 13), 1200, 40, 30, 5, 1, False)]
    english = [
        [
            "Date",
            "Impressions (organic)",
            "Clicks (organic)",
            "Reactions (organic)",
            "Comments (organic)",
            "{} (organic)",
        ]
    ]
    for number, name in enumerate(("Shares", "Reposts")):
        head = [cell.format(name) for cell in english[0]]
        bench.read(f"{name}.xlsx", workbook(Metrics=[head, [f"02/1{number + 3}/2026", 10, 1, 1, 1, 7]]), ACCOUNT)
    assert bench.rows("select count(*), sum(value) from raw.social_account_daily where measure = 'shares'") == [
        (2, D(14))
    ]


def test_linkedin_competitors_are_no_measure_of_the_account(bench: Any) -> None:
    rows = [
        ["Sammenlignet med sidene som du har valgt"],
        ["Page", "Total Followers", "New Followers", "Total post engagements", "Total posts"],
        ["Fjellheim", 12045.0, 120.0, 950.0, 14.0],
        ["Nordlys", 20100.0, -5.0, 1200.0, 9.0],
    ]
    name = "li/fjellheim_competitors_1772323200000.xlsx"
    result = bench.read(name, workbook(COMPETITORS=rows))
    assert (result.status, result.format, result.account) == ("loaded", "linkedin.page_competitors", "fjellheim")
    assert any("does not say of which period" in note for note in result.notes)
    assert bench.rows("select count(*) from raw.social_account_daily") == [(0,)]
    assert bench.rows("select member, measure, value from raw.audience where member = 'Nordlys' order by 2") == [
        ("Nordlys", "followers", D(20100)),
        ("Nordlys", "followers_gained", D(-5)),
        ("Nordlys", "interactions", D(1200)),
        ("Nordlys", "posts_published", D(9)),
    ]
    named = bench.read("li/fjellheim_competitors_2026-01-01_2026-01-31.xlsx", workbook(COMPETITORS=rows[1:]), ACCOUNT)
    assert (named.period_from_date, named.period_to_date) == (date(2026, 1, 1), date(2026, 1, 31))
