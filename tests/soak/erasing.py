"""People erased from drawn inboxes: what is left equals a clean build of the inbox without them, also where the erasure is killed.

Who goes with a name is worked out here once more, from the rows themselves. The night that an erasure runs is the real one without Dagster
(tests/end_to_end has it with); everything else is ``hourglass erase`` itself.
"""

import csv
import io
import multiprocessing
import os
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from config.home import Home
from hourglass.erase import erase
from hourglass.run import RunOutcome
from pipelines.secret import normalised_address
from pipelines.suppression import Suppression, is_distinctive
from sql.catalog import Catalog
from tests.soak.comparing import Verdict, compare
from tests.soak.inboxes import File
from tests.soak.plans import Plan
from tests.soak.replay import LAST_DAY, Installation, owner_of

START = datetime.fromisoformat("2026-10-05 08:00:00")
KINDS = {
    "visitor_id": "visitor",
    "email": "email",
    "customer_id": "customer",
    "session_id": "session",
    "order_id": "order",
    "lead_id": "lead",
    "subscription_id": "subscription",
}
PEOPLE = ("visitor", "email", "customer")
VISITORS = ("visitor-1", "visitor-12", "visitor-123", "a-visitor-1", "erik-77", "erik-7", "hall-pc-1", "7")
EMAILS = ("kari@fjell.example", "ola@fjell.example", "Per.Ås@fjell.example")
CUSTOMERS = ("cust-12", "cust-123", "cust-1", "cust-12-3", "42")
KILLS = (
    "hourglass.erase.save",
    "hourglass.erase._Erasure._clean_beside",
    "hourglass.erase.remove",
    "pipelines.erasure.hide_texts",
    "hourglass.erase.note_gone",
    "hourglass.erase.forget_published_file",
    "hourglass.erase.execute",
    "sql.publish.swap_in",
    "sql.publish._remember",
    "hourglass.erase.rewrite",
    "hourglass.leftovers.left_over",
)
"""Where an erasure is killed: before each of these."""
FILE_COLUMNS = {
    "quality.files": {
        "bytes", "delimiter", "encoding", "file_sha256", "loaded_at", "notes", "rows_erased",
    }
}  # fmt: skip
"""What an inbox without the people's rows has otherwise, since its files are others."""
Row = dict[str, str]
Name = tuple[str, str]


@dataclass
class Drawn:
    """An inbox as rows by file, and whom to erase, in turn."""

    rows: dict[str, list[Row]]
    wanted: list[list[Name]]

    def files(self, told: Callable[[str], str] = str) -> list[File]:
        """The files; ``told`` is what the texts of landing pages and the names of files become."""
        return [File(told(path), written(rows, told)) for path, rows in self.rows.items()]


def drawn(seed: int, *, rows: int = 14) -> Drawn:
    """Sessions, orders, leads and subscriptions of few people, who share devices and numbers and whose names hold each other's."""
    draw = random.Random(f"erase {seed}")

    def at(column: str, number: int) -> str:
        return (START + timedelta(hours=draw.randrange(900), minutes=number)).isoformat() + "Z" if column else ""

    def some(values: Iterable[str], share: float = 0.7) -> str:
        return draw.choice(list(values)) if draw.random() < share else ""

    def page() -> str:
        tags = "?utm_source=facebook&utm_medium=social&utm_campaign=nb2026_host"
        mention = some((*VISITORS, *CUSTOMERS), 0.25)
        return f"https://shop.example/{tags}{f'&ref={mention}' if mention else ''}"

    sessions = [
        {"session_id": f"s-{number}", "visitor_id": draw.choice(VISITORS), "started_at": at("x", number), "landing_url": page(),
         "consent": draw.choice(("granted", "granted", "denied", ""))}
        for number in range(3 * rows)
    ]  # fmt: skip
    orders = [
        {"order_id": f"order-{number}", "ordered_at": at("x", number), "visitor_id": some(VISITORS), "email": some(EMAILS),
         "customer_id": some(CUSTOMERS), "revenue": f"{draw.randrange(1, 900)}.00", "currency": "NOK",
         "referred_by_customer_id": some(CUSTOMERS, 0.2)}
        for number in range(rows)
    ]  # fmt: skip
    leads = [
        {"lead_id": f"lead-{number}", "created_at": at("x", number), "visitor_id": some(VISITORS), "email": some(EMAILS).upper(),
         "customer_id": some(CUSTOMERS, 0.2)}
        for number in range(rows)
    ]  # fmt: skip
    subscriptions = [
        {"subscription_id": f"sub-{number % 4}", "customer_id": draw.choice(CUSTOMERS), "changed_at": at("x", number), "event": "upgrade",
         "mrr": "99", "currency": "NOK"}
        for number in range(rows // 3)
    ]  # fmt: skip
    half = len(sessions) // 2
    made = {f"web/of {draw.choice(VISITORS)}.csv": sessions[:half], "web/b.csv": sessions[half:], "shop/orders.csv": orders,
            "crm/leads.csv": leads, "shop/subscriptions.csv": subscriptions}  # fmt: skip
    everybody = (
        [("visitor", name) for name in VISITORS]
        + [("email", name) for name in EMAILS]
        + [("customer", name) for name in CUSTOMERS]
    )
    first = draw.sample(everybody, draw.choice((1, 1, 3)))
    return Drawn(made, [first, [draw.choice([name for name in everybody if name not in first])]])


def written(rows: list[Row], told: Callable[[str], str]) -> bytes:
    """The rows as CSV; a header stands there also where no row is left."""
    stream = io.StringIO(newline="")
    header = [name for name in rows[0] if name != "header only"]
    writer = csv.DictWriter(stream, header, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(
        {**row, "landing_url": told(row["landing_url"])} if "landing_url" in row else row
        for row in rows
        if "header only" not in row
    )
    return stream.getvalue().encode()


def names_of(row: Row) -> set[Name]:
    """Whom and what a row names, addresses in lower case."""
    found = {(kind, row[column]) for column, kind in KINDS.items() if row.get(column)}
    return {(kind, normalised_address(name) if kind == "email" else name) for kind, name in found}


def who_goes(rows: list[Row], asked: list[Name]) -> set[Name]:
    """The names that go: those asked for, and what stands beside them in no row of somebody who stays, of the kind that was asked for."""
    going = {
        kind: {(kind, normalised_address(n) if kind == "email" else n) for k, n in asked if k == kind}
        for kind in PEOPLE
    }
    named = [names_of(row) for row in rows]
    while True:
        everybody = set[Name]().union(*going.values())
        new = {kind: set[Name]() for kind in PEOPLE}
        for kind, names in going.items():
            beside = {name for row in named if row & names for name in row} - names
            others = {name for row in named for name in row if any(n[0] == kind and n not in everybody for n in row)}
            new[kind] = beside - others
        if not any(new.values()):
            return everybody
        for kind in PEOPLE:
            going[kind] |= new[kind]


def without(inbox: Drawn, gone: set[Name]) -> Drawn:
    """The inbox without the rows that name one of these; who is named as referrer only is not named any more."""
    left: dict[str, list[Row]] = {}
    for path, rows in inbox.rows.items():
        kept = [dict(row) for row in rows if not names_of(row) & gone]
        for row in kept:
            if ("customer", row.get("referred_by_customer_id", "")) in gone:
                row["referred_by_customer_id"] = ""
        left[path] = kept or [dict.fromkeys(rows[0], "") | {"header only": "1"}]
    return Drawn(left, [])


def hidden(gone: set[Name], suppression: Suppression) -> Callable[[str], str]:
    """What texts become: a stand-in for every name that is a word in it and can be told from other words."""
    names = sorted(
        (name for name in gone if name[0] in PEOPLE and is_distinctive(name[1])), key=lambda name: -len(name[1])
    )

    def told(text: str) -> str:
        for kind, name in names:
            text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", suppression.stand_in(kind, name), text)
        return text

    return told


@contextmanager
def _nights_of(installation: Installation) -> Any:
    """Within it, the night that an erasure runs is the installation's."""

    def execute(home: Home, *_options: Any, **_more: Any) -> RunOutcome:
        assert home == installation.home
        installation.run(LAST_DAY)
        return RunOutcome("a test", 0, 0.0)

    with mock.patch("hourglass.erase.execute", execute):
        yield


def _erase_and_die(root: str, seeds: list[Name], models: list[str], deadly: str) -> None:
    """The process of an erasure that dies before it comes to a function."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    owner, name = owner_of(deadly)
    with _nights_of(Installation(Path(root), Catalog({name: Catalog().models[name] for name in models}))):

        def die(*_args: Any, **_more: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        with mock.patch.object(owner, name, die):
            erase(Home(Path(root)), seeds, dry_run=False, is_json=True)


@dataclass
class Erasures:
    """Counts of what was done."""

    people: int = 0
    kills: int = 0
    tables: int = 0
    rows: int = 0
    context: Any = field(default_factory=lambda: multiprocessing.get_context("forkserver"))

    def judge(self, seed: int, scratch: Path, catalog: Catalog, *, deaths: Iterable[str] = ()) -> None:
        """Erase the people of a drawn inbox in turn, dying at these places on the way; raises AssertionError where something is left.

        Each death is one of an erasure that is then called again.
        """
        self.context.set_forkserver_preload(["tests.soak.preloaded"])
        inbox, deaths = drawn(seed), list(deaths)
        home = Installation(scratch / "home", catalog)
        home.deliver(inbox.files())
        home.run(LAST_DAY)
        gone: set[Name] = set()
        for asked in inbox.wanted:
            going = who_goes(
                [row for rows in without(inbox, gone).rows.values() for row in rows if "header only" not in row], asked
            )
            while deaths:
                self._kill(home, asked, deaths.pop(0))
            before = receipts(home.home)
            with _nights_of(home):
                assert erase(home.home, asked, dry_run=False, is_json=True) == 0, (seed, asked)
            assert len(receipts(home.home) - before) == 1 and not (home.home.erased / "unfinished").exists()
            gone |= going
            self.people += len(asked)
            assert left_of(home.home, inbox, gone) == [], (seed, asked)
            self._hold_against_a_clean_build(home, without(inbox, gone), gone, scratch / "clean", (seed, asked))

    def _kill(self, home: Installation, asked: list[Name], deadly: str) -> None:
        before = receipts(home.home)
        arguments = (str(home.home.root), asked, list(home.catalog.models), deadly)
        process = self.context.Process(target=_erase_and_die, args=arguments)
        process.start()
        for _ in range(600):  # second by second, as in killing.py
            process.join(1)
            if process.exitcode is not None:
                break
        if process.exitcode == 0 and receipts(home.home) != before:
            return  # whole before it came there: one that was killed later had left nothing to do for that step
        assert process.exitcode == -signal.SIGKILL, (deadly, process.exitcode)
        verdict = Verdict(Plan(0, ()))
        compare(home.home.published, home.home.published, verdict)  # it opens, and every table can be read
        assert verdict.tables and receipts(home.home) == before, "a receipt of what was not done"
        self.kills += 1

    def _hold_against_a_clean_build(
        self, home: Installation, inbox: Drawn, gone: set[Name], scratch: Path, where: tuple[int, list[Name]]
    ) -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        clean = Installation(scratch, home.catalog)
        clean.deliver(inbox.files(hidden(gone, Suppression.of(home.home))))
        shutil.copy(home.home.root / "key", clean.home.root / "key")
        clean.run(LAST_DAY)
        verdict = Verdict(Plan(where[0], ()))
        compare(home.home.published, clean.home.published, verdict, left_out=FILE_COLUMNS)
        assert verdict.differences == {}, f"{where}: {verdict}"
        self.tables, self.rows = self.tables + verdict.tables, self.rows + verdict.rows


def receipts(home: Home) -> set[str]:
    """The names of the receipts."""
    return {path.name for path in (home.erased / "receipts").glob("*")}


def left_of(home: Home, inbox: Drawn, gone: set[Name]) -> list[str]:
    """Every file under the home but the inbox in whose bytes or name one of the erased stands.

    A name that is part of somebody else's, or begins with it, may come about where cells of a database file lie end to end.
    """
    stay = {name for rows in inbox.rows.values() for row in rows for _, name in names_of(row)} - {
        name for _, name in gone
    }
    asked = [
        name
        for kind, name in gone
        if kind in PEOPLE
        and is_distinctive(name)
        and not any(name in other or name.startswith(other) for other in stay)
    ]
    found = []
    for path in sorted(path for path in home.root.rglob("*") if path.is_file() and not path.is_relative_to(home.inbox)):
        content = path.read_bytes()
        for name in asked:
            if name in path.name or any(name.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be")):
                found.append(f"{path.relative_to(home.root)}: {name}")
    return found
