"""Erasing people equals never having had them, also where it dies on the way; ``make soak`` draws more inboxes, with all models."""

from pathlib import Path

import pytest

from sql.catalog import Catalog
from tests.replay import catalog_of
from tests.soak.erasing import KILLS, Erasures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("erasing")]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of(
        "core.fct_sessions", "core.fct_conversions", "core.fct_subscriptions", "quality.files", "quality.quarantine"
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_left_is_a_clean_build_without_them(tmp_path: Path, catalog: Catalog, seed: int) -> None:
    done = Erasures()
    done.judge(seed, tmp_path, catalog)
    assert done.people >= 2 and done.rows > 100


def test_an_erasure_may_die_anywhere_and_is_called_again(tmp_path: Path, catalog: Catalog) -> None:
    done = Erasures()
    done.judge(3, tmp_path, catalog, deaths=KILLS)
    assert done.kills == len(KILLS)
