"""Telling somebody, by webhook and by mail, that a run failed or warns of something new. Addresses and passwords are never shown."""

import http.client
import json
import os
import smtplib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from config.home import Home
from config.settings import Alerts, load_settings
from config.yaml_file import ConfigError

TIMEOUT_SECONDS = 10
SUBMISSION_PORT = 587
SUBMISSION_PORT_TLS = 465
WARNINGS_TOLD = 20


def send_alert(home: Home, *, run_id: str, job: str, reason: str) -> str | None:
    """Tell that a run failed. Returns None when it was taken, else why not (see :func:`tell`)."""
    return tell(home, f"job {job} failed on {socket.gethostname()}: {reason}", run_id=run_id, job=job)


def send_warnings(home: Home, *, run_id: str, job: str, texts: Sequence[str]) -> str | None:
    """Tell what a run warns of that the one before did not. Returns None when it was taken, else why not (see :func:`tell`)."""
    lines = [f"- {text}" for text in texts[:WARNINGS_TOLD]]
    if len(texts) > WARNINGS_TOLD:
        lines.append(f"- and {len(texts) - WARNINGS_TOLD} more: quality.check_results and quality.anomalies have all")
    count = f"{len(texts)} new warning{'s' if len(texts) > 1 else ''}"
    return tell(
        home, "\n".join([f"{count} on {socket.gethostname()} (published all the same)", *lines]), run_id=run_id, job=job
    )


def tell(home: Home, text: str, *, run_id: str, job: str) -> str | None:
    """Post ``{"text", "job", "run_id", "host"}`` to the webhook and mail the text, whichever of the two are set up.

    Chat services show ``text``. Returns None when each took it, else why not, in words that hold neither an address nor a part of it.
    """
    alerts = _alerts(home)
    message = {"text": f"Hourglass: {text}", "job": job, "run_id": run_id, "host": socket.gethostname()}
    ways = [_post(alerts, message)] if _secret(alerts.webhook_url_variable) or not alerts.mail_to else []
    ways += [_mail(alerts, message)] if alerts.mail_to else []
    return " ".join(fault for fault in ways if fault) or None


def is_set_up(home: Home) -> bool:
    """Whether anybody is to be told at all."""
    alerts = _alerts(home)
    return bool(_secret(alerts.webhook_url_variable) or alerts.mail_to)


def faults(alerts: Alerts) -> list[str]:
    """Why webhook or mail, where they are set up, can't work whatever the other end does; in words that hold no address."""
    found = []
    webhook, server = alerts.webhook_url_variable, alerts.smtp_url_variable
    if _secret(webhook) and not _secret(webhook).startswith(("https://", "http://")):
        found.append(f"the environment variable {webhook} does not hold an http address")
    if alerts.mail_to and _server(alerts) is None:
        found.append(f"the environment variable {server or '(none named)'} does not hold an smtp address")
    return found


def _alerts(home: Home) -> Alerts:
    """Who is told; the webhook at least where the settings are what is wrong."""
    try:
        return load_settings(home).alerts
    except ConfigError:
        return Alerts()


def _secret(variable: str) -> str:
    return os.environ.get(variable, "").strip() if variable else ""


def _server(alerts: Alerts) -> SplitResult | None:
    try:
        server = urlsplit(_secret(alerts.smtp_url_variable))
        is_usable = server.scheme in ("smtp", "smtps") and bool(server.hostname) and server.port != 0
    except ValueError:
        return None
    return server if is_usable else None


def _post(alerts: Alerts, message: dict[str, str]) -> str | None:
    variable = alerts.webhook_url_variable
    address = _secret(variable)
    if not address:
        return f"No alert: the environment variable {variable or '(none named)'} holds no webhook address."
    if not address.startswith(("https://", "http://")):
        return f"No alert: the environment variable {variable} does not hold an http address."
    try:
        request = urllib.request.Request(
            address, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        return f"The webhook refused the alert with status {error.code}."
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"The webhook could not be reached ({type(error).__name__})."
    return None


def _mail(alerts: Alerts, message: dict[str, str]) -> str | None:
    """Hand the text to the mail server of ``smtp://user:password@host:port`` (STARTTLS where it is offered) or ``smtps://…``."""
    server = _server(alerts)
    if server is None or server.hostname is None:
        return f"No mail: the environment variable {alerts.smtp_url_variable} does not hold an smtp address."
    mail = EmailMessage()
    mail["From"] = alerts.mail_from
    mail["To"] = ", ".join(alerts.mail_to)
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain=socket.gethostname())
    mail["Subject"] = message["text"].split("\n", 1)[0][:120]
    mail.set_content(f"{message['text']}\n\nRun {message['run_id']} of {message['job']} on {message['host']}.\n")
    try:
        port = server.port
        if server.scheme == "smtps":
            context = ssl.create_default_context()
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                server.hostname, port or SUBMISSION_PORT_TLS, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            client = smtplib.SMTP(server.hostname, port or SUBMISSION_PORT, timeout=TIMEOUT_SECONDS)
        with client:
            client.ehlo()
            if server.scheme == "smtp" and client.has_extn("starttls"):
                client.starttls(context=ssl.create_default_context())
                client.ehlo()
            if server.username:
                client.login(unquote(server.username), unquote(server.password or ""))
            client.send_message(mail)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return f"The mail server did not take the alert ({type(error).__name__})."
    return None
