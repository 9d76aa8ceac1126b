"""Eight readers through a handful of publications; ``make soak`` has a hundred, and the oldest client."""

from pathlib import Path

import pytest

from tests.soak.readers import python, read_while_publishing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("readers")]


def test_eight_readers_see_whole_publications_only(tmp_path: Path) -> None:
    readers = [*[python("loop")] * 7, python("sqlalchemy"), python("hold")]
    outcome = read_while_publishing(tmp_path, publishes=6, readers=readers)
    assert outcome.faults == []
    assert len(outcome.clients) == 8 and outcome.looks > 8
    assert sum(client.startswith("SQLAlchemy on duckdb ") for client in outcome.clients) == 1
