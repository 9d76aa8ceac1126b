"""Eight readers through a handful of publications; ``make soak`` has a hundred, and the oldest client."""

from pathlib import Path

import pytest
import sqlalchemy

from tests.soak.readers import read_while_publishing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("readers")]


def test_eight_readers_see_whole_publications_only(tmp_path: Path) -> None:
    outcome = read_while_publishing(tmp_path, publishes=6, readers=8, others=[])
    assert outcome.faults == []
    assert len(outcome.clients) == 8 and outcome.looks > 8
    engine = sqlalchemy.create_engine(
        f"duckdb:///{tmp_path / 'installation' / 'home' / 'published' / 'hourglass.duckdb'}"
    )
    with engine.connect() as connection:
        text = sqlalchemy.text(
            "select sequence_number, (select max(pages) from core.fct_visits) from quality.publication"
        )
        assert connection.execute(text).fetchall() == [(6, 6)]
    engine.dispose()
