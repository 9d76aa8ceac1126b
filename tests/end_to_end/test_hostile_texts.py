"""Names, captions, headers and tags that are scripts, Markdown, formulas or a terminal's escapes, in a whole night: shown, and inert."""

import csv
import io
import re
from html.parser import HTMLParser

import dagster as dg
import duckdb
import pytest

from assets.instance import prepare_instance
from config.home import Home
from hourglass.cli import main
from hourglass.simulate.run import simulate
from hourglass.terminal import console

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile texts")]

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>[x](javascript:alert(3))|`\x1b[31m\x9b2J\u202e[bold]:skull:"
)
TURNED = (
    "Campaign name",
    "Ad name",
    "Ad Name",
    "Kampanje",
    "Description",
    "Caption",
    "series",
    "hook",
    "brand",
    "hypothesis",
    "owner",
)
"""Columns of the simulated exports that are free texts; a value keeps its beginning, so that equal ones stay equal."""
SPEAKS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
SESSIONS = "session_id,visitor_id,started_at,landing_url"
URL = "https://www.fjellbrygg.example/?utm_source=facebook&utm_medium=social&utm_campaign="


def turned(content: bytes) -> bytes:
    """A CSV with hostile texts in its free columns; other files as they are."""
    try:
        text = content.decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:4000], delimiters=",;")
    except (UnicodeDecodeError, csv.Error):
        return content
    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    places = [place for place, name in enumerate(rows[0]) if name in TURNED]
    for row in rows[1:]:
        for place in places:
            if place < len(row) and row[place]:
                row[place] += HOSTILE
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=dialect.delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("hostile texts")
    simulate(root, days=28, sessions=600, seed=5, format="csv")
    home = Home(root).create()
    for path in home.inbox.rglob("*.csv"):
        path.write_bytes(turned(path.read_bytes()))
    tagged = [f's{number},v{number},2026-11-1{number}T12:00:00Z,"{URL}{HOSTILE}{number}"' for number in range(5)]
    nameless = [f"bad{number},v,{HOSTILE},https://www.fjellbrygg.example/" for number in range(3)]
    (home.inbox / "hostile \x1b[31m\n'\"<script>.csv").write_text("\n".join([SESSIONS, *tagged, *nameless, ""]))
    headers = [HOSTILE, "=cmd|' /C calc'!A0", "'; drop table raw.files; --", "{x}", "%s"]
    (home.inbox / "unknown \x1b[2J.csv").write_text(",".join(headers) + "\n1,2,3,4,5\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOURGLASS_HOME", str(home.root))
        assert main(["run"]) == 0
    return home


class Page(HTMLParser):
    """What a browser would make of a page: every element with its attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_the_pages_show_it_as_text(home: Home) -> None:
    pages = [path.read_text(encoding="utf-8") for path in home.reports.glob("*.html")]
    assert any("&lt;script&gt;alert(1)" in page for page in pages), "it is on a page"
    for page in pages:
        elements = Page(page).elements
        assert "script" not in {tag for tag, _ in elements} and "<script>alert" not in page
        assert [found for _, found in elements if any(name.startswith("on") for name in found)] == []
        assert [
            found
            for _, found in elements
            if re.match(r"\s*(javascript|data:text)", str(found.get("href") or found.get("src")))
        ] == []


def test_markdown_shows_it_as_text(home: Home) -> None:
    texts = [path.read_text(encoding="utf-8") for path in home.reports.glob("*.md")]
    assert any(r"\<script\>alert(1)" in text for text in texts), "it is in a review"
    for text in texts:
        check_markdown(text)


def check_markdown(text: str) -> None:
    """Neither an element nor a link or picture of the data's own stands in it, nor anything that speaks to a terminal."""
    assert not re.search(r"(?<!\\)<[a-z/!]", text) and not re.search(r"(?<!\\)\]\((?!\d{4}-W\d\d)", text)
    assert SPEAKS.findall(text.replace("\t", "")) == []


def test_dagster_shows_it_as_text(home: Home) -> None:
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        texts = []
        for record in instance.all_logs(run.run_id):
            event = record.dagster_event
            data = event.event_specific_data if event else None
            holder = getattr(data, "materialization", None) or data
            metadata = getattr(holder, "metadata", None) or {}
            texts += [value.md_str for value in metadata.values() if isinstance(value, dg.MarkdownMetadataValue)]
    assert any(r"\<script\>" in text for text in texts), "it is in the metadata"
    for text in texts:
        check_markdown(text)


@pytest.mark.parametrize("arguments", [["files"], ["files", "--explain", "hostile"], ["files", "--explain", "unknown"],
                                       ["explain", "utm_coverage", "--period", "2026-W46"], ["doctor"]])  # fmt: skip
def test_the_terminal_is_told_nothing(
    home: Home, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))
    console.cache_clear()
    main(arguments)
    told = "".join(capfd.readouterr())
    console.cache_clear()
    assert len(told) > 100
    assert SPEAKS.findall(told) == [] and "💀" not in told
    assert arguments[-1] != "hostile" or (r"\x1b[31m" in told and "[bold]:skull:" in told)


def test_reports_of_what_waits_speak_to_nobody(home: Home) -> None:
    texts = [path.read_text(encoding="utf-8") for path in home.quarantine.glob("*.txt")]
    assert any(r"\x1b[31m" in text for text in texts)
    assert [SPEAKS.findall(text) for text in texts if SPEAKS.search(text)] == []
    assert all(path.name.isprintable() for path in home.quarantine.iterdir())


def test_the_published_file_holds_it_as_delivered(home: Home) -> None:
    with duckdb.connect(str(home.published), read_only=True) as published:
        campaigns = published.execute("select utm_campaign from core.fct_sessions where session_id = 's1'").fetchall()
        assert campaigns and campaigns[0][0].startswith("<script>alert(1)</script>")
        assert published.execute("select count(*) from quality.files").fetchone() > (5,)
