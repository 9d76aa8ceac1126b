"""The nightly job as a whole, on a small simulated inbox: what it leaves behind, what blocks it, and what a killed run leaves."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import duckdb
import pytest

from assets.build import build_defs
from assets.instance import close_dead_runs, prepare_instance
from assets.keys import PUBLISHED, asset_key
from assets.lock import RunLock
from assets.resources import LOCKED_TAG, Warehouse
from config.home import Home
from hourglass.cli import main
from hourglass.simulate.run import simulate
from hourglass.terminal import console
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nightly")]

HOLD = """
import sys, time
from pathlib import Path
from assets.lock import RunLock
RunLock(Path(sys.argv[1])).acquire(run_id="x", started_by="a test")
print(1, flush=True)
time.sleep(99)
"""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_job(home, instance, **options):
    definitions = build_defs({"warehouse": Warehouse(home_root=str(home.root))})
    config = {
        **QUIET,
        "resources": {"options": {"config": {"full_refresh": False, "since": "", "until": "", **options}}},
    }
    return definitions.resolve_job_def("nightly").execute_in_process(
        instance=instance, run_config=config, raise_on_error=False
    )


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def metadata(result, key):
    (event,) = [event for event in result.get_asset_materialization_events() if event.asset_key == key]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def failures(result):
    """Why steps failed, for the message of an assertion."""
    return [
        (event.step_key, event.step_failure_data.error_display_string)
        for event in result.all_events
        if event.is_step_failure
    ]


def rows(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = tmp_path_factory.mktemp("nightly")
    simulate(root, days=35, sessions=6000, seed=7)
    return Home(root).create()


@pytest.fixture(scope="module")
def instance(home):
    before = {name: os.environ.get(name) for name in ("DAGSTER_HOME", "HOURGLASS_HOME")}
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        yield instance
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def first(home, instance):
    result = run_job(home, instance)
    assert result.success, failures(result)
    return result


def test_everything_is_materialised_with_its_figures(first):
    catalog = Catalog()
    materialised = {event.asset_key for event in first.get_asset_materialization_events()}
    assert {asset_key(name) for name in catalog.models} <= materialised
    assert {asset_key(f"raw.{name}") for name in RAW_TABLES} <= materialised
    sessions = metadata(first, asset_key("core.fct_sessions"))
    assert sessions["dagster/row_count"] == 6000
    assert isinstance(sessions["duration_seconds"], float)
    assert sessions["skipped_unchanged"] is False
    assert sessions["days"] >= 35
    lineage = sessions["dagster/column_lineage"].deps_by_column
    assert lineage["session_id"]
    columns = {column.name: column.type for column in sessions["dagster/column_schema"].columns}
    assert columns["session_date"] == "DATE"
    raw = metadata(first, asset_key("raw.web_sessions"))
    assert raw["rows_loaded"] == raw["dagster/row_count"] >= 6000
    assert raw["files"] == raw["files_loaded"] > 0


def test_the_warehouse_is_packed_for_us_and_the_published_file_for_old_clients(first, home):
    storage = "select tags['storage_version'] from duckdb_databases() where not internal"
    assert rows(home.warehouse, storage) == [("v1.4.0+",)]
    assert rows(home.published, storage) == [("v1.0.0+",)]


def test_the_published_asset_shows_the_scorecard(first, home):
    published = metadata(first, PUBLISHED)
    assert published["path"] == str(home.published)
    assert published["bytes"] == home.published.stat().st_size
    assert "| nb2026, 2026-W46 |" in published["scorecard_nb2026"]
    assert "UTM coverage" in published["scorecard_nb2026"] and "ROAS" in published["scorecard_sv2026"]


def test_check_results_are_published_with_the_run(first, home):
    found = rows(
        home.published, f"select distinct run_id, severity from quality.check_results where run_id = '{first.run_id}'"
    )
    assert {severity for _, severity in found} == {"warn", "block"}
    (coverage,) = rows(
        home.published,
        f"select passed, severity, threshold from quality.check_results where check_name = 'utm_coverage' and run_id = '{first.run_id}'",
    )
    assert coverage[:2] == (False, "warn"), "the simulated brand tags less than its target and more than its floor"


def test_a_coverage_below_the_target_is_a_warning_in_dagster(first):
    (evaluation,) = [item for item in first.get_asset_check_evaluations() if item.check_name == "utm_coverage"]
    assert not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.WARN
    assert {"numerator", "denominator", "threshold", "share"} <= set(evaluation.metadata)


@dataclass(frozen=True)
class Quiet:
    """A night without news: how it went, and whether the file was published anew."""

    result: dg.ExecuteInProcessResult
    is_published: bool


@pytest.fixture(scope="module")
def quiet(first, home, instance):
    before = home.published.stat().st_mtime_ns
    result = run_job(home, instance)
    assert result.success, failures(result)
    return Quiet(result, home.published.stat().st_mtime_ns > before)


def test_a_night_without_news_computes_nothing(quiet):
    assert metadata(quiet.result, asset_key("core.fct_sessions"))["skipped_unchanged"] is True
    assert quiet.is_published


def test_a_night_without_news_says_of_every_check_what_the_night_before_said(first, quiet, home):
    query = """
        select check_name, asset, member, severity, passed, numerator, denominator, threshold, detail
        from quality.check_results where run_id = '{}' order by all"""
    before, now = (rows(home.warehouse, query.format(run.run_id)) for run in (first, quiet.result))
    assert now == before
    assert len(quiet.result.get_asset_check_evaluations()) == len(first.get_asset_check_evaluations())


def test_a_night_without_news_imports_nothing_slow_and_goes_on_where_nobody_reads_its_output(quiet, home, tmp_path):
    told, before = tmp_path / "imported", home.published.stat().st_mtime_ns
    code = (
        "import sys; from pathlib import Path; from hourglass.cli import main; status = main(['run']); slow = "
        "[n for n in ('dlt', 'great_expectations', 'scipy', 'sqlglot') if n in sys.modules]; "
        "Path(sys.argv[1]).write_text(f'{status} {slow}'); sys.exit(status)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(told)],
        env={**os.environ, "HOURGLASS_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert told.read_text() == "0 []"
    assert home.published.stat().st_mtime_ns > before


def test_a_chosen_asset_can_be_built_alone(first, home, instance):
    definitions = build_defs({"warehouse": Warehouse(home_root=str(home.root))})
    job = definitions.resolve_job_def("nightly")
    result = job.execute_in_process(
        instance=instance, run_config=QUIET, asset_selection=[asset_key("core.fct_sessions")]
    )
    assert [
        event.asset_key for event in result.get_asset_materialization_events() if event.asset_key.path[0] == "core"
    ] == [asset_key("core.fct_sessions")]


@pytest.fixture
def high_floor(home):
    path = home.config / "settings.yml"
    path.write_text("utm_coverage: {target: 0.999, floor: 0.999}\n", encoding="utf-8")
    yield
    path.unlink()


def test_a_blocking_check_publishes_nothing_and_leaves_its_reasons(first, home, instance, high_floor):
    before = digest(home.published)
    result = run_job(home, instance)
    assert not result.success
    assert digest(home.published) == before
    assert not [event for event in result.get_asset_materialization_events() if event.asset_key == PUBLISHED]
    (evaluation,) = [item for item in result.get_asset_check_evaluations() if item.check_name == "utm_coverage"]
    assert evaluation.blocking and evaluation.severity is dg.AssetCheckSeverity.ERROR
    alone = build_defs({"warehouse": Warehouse(home_root=str(home.root))}).resolve_job_def("nightly")
    forced = alone.execute_in_process(
        instance=instance, run_config=QUIET, asset_selection=[PUBLISHED], raise_on_error=False
    )
    assert not forced.success and "utm_coverage" in str(failures(forced)), "nor by materialising the file alone"
    assert digest(home.published) == before
    kept = rows(
        home.warehouse,
        f"select passed, severity from quality.check_results where run_id = '{result.run_id}' and check_name = 'utm_coverage'",
    )
    assert kept == [(False, "block")]


def test_a_broken_raw_contract_stops_before_the_models(first, home, instance):
    before = digest(home.published)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("update raw.files set rows_read = rows_read + 1 where status = 'loaded'")
    try:
        result = run_job(home, instance)
    finally:
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("update raw.files set rows_read = rows_read - 1 where status = 'loaded'")
    assert not result.success
    assert digest(home.published) == before
    assert {event.step_key for event in result.all_events if event.is_step_failure} == {"raw_checks"}
    assert not [event for event in result.get_asset_materialization_events() if event.asset_key.path[0] == "core"]


@pytest.fixture
def webhook():
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/s3cret", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def hourglass(home, monkeypatch, capsys):
    """``hourglass(*arguments) -> (status, what was printed)``, in this process."""
    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))

    def call(*arguments):
        console.cache_clear()  # the one of before writes where another test's output went
        status = main(list(arguments))
        return status, "".join(capsys.readouterr())

    yield call
    console.cache_clear()


def test_the_command_tells_a_block_from_a_failure_and_alerts_once(
    first, home, high_floor, webhook, hourglass, monkeypatch
):
    before = digest(home.published)
    address, received = webhook
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
    status, printed = hourglass("run")
    assert len(received) == 1 and "utm_coverage" in received[0]["text"]
    assert "s3cret" not in printed
    assert status == 2, printed
    assert "Not published" in printed and "utm_coverage" in printed and "floor 100%" in printed
    assert "is unchanged" in printed
    assert digest(home.published) == before


def test_doctor_and_files_after_a_run(first, hourglass):
    for arguments, word in (
        (["doctor"], "Nothing to mend"),
        (["files"], "files"),
        (["files", "--explain", "kantinemeny"], "not a known export"),
    ):
        status, printed = hourglass(*arguments)
        assert status == 0, printed
        assert word in printed


def test_a_killed_run_leaves_the_file_and_the_next_one_works(first, home, instance, hourglass):
    before = digest(home.published)
    command = [sys.executable, "-m", "hourglass.cli", "run", "--full-refresh"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "reading file" in line:
            break
    assert RunLock(home.lock).holder().pid == process.pid
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert digest(home.published) == before
    dead = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    assert len(dead) == 1
    status, printed = hourglass("run")
    assert status == 0, printed
    assert instance.get_run_by_id(dead[0].run_id).status is dg.DagsterRunStatus.FAILURE
    sessions = rows(home.published, "select count(*) from core.fct_sessions")
    assert sessions == [(6000,)]


def test_a_run_that_holds_the_lock_is_not_taken_for_dead(home, instance):
    run = instance.create_run_for_job(
        build_defs().resolve_job_def("nightly"), tags={LOCKED_TAG: "true"}, status=dg.DagsterRunStatus.STARTED
    )
    with RunLock(home.lock).held(run_id=run.run_id, started_by="a test"):
        assert close_dead_runs(instance, home, patience_seconds=0) == []
    assert close_dead_runs(instance, home, patience_seconds=0) == [run.run_id]
    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE


def test_a_held_lock_asks_for_another_try(home, instance, monkeypatch):
    monkeypatch.setattr("assets.resources.LOCK_RETRIES", 1)
    monkeypatch.setattr("assets.resources.LOCK_RETRY_SECONDS", 1)
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(home.lock)], stdout=subprocess.PIPE)
    other.stdout.readline()
    try:
        started = time.monotonic()
        result = run_job(home, instance)
    finally:
        other.kill()
        other.wait()
    assert not result.success and time.monotonic() - started >= 1
    assert [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]
