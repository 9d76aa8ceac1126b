"""The same bytes again, the right sizes, and what is refused."""

import pytest

from hourglass.simulate.run import simulate
from tests.hourglass.simulate.reading import DAYS, SESSIONS, sessions, table, tree


def test_the_same_arguments_give_the_same_bytes_on_any_number_of_processors(dirty, tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    simulate(tmp_path, days=DAYS, sessions=SESSIONS, seed=7)
    assert tree(tmp_path) == tree(dirty)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("small")
    simulate(out, days=8, sessions=800, seed=7)
    return out


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_the_other_formats_are_reproducible_and_hold_the_same_sessions(form, small, tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name, days=8, sessions=800, seed=7, format=form)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    keys = ("session_id", "visitor_id", "started_at", "landing_url", "referrer_url", "user_agent")
    ours = sorted(tuple(str(row[key]) for key in keys) for row in sessions(tmp_path / "a", form))
    assert ours == sorted(tuple(str(row[key]) for key in keys) for row in sessions(small))


def test_another_seed_gives_other_sessions(small, tmp_path):
    simulate(tmp_path, days=8, sessions=800, seed=8)
    ours = {row["session_id"] for row in sessions(tmp_path)}
    assert len(ours) == 800
    assert not ours & {row["session_id"] for row in sessions(small)}


def test_a_second_run_replaces_the_first_but_never_a_foreign_inbox(tmp_path):
    simulate(tmp_path, days=3, sessions=60)
    before = tree(tmp_path)
    simulate(tmp_path, days=3, sessions=60)
    assert tree(tmp_path) == before
    foreign = tmp_path / "foreign"
    (foreign / "inbox").mkdir(parents=True)
    (foreign / "inbox/mine.csv").write_text("a\n1\n")
    with pytest.raises(FileExistsError, match=r"mine\.csv was not written by the simulator"):
        simulate(foreign, days=3, sessions=60)
    assert (foreign / "inbox/mine.csv").exists()
    (tmp_path / "inbox/mine_too.csv").write_text("a\n1\n")
    with pytest.raises(FileExistsError, match=r"mine_too\.csv"):
        simulate(tmp_path, days=3, sessions=60)
    assert {path: digest for path, digest in tree(tmp_path).items() if path in before} == before


def test_a_simulation_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    simulate(tmp_path, days=3, sessions=60)
    before = tree(tmp_path)

    def fail(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr("hourglass.simulate.run.write_ads", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate(tmp_path, days=3, sessions=90)
    assert {path: digest for path, digest in tree(tmp_path).items() if path in before} == before
    monkeypatch.undo()
    simulate(tmp_path, days=3, sessions=90)
    assert not (tmp_path / ".simulating").exists()


@pytest.mark.parametrize("wrong", [{"days": 0}, {"sessions": 2}, {"dirt": -0.1}, {"dirt": 0.9}, {"format": "xlsx"}])
def test_arguments_out_of_range_are_refused(wrong, tmp_path):
    with pytest.raises(ValueError, match="days must be"):
        simulate(tmp_path, **{"days": 3, "sessions": 60, **wrong})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("days", "count"), [(1, 40), (3, 60), (10, 1001)])
def test_small_sizes_work(days, count, tmp_path):
    simulate(tmp_path, days=days, sessions=count)
    assert len(sessions(tmp_path)) == count
    assert sum(int(row["sessions"]) for row in table(tmp_path / "truth/sessions_by_day.csv")) == count


def test_a_home_that_it_makes_is_for_its_owner_alone(tmp_path):
    simulate(tmp_path / "new" / "home", days=1, sessions=5, seed=1)
    assert (tmp_path / "new" / "home").stat().st_mode & 0o077 == 0
