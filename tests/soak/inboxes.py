"""What the soak tests deliver: a small brand's inbox, made worse than life.

The simulated brand gives the platforms' exports, sessions, leads, orders and the calendar. Added to it: web events of known and unknown
visitors that contradict each other, re-exports in which rows say something else, exports of every other format, and the same bytes again
under other names. The same seed gives the same bytes.
"""

import csv
import io
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from benchmarks.made_up import make
from hourglass.simulate.run import simulate
from pipelines.formats_model import load_formats

SIDECAR = "hourglass.yml"
LANGUAGES = ("en", "nb", "sv", "da", "de")
URL = "https://www.fjellbrygg.example/"
TAGS = (
    "?utm_source=facebook&utm_medium=social&utm_campaign=host",
    "?utm_source=fb&utm_medium=social&utm_campaign=Host",
    "?utm_source=tiktok&utm_medium=social",
    "?gclid=abc123",
    "?fbclid=IwAR0x",
    "?utm_campaign=h%F8st&utm_source=instagram&utm_medium=social",
    "",
)


@dataclass(frozen=True)
class File:
    """One file to be delivered: where under the inbox, and its bytes."""

    path: str
    content: bytes

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return str(PurePosixPath(self.path).parent)

    @property
    def is_sidecar(self) -> bool:
        """Whether it says something about the files beside it."""
        return PurePosixPath(self.path).name == SIDECAR


def made_up_inbox(scratch: Path, seed: int, *, days: int = 21, sessions: int = 250, share: float = 0.5) -> list[File]:
    """The files of one inbox. ``share`` of the simulated platform folders and of the other formats are in it."""
    draw = random.Random(seed)
    simulate(scratch, days=days, sessions=sessions, seed=seed, format="csv")
    root = scratch / "inbox"
    simulated = [
        File(path.relative_to(root).as_posix(), path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()
    ]
    folders = sorted({file.folder for file in simulated if file.folder.split("/")[0] not in ("web", "crm", "shop")})
    left_out = {folder for folder in folders if draw.random() > share and folder != "exchange_rates"}
    kept = [file for file in simulated if file.folder not in left_out]
    files = [
        *kept,
        *events(kept, draw),
        *corrections(kept, draw),
        *other_exports(draw, share),
    ]
    return [*files, *again(files, draw)]


def rows_of(files: Iterable[File], prefix: str) -> list[dict[str, str]]:
    """The records of the CSV files whose path begins like this, without those that the simulator broke."""
    found: list[dict[str, str]] = []
    for file in files:
        if file.path.startswith(prefix) and file.path.endswith(".csv"):
            text = file.content.decode("utf-8-sig")
            delimiter = ";" if text.split("\n")[0].count(";") > 2 else ","
            found.extend(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [row for row in found if None not in row and "25:61" not in "".join(filter(None, row.values()))]


def written(rows: Iterable[dict[str, str | None]]) -> bytes:
    """Records as CSV with the columns of all of them."""
    rows = list(rows)
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def events(files: list[File], draw: random.Random) -> Iterator[File]:
    """Files of web events that overlap: of visitors with and without sessions files, with changing consent, logins, orders and leads."""
    sessions, orders = rows_of(files, "web/sessions/"), rows_of(files, "shop/")
    leads, made = rows_of(files, "crm/"), []
    for number in range(90):
        session = draw.choice(sessions)
        is_known = draw.random() < 0.6
        visitor = session["visitor_id"] if is_known else f"e{draw.randrange(12)}"
        at = datetime.fromisoformat(session["started_at"]) + timedelta(minutes=draw.choice((0, 1, 7, 25, 40)))
        made.append(
            {
                "event_id": f"ev{number % 70}",
                "visitor_id": visitor,
                "session_id": draw.choice((session["session_id"] if is_known else f"t{number % 9}", None, None)),
                "user_id": draw.choice((None, None, None, f"u{draw.randrange(4)}")),
                "occurred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "event_name": draw.choice(("page_view", "page_view", "add_to_cart", "purchase")),
                "page_url": draw.choice((URL, URL + "p/2", URL + draw.choice(TAGS))),
                "referrer_url": draw.choice((None, "https://t.co/x", "https://www.google.com/")),
                "consent": draw.choice((None, "granted", "granted", "denied")),
                "order_id": draw.choice([None, None, None, *(row["order_id"] for row in orders[:5])]),
                "lead_id": draw.choice([None, None, None, *(row["lead_id"] for row in leads[:5])]),
            }
        )
    for number in range(4):
        some = draw.sample(made, draw.randrange(5, 40))
        name = f"web/events/more_{number}_2026-11-{14 + draw.randrange(3)}"
        lines = "".join(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n" for row in some)
        yield File(f"{name}.jsonl", lines.encode()) if number % 2 else File(f"{name}.csv", written(some))


def corrections(files: list[File], draw: random.Random) -> Iterator[File]:
    """Re-exports of sessions, leads and orders in which some rows say something else than before."""
    sessions, leads, orders = rows_of(files, "web/sessions/"), rows_of(files, "crm/"), rows_of(files, "shop/")
    visitors = [row["visitor_id"] for row in sessions]
    names = [row["session_id"] for row in sessions]
    for number in range(3):
        some = [dict(row) for row in draw.sample(sessions, min(len(sessions), 15))]
        for row in some:
            row.update(
                draw.choice(
                    (
                        {"visitor_id": draw.choice(visitors)},
                        {"landing_url": URL + draw.choice(TAGS)},
                        {"started_at": draw.choice(sessions)["started_at"]},
                        {"pageviews": "9", "engaged_seconds": "500"},
                        {"consent": draw.choice(("denied", "granted", ""))},
                        {},
                    )
                )
            )
        yield File(f"web/corrected/web_sessions_{number}_2026-11-{13 + draw.randrange(5)}.csv", written(some))
    for kind, rows, changes in (
        ("leads", leads, ("visitor_id", "session_id", "stage", "deal_value", "created_at")),
        ("orders", orders, ("visitor_id", "session_id", "refunded", "revenue", "ordered_at")),
    ):
        for number in range(2 if rows else 0):
            some = [dict(row) for row in draw.sample(rows, min(len(rows), 8))]
            for row in some:
                new = {
                    "visitor_id": draw.choice(visitors),
                    "session_id": draw.choice(names),
                    "stage": draw.choice(("mql", "sql", "won", "lost")),
                    "deal_value": str(draw.randrange(1, 9000)),
                    "refunded": draw.choice(("0", "10.00")),
                    "revenue": f"{draw.randrange(100, 9999)}.50",
                    "created_at": draw.choice(sessions)["started_at"],
                    "ordered_at": draw.choice(sessions)["started_at"],
                }
                for name in draw.sample(changes, 2):
                    row[name] = new[name]
            yield File(f"{kind}_again/{kind}_{number}_2026-11-{13 + draw.randrange(5)}.csv", written(some))


def other_exports(draw: random.Random, share: float) -> Iterator[File]:
    """Exports of the other formats, each twice from different days; what they do not say stands in a sidecar beside them."""
    for form in load_formats().all:
        if draw.random() > share:
            continue
        language = draw.choice(LANGUAGES)
        for number in range(draw.randrange(1, 3)):
            export = make(form, language=language, rows=draw.randrange(3, 7), seed=draw.randrange(3))
            if export is None:
                break
            folder = f"others/{form.id}/{number}"
            says = export.sidecar.replace("2026-06-01", f"2026-06-0{draw.randrange(1, 4)}")
            yield File(f"{folder}/{form.kind}_2026-01-20_2026-01-31.csv", export.content())
            yield File(f"{folder}/{SIDECAR}", says.encode())


def again(files: list[File], draw: random.Random) -> Iterator[File]:
    """Some files once more: the same bytes beside the first, or in a folder where nothing or something else is said of them."""
    folders = sorted({file.folder for file in files})
    for file in draw.sample(files, len(files) // 12):
        if file.is_sidecar:
            continue
        path = PurePosixPath(file.path)
        there = draw.choice(
            (path.parent, PurePosixPath("aaa"), PurePosixPath("zzz"), PurePosixPath(draw.choice(folders)))
        )
        name = draw.choice((f"{path.stem} (1){path.suffix}", f"copy of {path.name}", f"Z{path.name}"))
        yield File(str(there / name), file.content)
