"""Large exports read in bulk give what the ordinary way gives, row by row."""

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from benchmarks.made_up import Export, make
from config.home import Home
from config.settings import Settings
from pipelines import bulk, bulk_clocks, bulk_table, privacy, reading
from pipelines.archive import documents
from pipelines.formats_model import Formats, load_formats
from pipelines.inbox import Inbox
from pipelines.ingest import work_connection
from pipelines.limits import Limits
from pipelines.reading import DocumentReader
from pipelines.registry import FileResult

ROWS = "select * from read_parquet(?) order by source_row, {order}"


def as_given(row: dict[str, Any], result: FileResult) -> dict[str, str]:
    """The whole record as given: what stands in `original`, and what the columns hold letter for letter."""
    found = json.loads(row["original"])
    for header, named in json.loads(result.as_given or "{}").items():
        value = row[named.removesuffix(".00")]
        if isinstance(value, Decimal):
            value = f"{value:.2f}" if named.endswith(".00") else f"{value.normalize():f}"
        if value is not None:
            found.setdefault(header, str(value))
    return found


class Both:
    """Reads a file the ordinary way and in bulk; `originals` are those of the second."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = Home(folder / "home").create()
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.formats = load_formats()
        self.key = privacy.load_key(self.home)

    def read(self, content: bytes, sidecar: str) -> list[tuple[Any, list[dict[str, Any]]]]:
        (self.home.inbox / "hourglass.yml").write_text(sidecar)
        (self.home.inbox / "export_2026-01-20_2026-01-31.csv").write_bytes(content)
        (document,) = documents(next(iter(Inbox(self.home.inbox).walk())), self.scratch)
        found = []
        for bulk_bytes in (10**9, 0):
            self.monkeypatch.setattr(reading, "LIMITS", Limits(bulk_bytes=bulk_bytes))
            with work_connection(Settings(), self.folder, self.key) as work:
                reader = DocumentReader(work, self.formats, privacy.masker(self.key), self.scratch, 2, {})
                result, payload = reader.read(document)
                rows = [row for tables in payload.arrow.values() for table in tables for row in table.to_pylist()]
                for paths in payload.files.values():
                    for path in paths:
                        rows += duckdb.sql(f"select * from '{path}'").to_arrow_table().to_pylist()
                self.in_bulk = bool(payload.files)
            self.originals = [row["original"] for row in sorted(rows, key=lambda row: int(row["source_row"]))]
            for row in rows:
                row["original"] = as_given(row, result)
            found.append((result, sorted(rows, key=lambda row: (row["source_row"], row.get("measure", "")))))
        return found


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    return Both(tmp_path, monkeypatch)


FORMATS = load_formats()


def suitable(formats: Formats) -> list[str]:
    return [form.id for form in formats.all if form.table in bulk.TABLES and make(form)]


def spoil(export: Export) -> None:
    """What a large file has somewhere: other notations, missing values, bad cells, an address, line breaks, a blank."""
    draw = random.Random(export.format.id)
    for position, name in enumerate(export.columns):
        spec = export.format.specs[name]
        if spec.type in ("count", "money", "amount"):
            export.rows[1][position] = "1.234.567" if export.style.mark == "," else "1,234,567"
            export.rows[2][position] = draw.choice(["--", "", "N/A"])
        elif spec.type == "text" and not spec.values and name not in ("account", "currency", "member"):
            export.rows[3][position] = 'skriv til kari@fjellheim.example\n"Ål", sa\u00a0han\\'
            export.rows[4][position] = "\u00a0--" if spec.required else ""
    numbers = [p for p, name in enumerate(export.columns) if export.format.specs[name].type == "count"]
    if numbers:
        export.rows[5][numbers[0]] = "mange"
        export.rows[6][numbers[-1]] = "999999999999999999"


@pytest.mark.parametrize("id_", suitable(FORMATS))
def test_bulk_and_ordinary_reading_agree(both: Both, id_: str) -> None:
    form = next(form for form in FORMATS.all if form.id == id_)
    export = make(form, language=("en", "nb")[len(id_) % 2], rows=12)
    assert export is not None
    spoil(export)
    (ordinary, rows), (result, bulk_rows) = both.read(export.content(), export.sidecar)
    assert both.in_bulk == (id_ not in ORDINARY)
    for one, other in zip(bulk_rows, rows, strict=True):
        assert one == other
    assert result.rejected == ordinary.rejected
    assert {name: getattr(result, name) for name in SAME} == {name: getattr(ordinary, name) for name in SAME}


ADS = "Campaign name,Day,Amount spent (NOK),Impressions\n"
RECORD = "vår,2026-01-{:02d},10.50,100\n"


def test_totals_are_counted_and_compared_in_bulk(both: Both) -> None:
    text = ADS + ",,210.00,2100\n" + "".join(RECORD.format(day) for day in range(1, 21))
    (ordinary, rows), (result, bulk_rows) = both.read(text.encode(), "account: x\n")
    assert both.in_bulk
    assert bulk_rows == rows
    assert [row["source_row"] for row in rows] == list(range(1, 21))
    assert (result.rows_totals, result.rows_loaded) == (ordinary.rows_totals, ordinary.rows_loaded) == (1, 20)
    told = "warning: the total row says 2100 Impressions, the rows add up to 2000"
    assert (
        [note for note in result.notes if "total" in note]
        == [told]
        == [note for note in ordinary.notes if "total" in note]
    )


@pytest.mark.parametrize("few", [100_000, 2])
def test_a_total_is_known_by_the_first_cell_that_says_something(
    both: Both, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """With few texts in a column all of them are looked at, with many only those that begin like a word for a total."""
    monkeypatch.setattr(bulk_table, "_FEW", few)
    totals = [
        "\u00a0,Re\u00adsults from 2 ads,,40.00,400",
        '" ",Ergebnisse von 4 Anzeigen,,40.00,400',
        "Resultat från 4 annonser,,,40.00,400",
    ]
    rows = [f"{name},Results,2026-01-0{day},10.00,100" for day, name in enumerate(["x", "y", "\u3000", ""], start=1)]
    text = "Ad set name,Campaign name,Day,Amount spent (NOK),Impressions\n" + "\n".join([*totals, *rows]) + "\n"
    (ordinary, one), (result, other) = both.read(text.encode(), "account: x\n")
    assert both.in_bulk
    assert other == one
    assert [row["campaign"] for row in other] == ["Results"] * 4
    assert (result.rows_totals, result.rows_loaded) == (ordinary.rows_totals, ordinary.rows_loaded) == (3, 4)


@pytest.mark.parametrize("last", ["100", ""])
def test_the_record_as_given_leaves_blank_cells_out(both: Both, last: str) -> None:
    """Also where every column is blank somewhere, the first one as well."""
    header = "Ad set name,Campaign name,Day,Amount spent (NOK),Impressions\n"
    record = f"x,vår,2026-01-01,,{last}\n,vår,2026-01-02,10.50,{last}\ny,vår,2026-01-03,1,\n"
    (_, one), (_, other) = both.read((header + record).encode(), "account: x\n")
    assert both.in_bulk
    assert other == one
    assert other[1]["original"] == {
        "Campaign name": "vår",
        "Day": "2026-01-02",
        "Amount spent (NOK)": "10.50",
        **({"Impressions": last} if last else {}),
    }


def test_what_only_the_ordinary_way_reads_is_left_to_it(both: Both) -> None:
    text = ADS.replace(" (NOK)", "") + RECORD.format(1).replace("10.50", "NOK 10.50")
    (_, rows), (_, again) = both.read(text.encode(), "account: x\n")
    assert not both.in_bulk
    assert rows == again
    assert rows[0]["currency"] == "NOK"


def test_questions_are_asked_in_bulk_too(both: Both) -> None:
    text = ADS + "".join(
        RECORD.format(day).replace("2026-01-", "01/").replace(",10.50", "/2026,1.234") for day in range(1, 9)
    )
    (ordinary, _), (result, _) = both.read(text.encode(), "account: x\n")
    assert result.question == ordinary.question
    assert "date_order" in (result.question or "") and "decimal_mark" in (result.question or "")


def test_a_large_file_with_more_faults_than_can_be_shown_waits_whole(both: Both) -> None:
    text = ADS + RECORD.format(1) + RECORD.format(2).replace(",100", ",mange") * 1001
    _, (result, rows) = both.read(text.encode(), "account: x\n")
    assert (result.status, rows) == ("quarantined", [])
    assert "1,001 of 1,002 records can't be read, such as: Impressions: 'mange': not a number" in (result.reason or "")


# Of these something is taken out of another column, or the days lack their years.
ORDINARY = {
    "linkedin.ads", "linkedin.ads_with_campaign_groups", "linkedin.page_audience", "linkedin.page_posts", "linkedin.page_visitor_audience",
    "linkedin.personal_posts", "pinterest.top_pins", "sprout_social.posts", "sprout_social.profiles", "tiktok.business_videos",
    "tiktok.content", "tiktok.follower_activity", "tiktok.follower_history", "tiktok.overview", "tiktok.viewers", "x.content",
    "x.tweet_activity",
}  # fmt: skip
SAME = (
    "status", "reason", "rows_read", "rows_loaded", "rows_totals", "rows_quarantined", "period_from_date", "period_to_date", "account",
    "platform", "downloaded_at", "format", "locale", "tables", "delivered",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_any_encoding_is_read_in_bulk(both: Both, encoding: str) -> None:
    text = ADS + "".join(RECORD.format(day) for day in range(1, 9))
    (ordinary, rows), (result, again) = both.read(text.encode(encoding), "account: x\n")
    assert both.in_bulk
    assert rows == again
    assert rows[0]["campaign"] == "vår"
    assert result.encoding == ordinary.encoding


def test_a_byte_far_behind_the_head_that_is_no_utf8_is_left_to_the_ordinary_way(both: Both) -> None:
    text = ADS + RECORD.format(1).replace("vår", "var") * 4000 + RECORD.format(2)
    (_, rows), (_, again) = both.read(text.encode("cp1252"), "account: x\n")
    assert not both.in_bulk
    assert again == rows
    assert rows[-1]["campaign"] == "vår"


def test_text_that_was_encoded_twice_is_read_in_bulk(both: Both) -> None:
    text = ADS + "".join(RECORD.format(day) for day in range(1, 9))
    (ordinary, rows), (result, again) = both.read(text.encode().decode("cp1252").encode(), "account: x\n")
    assert both.in_bulk
    assert rows == again
    assert rows[0]["campaign"] == "vår"
    assert [note for note in result.notes if "twice" in note] == [note for note in ordinary.notes if "twice" in note]


def test_headers_that_stand_again_are_no_records_in_bulk(both: Both) -> None:
    text = ADS + ",,20.00,200\n" + RECORD.format(1) + "\ufeff" + ADS + RECORD.format(2) + ADS
    (ordinary, rows), (result, again) = both.read(text.encode(), "account: x\n")
    assert both.in_bulk
    assert rows == again
    assert [row["source_row"] for row in again] == [1, 2]
    assert (result.rows_read, result.rows_totals) == (ordinary.rows_read, ordinary.rows_totals) == (3, 1)
    assert "the header stands 2 more times between the records, first in place of record 3" in result.notes


POSTS = "Post ID,Page ID,Page name,Title,Description,Publish time,Permalink,Post type,Date,Views,Reach,Reactions\n"


def posts(times: list[str]) -> bytes:
    record = "1000000000000{n:02d},900,Fjellheim,,Ål,{time},https://www.facebook.com/p/{n},Photo,Lifetime,120,90,8\n"
    return (POSTS + "".join(record.format(n=number, time=time) for number, time in enumerate(times))).encode()


@pytest.mark.parametrize(
    ("times", "apart"),
    [
        # Within a day, around midnight, and in the hours that are missing or told twice in Los Angeles.
        (["03/18/2026 10:05", "03/18/2026 10:40", "03/18/2026 00:00", "03/18/2026 23:59", "12/31/2025 9:07"], True),
        (["03/08/2026 01:59", "03/08/2026 02:30", "03/08/2026 03:00", "11/01/2026 01:30", "11/01/2026 02:00"], False),
        (["11/01/2026 01:30", "03/18/2026 10:05:59", "08/03/2026 12:00", "03/08/2026 23:30"], True),
        (["03/18/2026 10:05", "", "1970-01-01", "02/30/2026 10:00", "03/18/2026 10:06"], True),
        (["03/18/2026 10:05", "03.04.2026 10:06"], False),
        (["2026-03-18T10:05", "2026-03-18 11:05+02:00", "18 March 2026 at 10:07"], True),
    ],
)
def test_instants_come_out_the_same_in_bulk(
    both: Both, times: list[str], apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day is read by the readers and the time added by SQL, unless something about the text is odd."""
    looked: list[bulk_clocks.Clocks] = []
    look = bulk_clocks.Clocks.look
    monkeypatch.setattr(bulk_clocks.Clocks, "look", lambda clocks: looked.append(clocks) or look(clocks))
    (ordinary, rows), (result, again) = both.read(posts(times), "account: x\n")
    assert both.in_bulk == (ordinary.rows_loaded > 0)
    assert [row["published_at"] for row in again] == [row["published_at"] for row in rows]
    assert again == rows
    assert result.rejected == ordinary.rejected
    assert {name: getattr(result, name) for name in SAME} == {name: getattr(ordinary, name) for name in SAME}
    assert looked[-1].any_of(range(1, len(times) + 1)) == apart


@pytest.mark.parametrize("odd", ["", "--", " Ål", "Ål\u00a0", "N/A"])
def test_many_texts_are_looked_at_by_sql(both: Both, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setattr(bulk_table, "_VERY_FEW", 1)
    text = ADS.replace("Day", "Ad name,Ad ID,Day") + "".join(
        RECORD.format(day).replace(",", f",{name},{1000 + day if name == 'Ål' else name},", 1)
        for day, name in enumerate(["Ål", odd, "Ål"], start=1)
    )
    (ordinary, rows), (result, again) = both.read(text.encode(), "account: x\n")
    assert both.in_bulk
    assert again == rows
    assert [row["ad"] for row in again] == [row["ad"] for row in rows]
    assert result.rejected == ordinary.rejected


def test_the_record_as_given_leaves_out_what_its_columns_hold(both: Both) -> None:
    """Each cell stands once: in its own column where that gives it back letter for letter, else in `original`."""
    header = "Campaign name,Ad name,Day,Amount spent (NOK),Impressions,Reach,Frequency\n"
    record = "vår,a,2026-01-01,10.50,100,090,1.20\nvår,,2026-01-02,7.00,1 000,80,1.30\nvår, b,2026-01-03,,,80,\n"
    (ordinary, rows), (result, _) = both.read((header + record).encode(), "account: x\n")
    assert both.in_bulk
    assert ordinary.as_given is None
    assert json.loads(result.as_given or "") == {
        "Campaign name": "campaign",
        "Amount spent (NOK)": "spend.00",
        "Impressions": "impressions",
        "Reach": "reach",
    }
    # A space in one ad's name: the column is trimmed, so all of them stay as given.
    assert [json.loads(text) for text in both.originals] == [
        {"Ad name": "a", "Day": "2026-01-01", "Reach": "090", "Frequency": "1.20"},
        {"Day": "2026-01-02", "Impressions": "1 000", "Frequency": "1.30"},
        {"Ad name": " b", "Day": "2026-01-03"},
    ]
    assert rows[2]["original"] == {"Campaign name": "vår", "Ad name": " b", "Day": "2026-01-03", "Reach": "80"}
    assert result.delivered == ordinary.delivered


def test_numbers_that_are_written_in_many_ways_stay_as_given(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_MOST_OTHERWISE", 1)
    text = ADS + "vår,2026-01-01,10.50,007\nvår,2026-01-02,7.5,008\nvår,2026-01-03,7.10,9\n"
    (_, rows), (result, again) = both.read(text.encode(), "account: x\n")
    assert both.in_bulk
    assert again == rows
    assert json.loads(result.as_given or "") == {"Campaign name": "campaign"}
