"""Everybody who has withdrawn consent is taken out in one go, with one run and one receipt, and nobody else."""

import io
import json
import os
from pathlib import Path

import duckdb
import pytest

from config.home import Home
from hourglass.cli import main
from hourglass.run import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("erase_withdrawn")]

LANDING = "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=nb2026_host"
WENT = ("browser-gave-then-refused", "browser-refused", "browser-refused-in-events")
STAY = ("browser-refused-then-gave", "browser-silent", "browser-gave", "browser-gave-then-refused-2")
SESSIONS = (
    ("s1", "browser-gave-then-refused", 5, "granted"),
    ("s2", "browser-gave-then-refused", 9, "Denied"),
    ("s3", "browser-refused", 6, "no"),
    ("s4", "browser-refused-in-events", 4, "granted"),
    ("s5", "browser-refused-then-gave", 5, "denied"),
    ("s6", "browser-refused-then-gave", 6, "granted"),
    ("s7", "browser-silent", 5, ""),
    ("s8", "browser-gave", 5, "granted"),
    ("s9", "browser-gave-then-refused-2", 7, "granted"),
)


def sessions(*, of: tuple[str, ...]) -> str:
    lines = [
        f"{name},{who},2026-10-{day:02}T10:00:00Z,{LANDING},{said}\n" for name, who, day, said in SESSIONS if who in of
    ]
    return "session_id,visitor_id,started_at,landing_url,consent\n" + "".join(lines)


def fill(home: Home, *, of: tuple[str, ...]) -> None:
    event = {"event_id": "e1", "visitor_id": WENT[2], "occurred_at": "2026-10-08T10:00:00Z", "event_name": "page_view",
             "page_url": LANDING, "consent": "denied"}  # fmt: skip
    other = event | {"event_id": "e2", "visitor_id": STAY[2], "consent": "granted"}
    lines = [json.dumps(row) + "\n" for row in (event, other) if row["visitor_id"] in of]
    for name, text in {
        "sessions.csv": sessions(of=of),
        "events.jsonl": "".join(lines),
        "leads.csv": "lead_id,created_at,visitor_id\n"
        + "".join(f"lead-{who},2026-10-09T12:00:00Z,{who}\n" for who in (*WENT[:1], *STAY[:1]) if who in of),
        "rates.csv": "date,base,currency,rate\n2026-10-01,EUR,NOK,11.5\n",
    }.items():
        (home.inbox / name).write_text(text, encoding="utf-8")


def figures(home: Home) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(home.published), read_only=True) as connection:
        return {
            table: connection.execute(f"select * from {table} order by all").fetchall()
            for table in (
                "core.fct_sessions",
                "core.fct_conversions",
                "attribution.credits",
                "kpi.kpi_values",
                "quality.utm_coverage",
            )
        }


def runs(home: Home) -> int:
    with duckdb.connect(str(home.published), read_only=True) as connection:
        (number,) = connection.execute("select sequence_number from quality.publication").fetchone()
    return number


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("withdrawn") / "home").create()
    fill(home, of=(*WENT, *STAY))
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOURGLASS_HOME", str(home.root))
        assert main(["erase", "--withdrawn", "--dry-run"]) == 0
        assert not home.erased.exists() and runs(home) == 1
        assert main(["erase", "--withdrawn"]) == 0
    return home


def test_those_whose_newest_word_is_a_refusal_are_gone_and_nobody_else(erased: Home, tmp_path: Path) -> None:
    with duckdb.connect(str(erased.published), read_only=True) as connection:
        left = connection.execute("select distinct visitor_id from core.fct_sessions order by 1").fetchall()
    assert [row[0] for row in left] == sorted(STAY)
    clean = Home(tmp_path / "clean").create()
    fill(clean, of=STAY)
    assert run(clean, full_refresh=False, since=None, until=None, verbose=False) == 0
    assert figures(erased) == figures(clean)


def test_no_byte_of_theirs_is_left_outside_the_inbox(erased: Home) -> None:
    found = []
    for folder, _, names in os.walk(erased.root):
        if erased.inbox not in (Path(folder), *Path(folder).parents):
            for path in (Path(folder) / name for name in names):
                content = (
                    path.read_bytes().replace(STAY[3].encode(), b"").replace(STAY[0].encode(), b"")
                )  # whose names begin with theirs
                found += [f"{path}: {name}" for name in WENT if name.encode() in content or name in path.name]
    assert found == []


def test_all_of_them_cost_one_run_and_leave_one_receipt(erased: Home) -> None:
    assert runs(erased) == 2
    (path,) = (erased.erased / "receipts").iterdir()
    receipt = json.loads(path.read_text(encoding="utf-8"))
    assert path.name.endswith("Z withdrawn 3 people.json")
    assert (receipt["asked_for"], {kind: len(found) for kind, found in receipt["digests"].items()}) == (
        "withdrawn",
        {"visitor": 3},
    )
    assert receipt["rows_removed"] == {"leads": 1, "web_events": 1, "web_sessions": 4}
    assert receipt["left_over"] == [] and receipt["finishes_started_at"] is None


def test_where_nobody_is_left_to_erase_nothing_is_done(erased: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOURGLASS_HOME", str(erased.root))
    before = runs(erased)
    assert main(["erase", "--withdrawn"]) == 0
    assert runs(erased) == before and len(list((erased.erased / "receipts").iterdir())) == 1


def test_many_may_be_named_at_once(erased: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOURGLASS_HOME", str(erased.root))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{STAY[1]}\n\nnobody-known-1\n"))
    before = runs(erased)
    assert main(["erase", "--visitor", "-", "--visitor", STAY[2], "--email", "kari@fjell.example"]) == 0
    with duckdb.connect(str(erased.published), read_only=True) as connection:
        left = connection.execute("select distinct visitor_id from core.fct_sessions order by 1").fetchall()
    assert [row[0] for row in left] == [STAY[3], STAY[0]]
    assert runs(erased) == before + 1
    (path,) = (erased.erased / "receipts").glob("*several 4 people.json")
    assert json.loads(path.read_text(encoding="utf-8"))["rows_removed"] == {"web_events": 1, "web_sessions": 2}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [([], "say whom"), (["--visitor", " "], "the id of a visitor is expected"), (["--email", "kari"], "an e-mail address is expected"),
     (["--withdrawn"], "no run has worked out yet")],
)  # fmt: skip
def test_who_is_meant_must_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    monkeypatch.setenv("HOURGLASS_HOME", str(Home(tmp_path / "home").create().root))
    assert main(["erase", *arguments]) == 1
    assert told in " ".join(capsys.readouterr().err.split())
