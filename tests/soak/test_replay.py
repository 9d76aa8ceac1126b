"""Whatever comes in whatever order, and however often nights die: the published tables are those of one clean build.

Plans are named by their seed; ``python -m tests.soak.replay --seed N --shrink`` runs one of them and makes it smaller. ``make soak`` runs
more and larger ones.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from sql.catalog import Catalog
from tests.replay import catalog_of
from tests.soak.inboxes import File
from tests.soak.plans import Death, Night, Plan, plan
from tests.soak.replay import judge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("replay")]

SMALL = {"days": 8, "sessions": 60, "share": 0.1}
HEADER = "session_id,visitor_id,started_at,landing_url\n"
LANDING = "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=host"


@pytest.mark.parametrize("seed", [1])
def test_nights_in_any_order_equal_one_clean_build(tmp_path: Path, seed: int) -> None:
    drawn = plan(seed, tmp_path, nights=4, **SMALL)
    verdict = judge(drawn, tmp_path, Catalog())
    assert verdict.differences == {}, str(verdict)
    assert verdict.tables > 100 and verdict.rows > 10_000 and len(verdict.incremental) > 15


def sessions(number: int, *visitors: str) -> File:
    rows = [f"s{number}{place},{who},2026-11-0{number}T12:00:00Z,{LANDING}\n" for place, who in enumerate(visitors)]
    return File(f"web_sessions_2026-11-0{number}.csv", (HEADER + "".join(rows)).encode())


@pytest.fixture(scope="module")
def few_models() -> Catalog:
    return catalog_of("core.fct_sessions")


def test_a_model_that_forgets_a_change_is_found_out(tmp_path: Path, few_models: Catalog) -> None:
    """A visitor's earlier session that comes late makes the later one a returning visit; a header that does not say so must fail."""
    model = few_models.models["core.int_visitors"]
    nothing = dict.fromkeys(model.header.changed, "select visitor_id from changed where 1 = 0")
    forgetful = replace(model, header=model.header.model_copy(update={"changed": nothing}))
    catalog = Catalog({**few_models.models, model.name: forgetful})
    nights = (Night((sessions(2, "a", "b"),)), Night((sessions(1, "a"),)))
    verdict = judge(Plan(0, nights), tmp_path, catalog)
    assert set(verdict.differences) == {"core.int_visitors", "core.fct_sessions"}


@pytest.mark.parametrize("function", ["pipelines.registry.commit", "sql.publish.swap_in", "sql.publish._remember"])
def test_a_night_that_dies_is_made_up_for_by_the_next(tmp_path: Path, few_models: Catalog, function: str) -> None:
    nights = (
        Night((sessions(3, "a"),)),
        Night((sessions(2, "a", "b"),), death=Death(function, after=False)),
        Night((sessions(1, "a"),)),
    )
    verdict = judge(Plan(0, nights), tmp_path, few_models)
    assert (verdict.differences, verdict.deaths, verdict.nights) == ({}, 1, 2)
