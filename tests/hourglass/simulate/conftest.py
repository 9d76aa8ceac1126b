"""One dirty and one clean simulation for all tests of the simulator."""

import pytest

from hourglass.simulate.run import simulate
from tests.hourglass.simulate.reading import DAYS, SESSIONS


@pytest.fixture(scope="package")
def dirty(tmp_path_factory):
    out = tmp_path_factory.mktemp("dirty")
    simulate(out, days=DAYS, sessions=SESSIONS, seed=7)
    return out


@pytest.fixture(scope="package")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("clean")
    simulate(out, days=DAYS, sessions=SESSIONS, seed=7, dirt=0)
    return out
