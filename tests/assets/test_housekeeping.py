"""What is older than the settings keep goes, and nothing that is still needed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import dagster as dg
import duckdb
import pytest

from assets.housekeeping import tidy
from assets.instance import prepare_instance
from checks.declared import CheckResult, NoViolations, Outcome, Severity
from checks.store import write
from config.home import Home
from config.settings import Housekeeping

GRAIN = NoViolations(
    name="grain", asset="core.fct_posts", severity=Severity.BLOCK, description="", violations="", population=""
)
KEPT = Housekeeping(run_history_days=60, check_results_days=400)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("HOURGLASS_HOME", "")
    home = Home(tmp_path)
    prepare_instance(home)
    return home


@pytest.fixture
def instance(home):
    with dg.DagsterInstance.get() as instance:
        yield instance


@pytest.fixture
def warehouse(home):
    with duckdb.connect(str(home.warehouse)) as connection:
        yield connection


def run_once(instance):
    @dg.asset
    def thing():
        return dg.MaterializeResult(metadata={"rows": 3})

    return dg.materialize([thing], instance=instance).run_id


def run_files(home):
    return {path.name.split(".")[0] for path in (home.dagster / "history" / "runs").glob("*-*.db*")}


def test_old_runs_go_with_their_files_and_assets_keep_their_newest_materialization(home, instance, warehouse):
    first, second = run_once(instance), run_once(instance)
    assert run_files(home) == {first, second}
    tidied = tidy(instance, home, warehouse, KEPT, datetime.now(UTC) + timedelta(days=59))
    assert (tidied.runs, run_files(home)) == (0, {first, second})
    tidied = tidy(instance, home, warehouse, KEPT, datetime.now(UTC) + timedelta(days=61))
    assert (tidied.runs, run_files(home)) == (1, {second})
    assert [run.run_id for run in instance.get_runs()] == [second]
    event = instance.get_latest_materialization_event(dg.AssetKey("thing"))
    assert event.run_id == second and event.asset_materialization.metadata["rows"].value == 3


def test_a_run_under_way_is_never_forgotten(home, instance, warehouse):
    run_id = run_once(instance)
    started = instance.create_run_for_job(dg.Definitions(jobs=[empty_job]).resolve_job_def("empty_job"))
    tidied = tidy(instance, home, warehouse, KEPT, datetime.now(UTC) + timedelta(days=900))
    assert tidied.runs == 1
    assert [run.run_id for run in instance.get_runs()] == [started.run_id]
    assert run_id not in run_files(home)


@dg.job
def empty_job():
    pass


def test_old_results_go_and_the_newest_of_a_check_stays(home, instance, warehouse):
    now = datetime(2026, 11, 16, tzinfo=UTC)
    outcome = Outcome("all", True, Severity.BLOCK, Decimal(0), Decimal(1), Decimal(0), "fine")
    for days in (900, 500, 399):
        checked_at = (now - timedelta(days=days)).replace(tzinfo=None)
        write(warehouse, [CheckResult(GRAIN, [outcome])], run_id=f"run-{days}", checked_at=checked_at)
    assert tidy(instance, home, warehouse, KEPT, now).check_results == 2
    assert warehouse.sql("select run_id from quality.check_results").fetchall() == [("run-399",)]
    assert tidy(instance, home, warehouse, KEPT, now + timedelta(days=900)).check_results == 0


def test_loaded_packages_of_dlt_go_and_pending_ones_stay(home, instance, warehouse):
    loaded, pending = (home.root / "dlt" / "hourglass" / "load" / kind / "1.2" for kind in ("loaded", "new"))
    for folder in (loaded, pending):
        folder.mkdir(parents=True)
        (folder / "schema.json").write_text("{}", encoding="utf-8")
    assert tidy(instance, home, warehouse, KEPT, datetime.now(UTC)).packages == 1
    assert not loaded.exists() and (pending / "schema.json").is_file()
