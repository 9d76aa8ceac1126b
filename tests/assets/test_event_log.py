"""Dagster's event log through our storage: what is asked once, and that it is Dagster's own file all the same."""

from contextlib import contextmanager

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.event_log import PooledSqliteEventLogStorage
from assets.instance import prepare_instance
from config.home import Home


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("HOURGLASS_HOME", "")
    prepare_instance(Home(tmp_path))
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_tables_are_asked_for_once_and_a_missing_one_again(instance, monkeypatch):
    storage = instance.event_log_storage
    assert isinstance(storage, PooledSqliteEventLogStorage)
    asked = []

    def look(self, name):
        asked.append(name)
        return name == "asset_keys"

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", look)
    storage._seen.clear()
    for _ in range(2):
        assert storage.has_table("asset_keys")
        assert not storage.has_table("not_yet")
    assert asked == ["asset_keys", "not_yet", "not_yet"]


def test_what_is_written_is_read_by_dagsters_own_storage(instance, tmp_path):
    @dg.asset
    def thing():
        return dg.MaterializeResult(metadata={"rows": 3})

    @dg.asset_check(asset=thing)
    def whole():
        return dg.AssetCheckResult(passed=True)

    result = dg.materialize([thing, whole], instance=instance)
    plain = SqliteEventLogStorage(str(instance.event_log_storage._base_dir))
    plain.register_instance(instance)
    (record,) = plain.get_asset_records([dg.AssetKey("thing")])
    assert record.asset_entry.last_materialization.asset_materialization.metadata["rows"].value == 3
    entries = [entry for entry in plain.get_logs_for_run(result.run_id) if entry.is_dagster_event]
    kinds = {entry.dagster_event.event_type_value for entry in entries}
    assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_SUCCESS"} <= kinds


def test_events_that_come_by_the_hundred_are_written_in_bursts_and_read_at_once(instance, monkeypatch):
    monkeypatch.setattr("assets.event_log.SECONDS_WAITING_AT_MOST", 1000.0)
    storage = instance.event_log_storage
    written = []
    with noting_writes(storage, written):
        for number in range(20):
            instance.report_runless_asset_event(dg.AssetMaterialization(f"thing_{number}"))
    assert written == []
    assert len(instance.get_asset_keys()) == 20
    entries = storage.get_logs_for_run("")
    assert [entry.dagster_event.asset_key.to_user_string() for entry in entries] == [f"thing_{n}" for n in range(20)]


def test_a_repeated_materialization_replaces_the_newest_of_its_asset(instance):
    for rows in (1, 2):
        instance.report_runless_asset_event(dg.AssetMaterialization("thing", metadata={"rows": rows}))
    (record,) = instance.get_asset_records([dg.AssetKey("thing")])
    assert record.asset_entry.last_materialization.asset_materialization.metadata["rows"].value == 2


def test_the_newest_of_an_asset_is_at_hand_until_someone_else_writes(instance, monkeypatch):
    """What this process has stored is not parsed again; what another process stores later, or wipes, is read as ever."""
    storage, parsed = instance.event_log_storage, []
    parse = SqliteEventLogStorage._get_latest_materialization_records
    monkeypatch.setattr(
        SqliteEventLogStorage,
        "_get_latest_materialization_records",
        lambda self, rows: parsed.extend(row["asset_key"] for row in rows) or parse(self, rows),
    )

    def newest():
        (record,) = instance.get_asset_records([dg.AssetKey("thing")])
        entry = record.asset_entry
        return entry.last_materialization and entry.last_materialization.asset_materialization.metadata["rows"].value

    instance.report_runless_asset_event(dg.AssetMaterialization("thing", metadata={"rows": 1}))
    assert (newest(), parsed) == (1, [])
    _, record = storage._newest[dg.AssetKey("thing").to_string()]
    (told,) = parse(storage, storage._fetch_asset_rows([dg.AssetKey("thing")])).values()
    assert told == record
    other = SqliteEventLogStorage(str(storage._base_dir))
    other.register_instance(instance)
    event = record.event_log_entry
    changed = dg.AssetMaterialization("thing", metadata={"rows": 2})
    fresh = event.dagster_event._replace(
        event_specific_data=event.dagster_event.event_specific_data._replace(materialization=changed)
    )
    other.store_event(event._replace(dagster_event=fresh))
    assert (newest(), len(parsed)) == (2, 1)
    instance.report_runless_asset_event(dg.AssetMaterialization("thing", metadata={"rows": 3}))
    instance.wipe_assets([dg.AssetKey("thing")])
    assert instance.get_asset_records([dg.AssetKey("thing")]) == []


@contextmanager
def noting_writes(storage, written):
    """Notes every time that the run's own log is opened."""
    connect = storage.run_connection

    def noted(run_id):
        written.append(run_id)
        return connect(run_id)

    storage.run_connection = noted
    yield
    del storage.run_connection
