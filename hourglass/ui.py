"""``hourglass ui``: Dagster's web server and daemon on this machine, on this home."""

import os
import signal
import socket
import sys

from config.home import Home
from config.settings import load_settings
from hourglass.terminal import UserError, console

HOST = "127.0.0.1"


def ui(home: Home, *, port: int, verbose: bool) -> int:
    """Start Dagster and stay until it is stopped; this process becomes Dagster's own.

    Raises:
        UserError: the port is taken, or another Dagster serves this home.
        ConfigError: the settings can't be used.
    """
    load_settings(home)
    _port_is_free(port)
    from assets.instance import WORKSPACE, close_dead_runs, prepare_instance

    prepare_instance(home)
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        close_dead_runs(instance, home)
    console().print(f"Dagster on [bold]http://localhost:{port}[/], home {home.root}")
    console().print(
        "The schedule runs nightly at 02:00 Europe/Oslo, the sensor when files come into the inbox. Ctrl-C stops both."
    )
    console().file.flush()
    arguments = [
        *(sys.executable, "-W", "ignore", "-m", "dagster", "dev"),
        *("--workspace", str(WORKSPACE), "--host", HOST, "--port", str(port)),
        *("--log-level", "info" if verbose else "warning"),
    ]
    os.chdir(home.root)
    # A shell that starts this in the background has it ignore Ctrl-C; Dagster stops by that signal, and maps others to it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, arguments)


def _port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise UserError(f"port {port} can't be used ({reason}); choose another one with --port") from None
