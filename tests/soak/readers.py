"""Readers of the published file while it is replaced: no error, no mixed state, and a handle that is held keeps what it opened.

The clients are processes of their own: this duckdb, the oldest that the file is written for, SQLAlchemy, and Node where npm can be reached.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.sql.test_publish import Installation

READER = Path(__file__).with_name("reader.py")
OLDEST = "1.0.0"
NODE_CLIENT = "@duckdb/node-api"
Command = tuple[str, ...]
"""What starts a reader; the published file, the file STOP and the reader's number are added."""


@dataclass
class Outcome:
    """What the readers tell: looks, faults, publications, and the least number of publications that one of the loopers saw."""

    publishes: int = 0
    looks: int = 0
    least_seen: int = 0
    clients: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def python(role: str, interpreter: str = sys.executable) -> Command:
    """A reader in Python: ``loop``, ``sqlalchemy`` or ``hold``."""
    return (interpreter, str(READER), role)


def python_with(version: str, folder: Path) -> str | None:
    """An interpreter with that version of duckdb and nothing else; None where it can't be had."""
    uv = Path(sys.executable).with_name("uv")
    steps = (
        [uv, "venv", "--quiet", folder],
        [uv, "pip", "install", "--quiet", "--python", folder / "bin/python", f"duckdb=={version}"],
    )
    for step in steps:
        if subprocess.run([str(part) for part in step], capture_output=True, check=False).returncode:
            return None
    return str(folder / "bin" / "python")


def node_with_client(folder: Path) -> Command | None:
    """A reader in Node; None where there is no Node or npm does not reach the client."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", NODE_CLIENT]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode:
        return None
    script = shutil.copy(READER.with_suffix(".mjs"), folder)  # Node looks for the client beside the script
    return ("node", str(script))


def read_while_publishing(scratch: Path, *, publishes: int, readers: Sequence[Command]) -> Outcome:
    """Publish so many times while all the readers look. The first publication is there before they begin."""
    installation, outcome = Installation(scratch / "installation"), Outcome(publishes)
    rows = [str(number) for number in range(200)]
    installation.night(1, [(name, 1) for name in rows])
    stop = scratch / "stop"
    processes = [
        subprocess.Popen(
            [*command, str(installation.home.published), str(stop), str(number)], stdout=subprocess.PIPE, text=True
        )
        for number, command in enumerate(readers)
    ]
    deadline = time.monotonic() + 120
    while not all(Path(f"{stop}.{number}").exists() for number in range(len(readers))):
        if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
            break
        time.sleep(0.05)
    for number in range(2, publishes + 1):
        installation.night(number, [(name, number) for name in rows])
    stop.touch()
    seen = []
    for process in processes:
        text, _ = process.communicate(timeout=120)
        if process.returncode or not text:
            outcome.faults.append(f"a reader ended with status {process.returncode}")
            continue
        told = json.loads(text)
        outcome.looks += told["looks"]
        outcome.faults += [f"{told['client']}: {fault}" for fault in told["faults"]]
        if told["role"] != "hold":
            seen.append(told["seen"])
            outcome.clients.append(told["client"])
    outcome.least_seen = min(seen, default=0)
    installation.connection.close()
    return outcome
