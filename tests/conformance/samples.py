"""The authentic exports of ../shared/samples, one ingestion of them, and a second reading of their raw text.

What a file holds is read here with nothing but ``csv`` and ``decode``, so that a mistake of the readers can't hide in its own test.
"""

import csv
import io
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from pipelines.registry import FileResult

SHARED = Path(os.environ.get("HOURGLASS_SHARED") or Path(__file__).parents[3] / "shared")
SAMPLES = SHARED / "samples"
skipped_without_them = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no authentic samples: neither HOURGLASS_SHARED nor {SAMPLES} is there"
)

SIDECARS = {
    "meta_business_suite/bub_2024": "account: MH4U\nplatform: facebook\n",
    "meta_business_suite/leon_2025": "account: oigetit\nplatform: facebook\n",
    "meta_business_suite/vsb_2025": "account: vintage\nplatform: facebook\n",
    "tiktok/boss_2026": "account: boss\nyear: 2026\n",
    "tiktok/htupy": "account: creator1\nyear: 2026\n",
    "tiktok/locale_es": "account: franco\nyear: 2026\n",
    "tiktok/vsb_business_2025": "account: vintage\n",
    "linkedin_page": "account: page\n",
    "x_twitter": "account: handle\n",
    "ga4_data_api": "account: site\n",
    "google_search_console": "account: shop\n",
    "web_plausible": "account: test.example\n",
    "email_constant_contact": "time_zone: UTC\n",
    "sprout_social": "time_zone: America/Los_Angeles\n",
    "youtube_studio/codingtrain": "account: codingtrain\n",
    "youtube_studio/de_2020": "account: weima\n",
}


@dataclass(frozen=True)
class Loaded:
    connection: duckdb.DuckDBPyConnection
    results: dict[str, FileResult]

    def one(self, query: str, path: str) -> Any:
        row = self.connection.execute(query, [path]).fetchone()
        assert row is not None
        return row[0]


@contextmanager
def ingested(folder: Path, families: Iterable[str] = ("",)) -> Iterator[Loaded]:
    """The files of these folders of the samples, ingested into a home under ``folder``; without any, all samples."""
    home = Home(folder / "home").create()
    for path in sorted(path for family in families for path in (SAMPLES / family).rglob("*")):
        if path.is_file() and path.name != "SOURCES.tsv":
            target = home.inbox / path.relative_to(SAMPLES)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name, text in SIDECARS.items():
        if (home.inbox / name).is_dir():
            (home.inbox / name / "hourglass.yml").write_text(text)
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        yield Loaded(connection, {result.file_path: result for result in report.files})


def text_of(path: str) -> str:
    data = (SAMPLES / path).read_bytes()
    if data.startswith(b"\xff\xfe"):
        return data.decode("utf-16")
    return data.decode("cp1251" if "cp1251" in path else "utf-8-sig")


def records(path: str, delimiter: str = ",") -> list[dict[str, str]]:
    """A plain CSV by its header; of two columns of the same name the first counts."""
    rows = [row for row in csv.reader(io.StringIO(text_of(path), newline=""), delimiter=delimiter) if row]
    header = [name.replace("\u00ad", "") for name in rows[0]]
    return [
        {name: row[header.index(name)] if header.index(name) < len(row) else "" for name in header} for row in rows[1:]
    ]


def total(values: list[str]) -> Decimal:
    return sum((Decimal(value) for value in values if value), Decimal(0))
