"""The inbox sensor: waits for calm, asks once for the same files, and knows what a run has already read."""

import json
import os

import dagster as dg
import pytest

from assets.sensors import decide, fingerprint, look_at_inbox, new_files, remember_inbox
from config.home import Home

SETTLE = 20


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").create()


def put(home, name, text="x"):
    path = home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_inbox_without_news_is_skipped_with_a_reason(home):
    answer, cursor = decide(new_files(home), None, now=0, settle_seconds=SETTLE)
    assert isinstance(answer, dg.SkipReason) and "not been read" in answer.skip_message
    assert cursor == ""


def test_new_files_wait_until_they_are_stable_and_then_ask_for_one_run(home):
    put(home, "web/sessions.csv")
    answer, cursor = decide(new_files(home), None, now=100, settle_seconds=SETTLE)
    assert isinstance(answer, dg.SkipReason) and "web/sessions.csv" in answer.skip_message
    answer, cursor = decide(new_files(home), cursor, now=119, settle_seconds=SETTLE)
    assert isinstance(answer, dg.SkipReason) and "19 s so far" in answer.skip_message
    answer, cursor = decide(new_files(home), cursor, now=120, settle_seconds=SETTLE)
    assert isinstance(answer, dg.RunRequest)
    assert answer.run_key == fingerprint(new_files(home))
    again, _ = decide(new_files(home), cursor, now=135, settle_seconds=SETTLE)
    assert again.run_key == answer.run_key, "Dagster starts no second run for a known run key"


def test_a_file_that_still_grows_starts_the_wait_again(home):
    put(home, "big.csv", "a")
    _, cursor = decide(new_files(home), None, now=100, settle_seconds=SETTLE)
    put(home, "big.csv", "ab")
    answer, cursor = decide(new_files(home), cursor, now=120, settle_seconds=SETTLE)
    assert isinstance(answer, dg.SkipReason)
    answer, _ = decide(new_files(home), cursor, now=140, settle_seconds=SETTLE)
    assert isinstance(answer, dg.RunRequest)


def test_a_file_copied_with_an_old_time_stamp_waits_too(home):
    path = put(home, "old.csv")
    os.utime(path, (0, 0))
    answer, _ = decide(new_files(home), None, now=100, settle_seconds=SETTLE)
    assert isinstance(answer, dg.SkipReason)


def test_what_a_run_has_read_is_no_news_and_a_later_file_is(home):
    put(home, "one.csv")
    remember_inbox(home, look_at_inbox(home))
    assert new_files(home) == {}
    put(home, "two.csv")
    assert list(new_files(home)) == ["two.csv"]
    put(home, "one.csv", "changed")
    assert list(new_files(home)) == ["one.csv", "two.csv"]


def test_an_answer_in_a_sidecar_is_news_for_the_files_below_it(home):
    put(home, "tiktok/Overview.csv")
    put(home, "other.csv")
    remember_inbox(home, look_at_inbox(home))
    put(home, "tiktok/hourglass.yml", "year: 2026\n")
    assert list(new_files(home)) == ["tiktok/Overview.csv"]


def test_hidden_files_and_folders_that_are_not_for_the_inbox_do_not_count(home):
    put(home, ".part")
    put(home, "truth/.hourglassignore", "")
    put(home, "truth/answers.csv")
    assert look_at_inbox(home) == {}


def test_many_files_are_told_by_number(home):
    for number in range(5):
        put(home, f"{number}.csv")
    answer, cursor = decide(new_files(home), None, now=0, settle_seconds=SETTLE)
    assert "0.csv, 1.csv, 2.csv and 2 more" in answer.skip_message
    assert json.loads(cursor)["since"] == 0


def test_the_sensor_itself_asks_for_the_nightly_job(home, monkeypatch):
    from assets.sensors import inbox_sensor

    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))
    (home.config / "settings.yml").write_text("inbox: {settle_seconds: 0}\n", encoding="utf-8")
    put(home, "one.csv")
    with dg.DagsterInstance.ephemeral() as instance:
        result = inbox_sensor(dg.build_sensor_context(instance=instance))
    assert [request.run_key for request in result.run_requests] == [fingerprint(new_files(home))]
    assert inbox_sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_settings_that_can_not_be_used_are_told_and_start_nothing(home, monkeypatch):
    from assets.sensors import inbox_sensor

    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))
    (home.config / "settings.yml").write_text("inboxx: 1\n", encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        answer = inbox_sensor(dg.build_sensor_context(instance=instance))
    assert "settings.yml:1" in answer.skip_message
