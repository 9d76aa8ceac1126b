"""Telling somebody that a run failed: one POST to a webhook whose address nobody else gets to see."""

import http.client
import json
import os
import socket
import urllib.error
import urllib.request

from config.home import Home
from config.settings import load_settings
from config.yaml_file import ConfigError

DEFAULT_VARIABLE = "HOURGLASS_WEBHOOK_URL"
TIMEOUT_SECONDS = 10


def send_alert(home: Home, *, run_id: str, job: str, reason: str) -> str | None:
    """Post ``{"text", "job", "run_id", "host"}`` to the webhook; chat services show ``text``.

    Returns None when it was taken, else why not, in words that hold neither the address nor a part of it.
    """
    try:
        variable = load_settings(home).alerts.webhook_url_variable
    except ConfigError:
        variable = DEFAULT_VARIABLE
    address = os.environ.get(variable, "").strip() if variable else ""
    if not address:
        return f"No alert: the environment variable {variable or '(none named)'} holds no webhook address."
    if not address.startswith(("https://", "http://")):
        return f"No alert: the environment variable {variable} does not hold an http address."
    message = {
        "text": f"Hourglass: job {job} failed on {socket.gethostname()}: {reason}",
        "job": job,
        "run_id": run_id,
        "host": socket.gethostname(),
    }
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
