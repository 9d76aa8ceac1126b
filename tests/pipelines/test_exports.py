"""Platform exports through the whole ingestion: made-up Nordic content in the platforms' own shapes."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

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


def utf16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


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


ADS = (
    "Rapportering starter,Rapportering slutter,Kampanjenavn,Annonsenavn,Resultater,Result indicator,"
    "Rekkevidde,Eksponeringer,Beløp brukt (NOK),Klikk på lenke\n"
    "2026-02-01,2026-02-28,,,,,3000,5000,1250.75,60\n"
    "2026-02-01,2026-02-28,vaar_2026,Ærlig fisk,10,actions:link_click,2000,3000,1000.25,40\n"
    "2026-02-01,2026-02-28,vaar_2026,Ål,5,actions:link_click,1500,2000,250.5,20\n"
)


def test_meta_ads_total_row_first_and_currency_in_the_header(bench: Any) -> None:
    result = bench.read("ads.csv", ADS)
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_totals) == ("loaded", 3, 2, 1)
    assert bench.rows(
        "select sum(spend), any_value(currency), min(date_from), max(date_to), any_value(platform) from raw.ads"
    ) == [(D("1250.75"), "NOK", date(2026, 2, 1), date(2026, 2, 28), "meta")]
    assert not [note for note in result.notes if "total row" in note]


def test_a_total_that_is_not_the_sum_is_said_with_both_numbers(bench: Any) -> None:
    result = bench.read("ads.csv", ADS.replace("1250.75", "1350.75"))
    assert result.status == "loaded"
    assert any("1350.75" in note and "1250.75" in note for note in result.notes)


@pytest.mark.parametrize(
    "header",
    [
        "Kampagnenname,Tag,Ausgegebener Betrag (EUR),Impressionen,Reichweite",
        "Kampanjnamn,Dag,Spenderat belopp (EUR),Exponeringar,Räckvidd",
        "Kampagnenavn,Dag,Brugt beløb (EUR),Eksponeringer,Rækkevidde",
        "Campaign name,Day,Amount spent (EUR),Impressions,Reach",
    ],
)
def test_meta_ads_by_day_in_four_languages(bench: Any, header: str) -> None:
    result = bench.read("ads.csv", f'{header}\nvår,2026-02-03,"12.50",1000,900\n')
    assert result.status == "loaded"
    assert bench.rows("select date_from, date_to, spend, currency, impressions from raw.ads") == [
        (date(2026, 2, 3), date(2026, 2, 3), D("12.5"), "EUR", 1000)
    ]


def test_meta_ads_with_breakdowns(bench: Any) -> None:
    text = (
        "Campaign name,Month,Region,Platform,Amount spent (SEK),Impressions\n"
        "vår,2026-01-01 - 2026-01-31,Skåne,instagram,10,5\nvår,2026-01-01 - 2026-01-31,Skåne,audience_network,1,1\n"
    )
    bench.read("ads.csv", text)
    assert bench.rows("select platform, breakdown, date_from, date_to from raw.ads order by spend desc") == [
        ("instagram", "region=Skåne; publisher_platform=instagram", date(2026, 1, 1), date(2026, 1, 31)),
        ("meta", "region=Skåne; publisher_platform=audience_network", date(2026, 1, 1), date(2026, 1, 31)),
    ]


def test_meta_ads_without_a_currency_ask_for_it(bench: Any) -> None:
    text = "Campaign name,Day,Amount spent\nvår,2026-02-03,12.50\n"
    result = bench.read("ads/ads.csv", text)
    assert result.status == "quarantined"
    assert "`currency: NOK` in inbox/ads/hourglass.yml" in (result.question or "")
    assert bench.read("ads/ads.csv", text, "currency: DKK\n").status == "loaded"


def test_an_empty_ads_export_is_loaded_with_no_rows(bench: Any) -> None:
    result = bench.read("ads.csv", '"Campaign name","Reporting starts","Amount spent (NOK)"\n"No data available."\n')
    assert (result.status, result.rows_read) == ("loaded", 0)
    assert "empty" in " ".join(result.notes)


OVERVIEW = '"Date","Video Views","Profile Views","Likes","Comments","Shares"\n"{}","10","1","2","0","0"\n"{}","20","2","3","1","1"\n'


@pytest.mark.parametrize(
    ("path", "sidecar", "days"),
    [
        ("tt/Overview_2026-01-02_177.csv", "", (date(2025, 12, 31), date(2026, 1, 1))),
        ("tt/Overview.csv", "year: 2026\n", (date(2025, 12, 31), date(2026, 1, 1))),
        ("tt/Overview.csv", "downloaded_at: 2026-01-02\n", (date(2025, 12, 31), date(2026, 1, 1))),
    ],
)
def test_tiktok_days_get_their_year(bench: Any, path: str, sidecar: str, days: tuple[date, date]) -> None:
    result = bench.read(path, "\ufeff" + OVERVIEW.format("31 de diciembre", "1 de enero"), ACCOUNT + sidecar)
    assert result.status == "loaded"
    assert bench.rows("select date, value from raw.social_account_daily where measure = 'views' order by date") == [
        (days[0], D(10)),
        (days[1], D(20)),
    ]


def test_tiktok_days_without_a_year_wait(bench: Any) -> None:
    result = bench.read("tt/Overview.csv", OVERVIEW.format("April 12", "April 13"), ACCOUNT)
    assert result.status == "quarantined"
    assert "`year: 2026`" in (result.question or "")
    assert "inbox/tt/hourglass.yml" in (result.question or "")


def test_tiktok_in_a_zip_whose_name_has_the_date(bench: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Overview.csv", OVERVIEW.format("10 February", "11 February"))
        archive.writestr("FollowerGender.csv", '"Gender","Distribution"\n"Female","0.59"\n"Male","0.41"\n')
    bench.put("tt/hourglass.yml", ACCOUNT)
    bench.put("tt/Overview_2026-02-12_1.zip", buffer.getvalue())
    report = bench.ingest()
    assert [(file.file_path, file.status) for file in report.files] == [
        ("tt/Overview_2026-02-12_1.zip!FollowerGender.csv", "loaded"),
        ("tt/Overview_2026-02-12_1.zip!Overview.csv", "loaded"),
    ]
    assert bench.rows("select member, value, unit from raw.audience order by 1") == [
        ("Female", D("0.59"), "share"),
        ("Male", D("0.41"), "share"),
    ]


def test_tiktok_workbook_of_texts(bench: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in OVERVIEW.format("April 12", "April 13").replace('"', "").splitlines():
        book.active.append(line.split(","))
    buffer = io.BytesIO()
    book.save(buffer)
    result = bench.read("tt/Overview_2026-05-01_1.xlsx", buffer.getvalue(), ACCOUNT)
    assert (result.status, result.rows_loaded) == ("loaded", 2)


def test_tiktok_content_takes_the_instant_from_the_id(bench: Any) -> None:
    text = (
        '"Time","Video title","Video link","Post time","Total likes","Total comments","Total shares","Total views"\n'
        '"February 28","Ål","https://www.tiktok.com/@fjellheim/video/7527623000473079054","July 16","533","32","16","191265"\n'
    )
    result = bench.read("tt/Content.csv", text, "year: 2026\n")
    assert result.status == "loaded"
    assert result.downloaded_at == datetime(2026, 2, 28, 12)
    assert bench.rows("select account, post_id, published_at::date, views from raw.social_posts") == [
        ("fjellheim", "7527623000473079054", date(2025, 7, 16), 191265)
    ]


def test_unknown_values_are_empty_not_nought(bench: Any) -> None:
    text = '"Date","Followers","Difference in followers from previous day"\n"March 1","undefined","0"\n"March 2","37","-3"\n'
    bench.read("tt/FollowerHistory.csv", text, ACCOUNT + "year: 2026\n")
    assert bench.rows("select date, measure, value from raw.social_account_daily order by measure, date") == [
        (date(2026, 3, 1), "followers", None),
        (date(2026, 3, 2), "followers", D(37)),
        (date(2026, 3, 1), "net_followers", D(0)),
        (date(2026, 3, 2), "net_followers", D(-3)),
    ]


def test_hours_to_come_are_not_nought(bench: Any) -> None:
    text = '"Date","Hour","Active followers"\n"March 1","21","0"\n"March 1","22","5"\n"March 1","23","0"\n'
    bench.read("tt/FollowerActivity.csv", text, ACCOUNT + "year: 2026\n")
    assert bench.rows("select member, value from raw.audience order by 1") == [("21", D(0)), ("22", D(5)), ("23", None)]


def test_tiktok_business_missing_markers(bench: Any) -> None:
    text = "Date,New followers,Total followers,Reached audience,Engaged audience\n2025/10/31,10,--,NAN,NAN\n2025/11/01,100,--,75134,1801\n"
    bench.read("b.csv", text, ACCOUNT)
    assert bench.rows("select measure, sum(value), count(*) from raw.social_account_daily group by 1 order by 1") == [
        ("engaged_audience", D(1801), 2),
        ("followers", None, 2),
        ("followers_gained", D(110), 2),
        ("reach", D(75134), 2),
    ]


@pytest.mark.parametrize(
    ("header", "total"),
    [
        ("Content,Video title,Video publish time,Duration,Views,Watch time (hours),Subscribers", "Total"),
        ("Innehåll,Videotitel,Publiceringstid för video,Längd,Visningar,Visningstid (timmar),Prenumeranter", "Totalt"),
        ("Innhold,Videotittel,Publiseringstidspunkt for video,Varighet,Visninger,Seertid (timer),Abonnenter", "Totalt"),
        ("Vi\u00addeo,Vi\u00addeo\u00adti\u00adtel,"
         "Ver\u00adöf\u00adfent\u00adli\u00adchungs\u00adzeit\u00adpunkt des Vi\u00adde\u00ados,Dauer,Auf\u00adru\u00adfe,"
         "Wie\u00adder\u00adga\u00adbe\u00adzeit (Stun\u00adden),Abon\u00adnen\u00adten", "Ge\u00adsamt"),
    ],
)  # fmt: skip
def test_youtube_table_data(bench: Any, header: str, total: str) -> None:
    text = f'{header}\n{total},,,,300,1.5,3\nabc,Blåbær,"Jan 8, 2025",31,200,1.25,2\n-def,Grädde,"Mar 3, 2025",60,100,0.25,1\n'
    result = bench.read("Content 2026-01-01_2026-01-31 Kanal/Table data.csv", text)
    assert (result.status, result.rows_loaded, result.rows_totals) == ("loaded", 2, 1)
    assert not [note for note in result.notes if "warning" in note]
    assert bench.rows(
        "select post_id, published_date, views, watch_seconds, period_from, period_to from raw.social_posts order by views"
    ) == [
        ("-def", date(2025, 3, 3), 100, D(900), date(2026, 1, 1), date(2026, 1, 31)),
        ("abc", date(2025, 1, 8), 200, D(4500), date(2026, 1, 1), date(2026, 1, 31)),
    ]


def test_youtube_chart_data_is_daily(bench: Any) -> None:
    text = "Datum,Innehåll,Videotitel,Publiceringstid för video,Visningar\n"
    text += '2026-01-01,abc,Å,"Jan 8, 2025",4\n2026-01-02,abc,Å,"Jan 8, 2025",5\n'
    bench.read("Diagramdata.csv", text)
    assert bench.rows("select post_id, date, measure, value from raw.social_post_daily order by date") == [
        ("abc", date(2026, 1, 1), "views", D(4)),
        ("abc", date(2026, 1, 2), "views", D(5)),
    ]


def test_the_ecbs_own_file(bench: Any) -> None:
    bench.read(
        "eurofxref-hist.csv",
        "Date,USD,NOK,SEK,CYP,\n2026-11-13,1.05,11.75,11.2,N/A,\n2026-11-12,1.06,11.7,11.25,N/A,\n",
    )
    assert bench.rows(
        "select rate_date, base, currency, rate from raw.exchange_rates where currency = 'NOK' order by 1"
    ) == [
        (date(2026, 11, 12), "EUR", "NOK", D("11.7")),
        (date(2026, 11, 13), "EUR", "NOK", D("11.75")),
    ]
    assert bench.rows("select count(*) from raw.exchange_rates") == [(6,)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("dok.pdf", b"%PDF-1.7", "PDF"),
        ("tom.csv", b"", "empty"),
        ("meny.csv", b"Rett;Pris\nFiskekaker;89\n", "not a known export"),
        ("feil.html", b"<html>Logg inn</html>", "web page"),
    ],
)
def test_what_is_not_understood_waits_and_the_run_goes_on(bench: Any, name: str, content: bytes, says: str) -> None:
    bench.put("ads.csv", ADS)
    result = bench.read(name, content)
    assert result.status == "quarantined"
    assert says in (result.reason or "")
    assert bench.rows("select count(*) from raw.ads") == [(2,)]


SPEND = "Campaign name,Reporting starts,Reporting ends,Amount spent (NOK),Impressions\n"


def test_days_of_either_order_wait_with_the_question_and_the_sidecar_answers(bench: Any) -> None:
    text = SPEND + "vår,03/04/2026,03/04/2026,12.50,10\n"
    result = bench.read("ads/a.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "`date_order: dmy` or `date_order: mdy` in inbox/ads/hourglass.yml" in (result.question or "")
    assert bench.read("ads/a.csv", text, "date_order: dmy\n").status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [(date(2026, 4, 3), date(2026, 4, 3))]


def test_one_column_proves_the_order_of_another(bench: Any) -> None:
    assert bench.read("a.csv", SPEND + "vår,03/04/2026,16/04/2026,12.50,10\n").status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [(date(2026, 4, 3), date(2026, 4, 16))]


def test_an_amount_of_either_size_waits_with_the_question_and_the_sidecar_answers(bench: Any) -> None:
    text = "Campaign name,Dag,Beløp brukt (NOK),Impressions\nvår,2026-04-03,1.234,10\n"
    result = bench.read("ads/a.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert '`decimal_mark: ","` or `decimal_mark: "."`' in (result.question or "")
    assert bench.read("ads/a.csv", text, 'decimal_mark: ","\n').status == "loaded"
    assert bench.rows("select spend from raw.ads") == [(D(1234),)]


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


def test_counts_and_watch_time_stand_in_one_column_of_measures(bench: Any) -> None:
    text = "Date,Content,Video title,Video publish time,Views,Watch time (hours)\n"
    text += '2026-01-01,abc,Å,"Jan 8, 2025",41234,612.3456\n2026-01-02,abc,Å,"Jan 8, 2025",5,0.25\n'
    assert bench.read("Chart data.csv", text).status == "loaded"
    assert bench.rows("select measure, sum(value) from raw.social_post_daily group by 1 order by 1") == [
        ("views", D(41239)),
        ("watch_seconds", D("2205344.16")),
    ]


@pytest.mark.parametrize(
    ("cell", "currency", "says"),
    [("NOK 1 200,50", "NOK", None), ("1 200,50 €", "EUR", None), ("kr 1 200,50", None, "In which currency")],
)
def test_a_currency_in_the_cell(bench: Any, cell: str, currency: str | None, says: str | None) -> None:
    text = f"Campaign name;Day;Amount spent\nvår;2026-02-03;{cell}\n"
    result = bench.read("ads/a.csv", text)
    assert says is None or says in (result.question or "")
    assert bench.rows("select spend, currency from raw.ads") == ([(D("1200.5"), currency)] if currency else [])


def test_a_cell_in_another_currency_than_its_header_is_refused(bench: Any) -> None:
    text = "Campaign name,Day,Amount spent (EUR)\nvår,2026-02-03,NOK 12.50\nsommer,2026-02-03,€ 3.50\n"
    result = bench.read("ads/a.csv", text)
    assert (result.rows_loaded, result.rows_quarantined) == (1, 1)
    assert "the amount is in NOK, the record in EUR" in (result.reason or "")
