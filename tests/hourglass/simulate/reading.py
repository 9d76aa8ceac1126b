"""Reading what the simulator wrote, with the standard library and DuckDB alone and never with Hourglass' readers."""

import csv
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import duckdb

OSLO = ZoneInfo("Europe/Oslo")
DAYS, SESSIONS = 29, 5000
READ = {"csv": "read_csv('{}', all_varchar = true)", "jsonl": "read_json('{}')", "parquet": "read_parquet('{}')"}


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sessions(out: Path, form: str = "csv") -> list[dict[str, object]]:
    """Every readable session row, the newest delivery of each id: re-exports after the first exports."""
    found: dict[str, dict[str, object]] = {}
    folders = [out / "inbox/web/sessions", *sorted((out / "inbox/web/sessions_again").glob("*"))]
    for folder in folders:
        for path in sorted(folder.glob(f"*.{form}")):
            cursor = duckdb.sql(f"select * from {READ[form].format(path)}")
            for values in cursor.fetchall():
                row = dict(zip(cursor.columns, values, strict=True))
                started = row["started_at"]
                if isinstance(started, str) and not started.endswith("Z"):
                    started = None
                if row["session_id"] is None or started is None:
                    continue
                row["started_at"] = (
                    started if isinstance(started, datetime) else datetime.fromisoformat(str(started)[:-1])
                )
                found[str(row["session_id"])] = row
    return list(found.values())


def local_date(instant: datetime) -> date:
    return instant.replace(tzinfo=UTC).astimezone(OSLO).date()


def is_compliant(url: str) -> bool:
    """The shipped UTM standard for social links, read as strictly as the WHATWG rules say."""
    values: dict[str, str] = {}
    for key, value in parse_qsl(urlsplit(url).query, separator="&"):
        values.setdefault(key, value)
    pairs = {("instagram", "social"), ("facebook", "social"), ("tiktok", "social"), ("youtube", "video"),
             ("instagram", "paid_social"), ("facebook", "paid_social"), ("tiktok", "paid_social")}  # fmt: skip
    campaign = values.get("utm_campaign", "")
    return (values.get("utm_source"), values.get("utm_medium")) in pairs and bool(
        campaign and campaign == campaign.lower() and campaign.replace("_", "").replace("-", "").isalnum()
    )


def records(out: Path, name: str) -> list[list[str]]:
    """A file's records as the csv module sees them, preamble and header included."""
    path, _, member = name.partition("!")
    content = (out / "inbox" / path).read_bytes()
    if member:
        content = zipfile.ZipFile(io.BytesIO(content)).read(member)
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig")
    delimiter = ";" if path.startswith(("crm/", "content/", "diverse/")) else ","
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def newest(out: Path, folder: str, key: str) -> dict[str, dict[str, str]]:
    found = {}
    for path in sorted((out / "inbox" / folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            delimiter = ";" if folder == "crm" else ","
            found.update({row[key]: row for row in csv.DictReader(file, delimiter=delimiter)})
    return found
