"""Posts, insights and pages of Facebook and Instagram through the whole ingestion: made-up Nordic content in Meta's own shapes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import utf16

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


ACCOUNT = "account: Fjellheim\n"
POSTS = (
    '"Post ID","Page ID","Page name",Title,Description,"Duration (sec)","Publish time",Permalink,"Post type","Data comment",Date,'
    'Views,Reach,"Reactions, Comments and Shares",Reactions,Comments,Shares,Views,"Link Clicks"\n'
    '122,900,"Fjellheim",,"Blåbær på fjellet!\n\nSkriv til kari@fjellheim.example",0,"03/18/2025 23:30",https://www.facebook.com/p/1,Photo,,'
    "Lifetime,1200,900,15,10,3,2,0,7\n"
    '123,900,"Fjellheim",Grädde,Ängar,31,"11/02/2025 00:30",https://www.facebook.com/p/2,Reel,,Lifetime,"2,400",1800,,20,,1,0,\n'
)


def series(title: str, days: str = '"2026-02-01T00:00:00","5"\n"2026-02-02T01:00:00","7"\n') -> bytes:
    return utf16(f'sep=,\n"{title}"\n"Date","Primary"\n{days}')


def test_facebook_posts(bench: Any) -> None:
    result = bench.read("Mar-18-2025_Nov-02-2025_1.csv", b"\xef\xbb\xbf" + POSTS.encode())
    assert (result.status, result.rows_loaded, result.format) == ("loaded", 2, "meta.facebook_posts")
    rows = bench.rows(
        "select post_id, published_at, views, reach, likes, link_clicks, period_kind, account from raw.social_posts"
    )
    # Los Angeles: summer time on 18 March, and the hour that 2 November has once only.
    assert rows[0] == ("122", datetime(2025, 3, 19, 6, 30), 1200, 900, 10, 7, "lifetime", "Fjellheim")
    assert rows[1] == ("123", datetime(2025, 11, 2, 7, 30), 2400, 1800, 20, None, "lifetime", "Fjellheim")
    assert result.downloaded_at == datetime(2025, 11, 2, 12)
    ((original,),) = bench.rows("select original from raw.social_posts where post_id = '122'")
    assert '"Views (2)": "0"' in original
    assert "kari@" not in original
    assert "email-" in original


def test_instagram_posts_in_norwegian_with_a_day_each(bench: Any) -> None:
    text = (
        "Publiserings-ID,Konto-ID,Kontoens brukernavn,Beskrivelse,Publiseringstidspunkt,Permanent lenke,Innleggstype,"
        "Dato,Visninger,Rekkevidde,"
        "Likerklikk,Kommentarer,Delinger,Lagringer,Følger\n"
        '17900000000000001,77,fjellheim,"Ærlig talt, ål på øya",01/31/2026 08:00,https://www.instagram.com/p/1/,Instagram-bilde,02/13/2026,10,9,8,7,6,5,4\n'
    )
    result = bench.read("ig.csv", text)
    assert (result.status, result.locale, result.platform) == ("loaded", "nb", "instagram")
    assert bench.rows(
        "select likes, comments, shares, saves, follows, period_kind, period_from, caption from raw.social_posts"
    ) == [(8, 7, 6, 5, 4, "period", date(2026, 2, 13), "Ærlig talt, ål på øya")]


def test_the_same_post_in_a_file_quoted_again(bench: Any) -> None:
    again = "".join(
        ('"' + line.replace('"', '""') + '"' if "," in line or '"' in line else line) + "\n"
        for line in POSTS.rstrip("\n").split("\n")
    )
    result = bench.read("Mar-18-2025_Nov-02-2025_1.csv", again)
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    assert bench.rows("select sum(views), max(length(caption)) > 20 from raw.social_posts") == [(3600, True)]


def test_ids_that_a_spreadsheet_rounded_are_refused(bench: Any) -> None:
    result = bench.read("posts.csv", POSTS.replace("\n123,900", "\n1.23E+17,900"))
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 1)
    assert "rounded this id" in (result.reason or "")


def test_an_odd_record_waits_with_its_line_and_what_the_export_says(bench: Any) -> None:
    odd = ',,,,,,,,,"An error occurred while computing metadata for content with ID 5.",Lifetime,51,,,,,,,\n'
    result = bench.read("posts.csv", POSTS + odd)
    assert (result.rows_loaded, result.rows_quarantined) == (2, 1)
    ((line, reason),) = bench.rows("select line_number, reason from raw.quarantine")
    assert line == 6
    assert "computing metadata" in reason


@pytest.mark.parametrize(
    ("title", "platform", "measure"),
    [
        ("Facebook reach", "facebook", "reach"),
        ("Rekkevidde på Instagram", "instagram", "reach"),
        ("Instagram profile visits", "instagram", "profile_visits"),
        ("Facebook link clicks", "facebook", "link_clicks"),
    ],
)
def test_insights_whose_title_tells(bench: Any, title: str, platform: str, measure: str) -> None:
    result = bench.read("meta/Export.csv", series(title), ACCOUNT + "platform: facebook\n")
    assert result.status == "loaded"
    assert bench.rows("select platform, account, date, measure, value from raw.social_account_daily order by date") == [
        (platform, "Fjellheim", date(2026, 2, 1), measure, D(5)),
        (platform, "Fjellheim", date(2026, 2, 2), measure, D(7)),
    ]


def test_insights_whose_title_does_not_tell_wait_with_the_question(bench: Any) -> None:
    result = bench.read("meta/Views.csv", series("Views"))
    assert result.status == "quarantined"
    assert "`account: <name>` in inbox/meta/hourglass.yml" in (result.question or "")
    assert "`platform: facebook or instagram`" in (result.question or "")
    assert bench.rows("select count(*) from raw.social_account_daily") == [(0,)]
    assert list(bench.home.quarantine.glob("*.txt"))
    result = bench.read("meta/Views.csv", series("Views"), ACCOUNT + "platform: instagram\n")
    assert result.status == "loaded"
    assert not list(bench.home.quarantine.glob("*.txt"))


def test_the_files_own_name_tells_the_platform_before_the_sidecar(bench: Any) -> None:
    bench.read("meta/IG_VIEWS.csv", series("Views"), ACCOUNT + "platform: facebook\n")
    assert bench.rows("select distinct platform from raw.social_account_daily") == [("instagram",)]


@pytest.mark.parametrize("tab", [False, True])
def test_stacked_insights_and_audience(bench: Any, tab: bool) -> None:
    lines = [
        ["Facebook followers"], ["FB_PAGE,FOLLOW,UNIQUE_USERS"], ["30222"], [],
        ["Facebook followers by gender and age"], ["Age", "Women", "Men"], ["18-24", "2.5%", "0.3%"], ["25-34", "18.7%", "2.4%"], [],
        ["Instagram followers by top cities"], ["Top cities", "Value"], ["Tromsø, Troms, Norge", "15.3%"], ["Malmö, Sverige", "8%"], [],
        ["Instagram follows"], ["Date", "Primary"], ["2026-02-01T00:00:00", "3"],
    ]  # fmt: skip
    if tab:
        # Excel cuts cells at their commas when it saves the file again.
        cut = [[part for cell in line for part in cell.split(",")] for line in lines]
        text = "sep=\t\t\t\r\n" + "".join("\t".join([*line, "", "", "", ""][:4]) + "\r\n" for line in cut)
    else:
        text = "sep=,\n" + "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines)
    result = bench.read("meta/Audience.csv", utf16(text), ACCOUNT)
    assert (result.status, result.rows_read, result.rows_loaded) == ("loaded", 6, 6)
    rows = set(bench.rows("select platform, dimension, member, value, unit from raw.audience"))
    assert {
        ("facebook", "total", "all", D(30222), "count"),
        ("facebook", "age_gender", "women 18-24", D("0.025"), "share"),
        ("facebook", "age_gender", "men 25-34", D("0.024"), "share"),
        ("instagram", "city", "Tromsø, Troms, Norge", D("0.153"), "share"),
        ("instagram", "city", "Malmö, Sverige", D("0.08"), "share"),
    } <= rows
    assert bench.rows("select measure, value from raw.social_account_daily") == [("followers_gained", D(3))]


def test_audience_with_members_across_and_mangled_shares(bench: Any) -> None:
    text = "Age & gender;;\n;Women;Men\n18-24;3.апр;1.5\n25-34;17;8.5\n;;\nTop countries;;\nNorge;Sverige;Danmark\n75.1;4.яну;0.9\n"
    result = bench.read("meta/Audience.csv", text.encode("cp1251"), ACCOUNT + "platform: facebook\n")
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 3, 2)
    assert "spreadsheet has turned this number into a date" in (result.reason or "")
    assert bench.rows("select member, value from raw.audience where dimension = 'country' order by 1") == [
        ("Danmark", D("0.009")),
        ("Norge", D("0.751")),
    ]


def test_an_unknown_part_of_a_known_file_waits_alone(bench: Any) -> None:
    text = '"Facebook reach"\n"Date","Primary"\n"2026-02-01","3"\n\n"Noe helt annet"\n"x","y"\n"1","2"\n'
    result = bench.read("meta/Reach.csv", text, ACCOUNT)
    assert (result.status, result.rows_loaded) == ("partly_loaded", 1)
    assert "Noe helt annet" in (result.reason or "")


def test_stories_are_posts_of_their_own_kind(bench: Any) -> None:
    text = (
        "Post ID,Account ID,Account username,Account name,Description,Duration (sec),Publish time,Permalink,Post type,Data comment,Date,"
        "Views,Reach,Likes,Shares,Profile visits,Replies,Navigation,Link clicks,Sticker taps,Follows\n"
        "17900000000000009,77,fjellheim,Fjellheim,,15,01/31/2026 08:00,https://www.instagram.com/stories/fjellheim/1,IG story,,Lifetime,"
        "310,290,4,1,12,3,412,5,2,1\n"
    )
    result = bench.read("stories.csv", text)
    assert (result.status, result.format) == ("loaded", "meta.instagram_posts")
    assert bench.rows("select format, views, reach, profile_visits, link_clicks, follows from raw.social_posts") == [
        ("IG story", 310, 290, 12, 5, 1)
    ]
    ((original,),) = bench.rows("select original from raw.social_posts")
    assert '"Sticker taps": "2"' in original


def test_facebook_pages_by_day_with_a_column_a_country(bench: Any) -> None:
    countries = [
        f"Lifetime Likes by Country - {code}" for code in ("NO", "SE", "DK", "FI", *(f"X{n}" for n in range(190)))
    ]
    header = [
        "Date",
        "Lifetime Total Likes",
        "Daily New Likes",
        "Daily Unlikes",
        "Weekly Total Reach",
        "Daily Total Reach",
        *countries,
    ]
    meaning = ["", *(f"What it means {number}. (Total Count)" for number in range(len(header) - 1))]
    days = [["01/30/2019", "1200", "7", "2", "900", "150"], ["01/31/2019", "1205", "6", "", "910", "160"]]
    lines = [header, meaning, *([*day, *["3"] * len(countries)] for day in days)]
    result = bench.read(
        "fb/page.csv", "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines), ACCOUNT
    )
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "meta.facebook_page_legacy", 2)
    assert bench.rows("select date, measure, value from raw.social_account_daily order by 1, 2") == [
        (date(2019, 1, 30), "followers", D(1200)),
        (date(2019, 1, 30), "followers_gained", D(7)),
        (date(2019, 1, 30), "followers_lost", D(2)),
        (date(2019, 1, 30), "reach", D(150)),
        (date(2019, 1, 31), "followers", D(1205)),
        (date(2019, 1, 31), "followers_gained", D(6)),
        (date(2019, 1, 31), "followers_lost", None),
        (date(2019, 1, 31), "reach", D(160)),
    ]


@pytest.mark.parametrize(
    "header", ["Page ID,Page name,Date,Reach,Net follows", "Sid-id,Sidnamn,Datum,Räckvidd,Nya följare"]
)
def test_the_export_of_a_whole_page_is_refused_with_what_to_export_instead(bench: Any, header: str) -> None:
    result = bench.read("Jan-01-2026_Jan-31-2026_5.csv", f"{header}\n900,Fjellheim,01/30/2026,10,2\n", ACCOUNT)
    assert (result.status, result.format, result.rows_read) == ("quarantined", "meta.facebook_page", 1)
    assert "Export the metrics one by one" in (result.reason or "")


@pytest.mark.parametrize(
    ("header", "platform"),
    [
        (
            "Identificador de la publicación,Identificador de la página,Nombre de la página,Título,Hora de publicación,Enlace permanente,"
            "Tipo de publicación,Fecha,Visualizaciones,Alcance,Reacciones,Comentarios,Veces que se ha compartido,Clics en el enlace",
            "facebook",
        ),
        (
            "Identificação do post,Identificação da conta,Nome de usuário da conta,Descrição,Horário de publicação,Link permanente,"
            "Tipo de post,Data,Visualizações,Alcance,Curtidas,Comentários,Compartilhamentos,Cliques no link",
            "instagram",
        ),
        (
            "ID del post,ID dell'account,Nome utente dell'account,Descrizione,Orario di pubblicazione,Link permanente,"
            "Tipo di post,Data,Visualizzazioni,Copertura,Mi piace,Commenti,Condivisioni,Clic sul link",
            "instagram",
        ),
    ],
)
def test_posts_in_the_languages_of_the_south(bench: Any, header: str, platform: str) -> None:
    text = f"{header}\n122,900,Fjellheim,Ål,03/18/2025 23:30,https://www.instagram.com/p/1/,Reel,Lifetime,1200,900,10,3,2,7\n"
    result = bench.read("publicaciones.csv", text)
    assert (result.status, result.platform) == ("loaded", platform)
    assert bench.rows(
        "select account, published_at, views, reach, likes, comments, shares, link_clicks, period_kind from raw.social_posts"
    ) == [("Fjellheim", datetime(2025, 3, 19, 6, 30), 1200, 900, 10, 3, 2, 7, "lifetime")]


def test_posts_of_before_impressions_became_views(bench: Any) -> None:
    text = "Post ID,Page ID,Page name,Publish time,Permalink,Post type,Date,Reach,Impressions,Reactions\n"
    bench.read(
        "p.csv", text + "122,900,Fjellheim,12/18/2023 23:30,https://www.facebook.com/p/1,Photo,Lifetime,900,1200,10\n"
    )
    assert bench.rows("select impressions, views, reach from raw.social_posts") == [(1200, None, 900)]
