"""Exports of YouTube Studio through the whole ingestion."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import zipped

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


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


def test_counts_and_watch_time_stand_in_one_column_of_measures(bench: Any) -> None:
    text = "Date,Content,Video title,Video publish time,Views,Watch time (hours)\n"
    text += '2026-01-01,abc,Å,"Jan 8, 2025",41234,612.3456\n2026-01-02,abc,Å,"Jan 8, 2025",5,0.25\n'
    assert bench.read("Chart data.csv", text).status == "loaded"
    assert bench.rows("select measure, sum(value) from raw.social_post_daily group by 1 order by 1") == [
        ("views", D(41239)),
        ("watch_seconds", D("2205344.16")),
    ]


def test_a_number_that_no_measure_can_be_costs_its_record_alone(bench: Any) -> None:
    text = "Date,Content,Views,Watch time (hours)\n2026-01-01,abc,122117325667778,1\n2026-01-02,abc,5,400000000.5\n2026-01-03,abc,6,0.5\n"
    result = bench.read("Chart data.csv", text)
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 2)
    assert "Views: '122117325667778': too large" in (result.reason or "")
    assert bench.rows("select measure, value from raw.social_post_daily order by 1") == [
        ("views", D(6)),
        ("watch_seconds", D(1800)),
    ]


@pytest.mark.parametrize(
    ("names", "header", "total"),
    [
        (
            ("Table data", "Chart data", "Totals"),
            ("Content,Video title,Video publish time,Views,Watch time (hours)",
             "Date,Content,Video title,Video publish time,Views", "Date,Views"),
            "Total",
        ),
        (
            ("Tabelldata", "Diagramdata", "Totalt"),
            ("Innehåll,Videotitel,Publiceringstid för video,Visningar,Visningstid (timmar)",
             "Datum,Innehåll,Videotitel,Publiceringstid för video,Visningar", "Datum,Visningar"),
            "Totalt",
        ),
        (
            ("Tabellendaten", "Diagrammdaten", "Gesamtwerte"),
            ("Inhalte,Videotitel,Veröffentlichungszeitpunkt des Videos,Aufrufe,Wiedergabezeit (Stunden)",
             "Datum,Inhalte,Videotitel,Veröffentlichungszeitpunkt des Videos,Aufrufe", "Datum,Aufrufe"),
            "Gesamt",
        ),
    ],
)  # fmt: skip
def test_youtube_zip_of_table_chart_and_totals(
    bench: Any, names: tuple[str, str, str], header: tuple[str, str, str], total: str
) -> None:
    table = f'{header[0]}\n{total},,,300,1.75\nabc,Blåbær,"Jan 8, 2025",200,1.25\n-def,Grädde,"Mar 3, 2025",100,0.5\n'
    chart = f'{header[1]}\n2026-01-01,abc,Blåbær,"Jan 8, 2025",120\n2026-01-02,abc,Blåbær,"Jan 8, 2025",80\n'
    chart += '2026-01-01,-def,Grädde,"Mar 3, 2025",100\n2026-01-02,-def,Grädde,"Mar 3, 2025",0\n'
    totals = f"{header[2]}\n2026-01-01,220\n2026-01-02,80\n"
    bench.put("yt/hourglass.yml", "account: Fjellheim\n")
    bench.put(
        "yt/Content 2026-01-01_2026-01-31 Fjellheim.zip",
        zipped(**dict(zip(names, (table, chart, totals), strict=True))),
    )
    results = {file.file_path.split("!")[1]: file for file in bench.ingest().files}
    assert [(results[f"{name}.csv"].format, results[f"{name}.csv"].rows_loaded) for name in names] == [
        ("youtube.content", 2),
        ("youtube.content_daily", 4),
        ("youtube.totals", 2),
    ]
    assert {file.status for file in results.values()} == {"loaded"}
    assert results[f"{names[0]}.csv"].rows_totals == 1
    # Each says the same 300 views at its own grain, and none of them twice.
    assert bench.rows("select sum(views), min(period_from), max(period_to) from raw.social_posts") == [
        (300, date(2026, 1, 1), date(2026, 1, 31))
    ]
    assert bench.rows("select sum(value) from raw.social_post_daily where measure = 'views'") == [(D(300),)]
    assert bench.rows(
        "select date, platform, account, value from raw.social_account_daily where measure = 'views' order by 1"
    ) == [
        (date(2026, 1, 1), "youtube", "Fjellheim", D(220)),
        (date(2026, 1, 2), "youtube", "Fjellheim", D(80)),
    ]


@pytest.mark.parametrize(
    ("header", "total", "days", "numbers"),
    [
        (
            "Contenu,Titre de la vidéo,Heure de publication de la vidéo,Durée,Vues,Durée de visionnage (heures),"
            "Pourcentage moyen regardé (%)", "Total", ("28 sept. 2025", "1 août 2025"), ("1\u202f300", '"62,1"'),
        ),
        (
            "Contenido,Título del vídeo,Hora de publicación del vídeo,Duración,Visualizaciones,Tiempo de visualización (horas),"
            "Porcentaje medio visto (%)", "Total", ("28 sept 2025", "1 ago 2025"), ("1.300", '"62,1"'),
        ),
        (
            "Conteúdo,Título do vídeo,Horário de publicação do vídeo,Duração,Visualizações,Tempo de exibição (horas),"
            "Porcentagem visualizada média (%)", "Total", ('"Sep 28, 2025"', '"Aug 1, 2025"'), ("1300", "62.1"),
        ),
    ],
)  # fmt: skip
def test_youtube_in_the_languages_of_the_south_and_west(
    bench: Any, header: str, total: str, days: tuple[str, str], numbers: tuple[str, str]
) -> None:
    views, share = numbers
    text = f"{header}\n{total},,,,{views},2,{share}\nabc,Å,{days[0]},31,1000,1,{share}\nxyz,Ö,{days[1]},20,300,1,\n"
    result = bench.read("yt 2026-01-01_2026-01-31/tabla.csv", text)
    assert (result.status, result.rows_loaded, result.rows_totals) == ("loaded", 2, 1)
    assert not [note for note in result.notes if "warning" in note]
    assert bench.rows("select published_date, views, average_view_share from raw.social_posts order by views") == [
        (date(2025, 8, 1), 300, None),
        (date(2025, 9, 28), 1000, D("0.621")),
    ]


def test_thumbnail_impressions_are_impressions_and_a_percentage_is_a_share(bench: Any) -> None:
    for name in ("Impressions", "Thumbnail impressions"):
        text = f"Content,Video title,Video publish time,Views,{name},Average percentage viewed (%)\n"
        bench.read(f"{name} 2026-01-01_2026-01-31/Table data.csv", text + f'{name[0]},Å,"Jan 8, 2025",5,70,5.22\n')
    assert bench.rows("select impressions, average_view_share from raw.social_posts") == [(70, D("0.0522"))] * 2
