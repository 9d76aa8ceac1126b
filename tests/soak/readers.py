"""Readers of the published file while it is replaced: no error, no mixed state, and a handle that is held keeps what it opened.

The clients are processes of their own: this duckdb, the oldest that the file is written for, SQLAlchemy, and Node where npm can be reached.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.sql.test_publish import Installation

READER = Path(__file__).with_name("reader.py")
OLDEST = "1.0.0"
NODE = """
import { DuckDBInstance } from '@duckdb/node-api';
const instance = await DuckDBInstance.create(process.argv[2], { access_mode: 'READ_ONLY' });
const reader = await (await instance.connect()).runAndReadAll(
  'select (select sequence_number from quality.publication) as a, (select count(*) from core.fct_visits) as b');
console.log(reader.getRows().toString());
"""


@dataclass
class Outcome:
    """What the readers tell: looks, faults, publications, and the least number of publications that one of the loopers saw."""

    publishes: int = 0
    looks: int = 0
    least_seen: int = 0
    clients: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


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


def read_while_publishing(scratch: Path, *, publishes: int, readers: int, others: list[str]) -> Outcome:
    """Publish so many times while ``readers`` processes of this duckdb, and one of each other interpreter, look; two more hold a handle."""
    installation, outcome = Installation(scratch / "installation"), Outcome(publishes)
    rows = [str(number) for number in range(200)]
    installation.night(1, [(name, 1) for name in rows])
    stop = scratch / "stop"
    interpreters = [*[sys.executable] * readers, *others]
    roles = [(python, "loop") for python in interpreters] + [(python, "hold") for python in dict.fromkeys(interpreters)]
    processes = [
        subprocess.Popen(
            [python, str(READER), role, str(installation.home.published), str(stop), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, (python, role) in enumerate(roles)
    ]
    deadline = time.monotonic() + 120
    while not all(Path(f"{stop}.{number}").exists() for number in range(len(roles))):
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
        outcome.faults += [f"duckdb {told['version']}: {fault}" for fault in told["faults"]]
        if told["role"] == "loop":
            seen.append(told["seen"])
            outcome.clients.append(f"duckdb {told['version']}")
    outcome.least_seen = min(seen, default=0)
    installation.connection.close()
    return outcome


def node_reads(file: Path, folder: Path) -> str:
    """What Node's client finds in the file; begins with "skipped" where there is no Node or npm reaches nothing."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "skipped: no Node here"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    install = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "@duckdb/node-api"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if install.returncode:
        return "skipped: npm could not install @duckdb/node-api"
    (folder / "read.mjs").write_text(NODE)
    done = subprocess.run(
        ["node", "read.mjs", str(file)], cwd=folder, capture_output=True, text=True, check=False, env=os.environ
    )
    return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr.strip()[-300:]}"
