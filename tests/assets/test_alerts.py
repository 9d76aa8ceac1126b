"""The webhook: called with what failed, and its address is nowhere to be read."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from assets.alerts import send_alert
from assets.sensors import alert_sensor
from config.home import Home

SECRET = "s3cret-token"


@pytest.fixture
def webhook():
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if "refuse" not in self.path else 403)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{SECRET}", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path).create()


def send(home):
    return send_alert(home, run_id="run-1", job="nightly", reason="a blocking check failed")


def test_a_failure_is_posted(home, webhook, monkeypatch):
    address, received = webhook
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
    assert send(home) is None
    (message,) = received
    assert (message["run_id"], message["job"]) == ("run-1", "nightly")
    assert "a blocking check failed" in message["text"]


def test_the_settings_name_the_variable(home, webhook, monkeypatch):
    address, received = webhook
    (home.config / "settings.yml").write_text("alerts: {webhook_url_variable: TEAM_HOOK}\n", encoding="utf-8")
    monkeypatch.setenv("TEAM_HOOK", address)
    assert send(home) is None
    assert len(received) == 1


def test_without_an_address_nothing_is_sent(home, monkeypatch):
    monkeypatch.delenv("HOURGLASS_WEBHOOK_URL", raising=False)
    assert "holds no webhook address" in send(home)


@pytest.mark.parametrize(
    "address", [f"http://127.0.0.1:1/{SECRET}", f"ftp://x/{SECRET}", f"http://[{SECRET}", f"https://exa mple/{SECRET}"]
)
def test_what_went_wrong_is_told_without_the_address(home, monkeypatch, capfd, address):
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
    told = send(home)
    assert told
    output = capfd.readouterr()
    assert SECRET not in told + output.out + output.err


def test_a_refusal_is_told_by_its_status(home, webhook, monkeypatch):
    address, _ = webhook
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address + "/refuse")
    told = send(home)
    assert "403" in told and SECRET not in told


@pytest.mark.parametrize(("started_by", "alerts"), [("the UI", 1), ("hourglass run", 0)])
def test_the_failure_sensor_tells_of_runs_that_the_command_line_did_not_start(
    home, webhook, monkeypatch, started_by, alerts
):
    address, received = webhook
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))

    @dg.op
    def breaks():
        raise dg.Failure("the disk is full", allow_retries=False)

    @dg.job(name="nightly")
    def job():
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, raise_on_error=False, tags={"hourglass/started_by": started_by}
        )
        (event,) = [event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE"]
        context = dg.build_run_status_sensor_context("alert_on_failure", event, instance, result.dagster_run)
        alert_sensor(context.for_run_failure())
    assert len(received) == alerts
    assert all(message["run_id"] == result.run_id for message in received)
