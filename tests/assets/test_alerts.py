"""The webhook: called with what failed, and its address is nowhere to be read."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from assets.alerts import faults, is_set_up, send_alert, send_warnings
from assets.published import _tell_news
from assets.sensors import alert_sensor
from config.home import Home
from config.settings import Alerts, load_settings

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


@pytest.fixture
def mail_server():
    """Takes mails without encryption, as a relay on the same machine does; notes what it was told."""
    said = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            answers = {
                "ehlo": b"250-relay\r\n250 AUTH PLAIN\r\n",
                "data": b"354 go on\r\n",
                "auth": b"535 no\r\n",
                "quit": b"221 bye\r\n",
            }
            self.wfile.write(b"220 relay\r\n")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                said.append(line)
                verb = line.split(" ", 1)[0].lower()
                self.wfile.write(answers.get(verb, b"250 ok\r\n"))
                if verb == "data":
                    while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                        said.append(text)
                    self.wfile.write(b"250 taken\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], said
    server.shutdown()
    server.server_close()


def test_new_warnings_go_out_by_mail(home, mail_server, monkeypatch):
    port, said = mail_server
    (home.config / "settings.yml").write_text("alerts: {mail_to: [oncall@fjellheim.example]}\n", encoding="utf-8")
    monkeypatch.setenv("HOURGLASS_SMTP_URL", f"smtp://127.0.0.1:{port}")
    assert send_warnings(home, run_id="run-1", job="nightly", texts=["meta silent for 9 days", "spend doubled"]) is None
    assert "rcpt TO:<oncall@fjellheim.example>" in said
    assert any(line.startswith("Subject: Hourglass: 2 new warnings on ") for line in said)
    assert {line.split(":")[0] for line in said if line.startswith(("Date: ", "Message-ID: "))} == {
        "Date",
        "Message-ID",
    }
    assert "- meta silent for 9 days" in said and "- spend doubled" in said


def test_a_mail_that_is_not_taken_is_told_without_the_password(home, mail_server, monkeypatch):
    port, _ = mail_server
    (home.config / "settings.yml").write_text("alerts: {mail_to: [oncall@fjellheim.example]}\n", encoding="utf-8")
    monkeypatch.setenv("HOURGLASS_SMTP_URL", f"smtp://relay:{SECRET}@127.0.0.1:{port}")
    told = send(home)
    assert told == "The mail server did not take the alert (SMTPAuthenticationError)."
    monkeypatch.setenv("HOURGLASS_SMTP_URL", SECRET)
    told = send(home)
    assert told == "No mail: the environment variable HOURGLASS_SMTP_URL does not hold an smtp address."


@pytest.mark.parametrize(
    ("webhook_url", "smtp_url", "wrong"),
    [
        ("", "", ["the environment variable HOURGLASS_SMTP_URL does not hold an smtp address"]),
        ("https://chat.example/x", "smtp://mail.example:587", []),
        ("https://chat.example/x", "smtps://mail.example", []),
        ("chat.example/x", "smtp://mail.example:x", [
            "the environment variable HOURGLASS_WEBHOOK_URL does not hold an http address",
            "the environment variable HOURGLASS_SMTP_URL does not hold an smtp address",
        ]),
    ],
)  # fmt: skip
def test_addresses_that_can_not_work_are_known_before_they_are_needed(monkeypatch, webhook_url, smtp_url, wrong):
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", webhook_url)
    monkeypatch.setenv("HOURGLASS_SMTP_URL", smtp_url)
    assert faults(Alerts(mail_to=["oncall@fjellheim.example"])) == wrong


def test_nobody_is_to_be_told_where_nothing_is_set_up(home, monkeypatch):
    monkeypatch.delenv("HOURGLASS_WEBHOOK_URL", raising=False)
    assert not is_set_up(home) and faults(Alerts()) == []
    (home.config / "settings.yml").write_text("alerts: {mail_to: [oncall@fjellheim.example]}\n", encoding="utf-8")
    assert is_set_up(home)


def test_twenty_warnings_are_listed_and_the_rest_counted(home, webhook, monkeypatch):
    address, received = webhook
    monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
    assert send_warnings(home, run_id="run-1", job="nightly", texts=[f"warning {n}" for n in range(23)]) is None
    (message,) = received
    assert message["text"].startswith("Hourglass: 23 new warnings on ")
    assert message["text"].count("\n- warning ") == 20
    assert "and 3 more" in message["text"]


def test_warnings_that_the_webhook_did_not_take_are_told_the_next_time(home, webhook, monkeypatch):
    address, received = webhook
    warehouse = SimpleNamespace(home=home, settings=lambda: load_settings(home))
    context = SimpleNamespace(run=SimpleNamespace(run_id="run-1", job_name="nightly"))
    with duckdb.connect() as connection:
        connection.execute(
            "create schema quality; create table quality.anomalies as select date '2026-11-14' as date, 'sessions' as series, "
            "'all' as member, 40.0 as value, 410.0 as expected, date '2026-11-14' as since_date, true as is_news, 'here' as look_at"
        )
        monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", f"{address}/refuse")
        assert _tell_news(connection, warehouse, context) == "The webhook refused the alert with status 403."
        monkeypatch.setenv("HOURGLASS_WEBHOOK_URL", address)
        assert _tell_news(connection, warehouse, context) == "1 new warnings told"
        assert _tell_news(connection, warehouse, context) is None
    assert [message["text"].split("\n")[1] for message in received] == 2 * [
        "- sessions of all on 2026-11-14 is 40.0 where 410.0 is usual, since 2026-11-14; look at here"
    ]
