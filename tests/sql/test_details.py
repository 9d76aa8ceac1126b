"""Old user agents and referrers, cut down: every fact of a session is as before, and nothing keeps the whole of them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.details import UNTOLD, Details
from config.home import Home
from sql.details import DICTIONARIES, forget_details
from tests.event_rows import NOON, event
from tests.replay import Warehouse, catalog_of
from tests.session_rows import Row, judge, session
from tests.sql.test_channels import CASES

NOWHERE = Home(Path("nowhere"))
END = datetime.fromisoformat("2026-11-01")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
REFERRERS = [
    ("https://kari:hemmelig@www.Facebook.com:443/groups/4711/kari?x=1#y", "https://www.Facebook.com:443/"),
    ("https://x.com/i/grok/samtale-77?q=1", "https://x.com/i/grok"),
    ("https://x.com/i/grokke", "https://x.com/"),
    ("https://www.bing.com/chat?q=navn", "https://www.bing.com/chat"),
    ("android-app://com.google.android.gm/epost", "android-app://com.google.android.gm/"),
    ("//vg.no/forum/1", "//vg.no/forum"),
    ("vg.no/nyheter", "vg.no/"),
    ("min_app://fil/sti", "min_app://fil/"),
    ("/relativ/sti", "/"),
    ("?bare=spørring", None),
    ("", None),
    (None, None),
]
AGENTS = [
    (FIREFOX, UNTOLD),
    (FIREFOX + " Instagram 300.0 (no_NO)", "Instagram"),
    ("Mozilla/5.0 [FBAN/FBIOS;FBAV/400] Googlebot/2.1", "bot/"),
    (UNTOLD, UNTOLD),
    (None, None),
]


def shortened(kind: str, values: list[Any]) -> list[Any]:
    expression = getattr(Details.of(NOWHERE), kind)("given")
    with duckdb.connect() as connection:
        return [
            connection.execute(f"select {expression} from (select ?::varchar as given)", [v]).fetchone()[0]
            for v in values
        ]


@pytest.mark.parametrize(("kind", "cases"), [("referrer", REFERRERS), ("user_agent", AGENTS)])
def test_what_is_left_of_one(kind: str, cases: list[tuple[str | None, str | None]]) -> None:
    left = shortened(kind, [given for given, _ in cases])
    assert left == [expected for _, expected in cases]
    assert shortened(kind, left) == left, "cut down twice it is the same"


def test_every_fact_of_a_session_is_the_same_by_what_is_left() -> None:
    visits: list[Row] = [dict(case[1]) for case in CASES]
    visits += [{"referrer_url": referrer} for referrer, _ in REFERRERS] + [{"user_agent": agent} for agent, _ in AGENTS]
    agents = shortened("user_agent", [visit.get("user_agent") for visit in visits])
    referrers = shortened("referrer", [visit.get("referrer_url") for visit in visits])
    cut = [{**visit, "user_agent": a, "referrer_url": r} for visit, a, r in zip(visits, agents, referrers, strict=True)]
    assert judge(cut) == judge(visits)


def test_models_keep_the_facts_and_forget_the_rest() -> None:
    told = ("core.fct_sessions", *DICTIONARIES, "core.int_event_sessions")
    warehouse = Warehouse(catalog_of(*told))
    details = {"user_agent": FIREFOX + " Instagram", "referrer_url": "https://vg.no/nyheter/kari"}
    warehouse.deliver("web_sessions", [session("s1", **details), session("s2", user_agent=FIREFOX)])
    warehouse.deliver(
        "web_events",
        [event("e1", NOON, file_id="e", **details), event("e2", NOON + timedelta(days=2), visitor_id="w", file_id="e")],
    )
    warehouse.build()
    before = warehouse.rows("core.fct_sessions")
    assert len(before["core.fct_sessions"]) == 3
    connection = warehouse.connection
    short = Details.of(NOWHERE)
    for table in ("web_sessions", "web_events"):
        connection.execute(
            f"update raw.{table} set user_agent = {short.user_agent('user_agent')}, referrer_url = {short.referrer('referrer_url')}"
        )
    forget_details(connection, NOWHERE, END)
    warehouse.build()
    assert warehouse.rows("core.fct_sessions") == before
    for table in told:
        for name, *_ in connection.execute(f"describe {table}").fetchall():
            (held,) = connection.execute(
                f'select count(*) from {table} where cast("{name}" as varchar) like ? or cast("{name}" as varchar) like ?',
                ["%Firefox%", "%nyheter%"],
            ).fetchone()
            assert held == 0, f"{table}.{name}"
    incremental = warehouse.rows(*told)
    warehouse.build(full=True)
    assert warehouse.rows(*told) == incremental
