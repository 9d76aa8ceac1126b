"""Exports of TikTok Studio and of TikTok's business accounts through the whole ingestion."""

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


def test_tiktok_content_of_total_and_of_late_views(bench: Any) -> None:
    text = (
        '"Video title","Video link","Post time","Views in the last 7 days","Total views","Total likes","Total comments","Total shares"\n'
        '"Ål","https://www.tiktok.com/@fjellheim/video/7527623000473079054","July 16","153","191265","533","32","16"\n'
    )
    result = bench.read("tt/Content_2026-03-01_1.csv", text)
    assert (result.status, result.format) == ("loaded", "tiktok.content")
    assert bench.rows("select published_at::date, views, likes from raw.social_posts") == [
        (date(2025, 7, 16), 191265, 533)
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
