"""How a file is recognised, in words: every table, every column."""

import io
import zipfile
from typing import Any

from config.settings import Settings
from pipelines.explain import explanation

ADS = "Kampanjenavn,Dag,Beløp brukt (NOK),Eksponeringer,Vår egen kolonne\nvår,2026-02-03,12.50,1000,x\n"


def test_every_column_of_an_export_is_accounted_for(bench: Any) -> None:
    bench.put("ads/Uten navn.csv", ADS)
    (text,) = explanation(bench.home, Settings(), "ads/Uten navn.csv")
    lines = text.splitlines()
    assert lines[0] == "table from line 1, 2 rows"
    assert lines[1].startswith("meta.ads: fits, 80% of the header known")
    assert "read as meta.ads (header in row 1, languages: nb)" in lines
    assert lines[-6:] == [
        "  Kampanjenavn -> campaign",
        "  Dag -> day (date)",
        "  Beløp brukt (NOK) -> spend (money, NOK)",
        "  Eksponeringer -> impressions (count)",
        "  kept in `original` only: Vår egen kolonne",
        "  of these not known in any language: Vår egen kolonne",
    ]


def test_units_scales_clocks_and_parts_are_said(bench: Any) -> None:
    posts = "Post ID,Page ID,Page name,Publish time,Permalink,Date,Views\n1,2,F,03/18/2025 23:30,https://f.example/1,Lifetime,5\n"
    table = "Innhold,Videotittel,Publiseringstidspunkt for video,Visninger,Seertid (timer),Gjennomsnittlig prosentandel sett (%)\n"
    video = '"Video title","Video link","Total views"\n"Ål","https://www.tiktok.com/@f/video/7527623000473079054","5"\n'
    bench.put("posts.csv", posts)
    bench.put("Tabelldata.csv", table + 'abc,Å,"Jan 8, 2025",5,"1,5","62,1"\n')
    bench.put("Content.csv", video)
    told = [explanation(bench.home, Settings(), name)[0] for name in ("posts.csv", "Tabelldata.csv", "Content.csv")]
    assert "  Publish time -> published_at (timestamp, clock of America/Los_Angeles)" in told[0]
    assert "  Seertid (timer) -> watch_seconds (seconds, written in hours)" in told[1]
    assert "  Gjennomsnittlig prosentandel sett (%) -> average_view_share (share, written as percent)" in told[1]
    assert "  Video link -> published_at (timestamp), taken out of it" in told[2]


def test_a_table_that_is_not_known_says_what_it_resembles(bench: Any) -> None:
    bench.put("ads.csv", ADS.replace("Dag,", "Døgn,"))
    (text,) = explanation(bench.home, Settings(), "ads.csv")
    assert "meta.ads: does not fit" in text
    assert "missing: `Rapportering starter` or `Dag` or `Måned`" in text
    assert text.endswith("refused: not a known export")


def test_a_generic_input_and_a_member_of_an_archive(bench: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "Order ID;ordered_at;revenue;currency;Butikk\nO1;2026-01-02;1;NOK;x\n")
    bench.put("x.zip", buffer.getvalue())
    (text,) = explanation(bench.home, Settings(), "x.zip!a.csv")
    assert text.splitlines() == [
        "read as generic.orders",
        "  Order ID -> order_id",
        "  ordered_at -> ordered_at",
        "  revenue -> revenue",
        "  currency -> currency",
        "  Butikk -> kept as butikk",
    ]
    assert not list(bench.home.temporary.iterdir())


def test_a_file_that_is_gone_has_no_explanation(bench: Any) -> None:
    assert explanation(bench.home, Settings(), "gone.csv") == []
