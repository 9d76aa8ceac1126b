"""``make superset``: Apache Superset on this machine, with the dashboard of this folder on the published file of a home.

It runs in an environment of its own (.superset/), started by that environment's Python; nothing of the project is imported. The first
start makes Superset's database and the user ``admin``; every start puts the database connection, datasets, charts, dashboard and the ten
questions (as saved queries) back to what the project says. Charts and dashboards that people made themselves stay.
"""

import os
import secrets
import socket
import subprocess
import sys
import uuid
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
BUNDLE = HERE / "bundle"
QUESTIONS = PROJECT / "docs" / "questions"
HOST = "127.0.0.1"
ADMIN = "admin"


def main() -> None:
    """Prepare Superset, bring the dashboard in, serve; this process becomes the server."""
    os.umask(0o077)
    home = Path(os.environ.get("HOURGLASS_HOME") or "data").expanduser().resolve()
    port = os.environ.get("SUPERSET_PORT") or "8088"
    published = home / "published" / "hourglass.duckdb"
    if not published.is_file():
        sys.exit(f"{published} is not there yet: `make run` makes it, then `make superset` again")
    if not port_is_free(port):
        sys.exit(f"port {port} can't be used; choose another one with SUPERSET_PORT=…")
    state = home / "superset"
    state.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "SUPERSET_HOME": str(state),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SCARF_ANALYTICS": "false",
    }
    make_secret_key(state / "secret_key")
    prepare_database(state / "prepared")
    password = bring_in(published)
    say(f"\nSuperset on http://{HOST}:{port}/superset/dashboard/hourglass/ — Ctrl-C stops it")
    say(f"user {ADMIN}, password {password}" if password else f"user {ADMIN}, with the password it has")
    server = Path(sys.executable).with_name("gunicorn")
    arguments = ["--bind", f"{HOST}:{port}", "--worker-class", "gthread", "--threads", "8", "--timeout", "120"]
    os.execv(server, [str(server), *arguments, "--log-level", "warning", "superset.app:create_app()"])


def say(line: str) -> None:
    """Tell the person at the terminal, at once."""
    print(line, flush=True)  # noqa: T201


def port_is_free(port: str) -> bool:
    """Whether the server can have it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(port)))
        except (OSError, OverflowError, ValueError):
            return False
    return True


def make_secret_key(path: Path) -> None:
    """The key that signs sessions: random, made once, its owner's only."""
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")


def prepare_database(marker: Path) -> None:
    """Superset's own tables and roles: at the first start, and after its version has changed."""
    version = sha256((HERE / "requirements.txt").read_bytes()).hexdigest()
    if marker.exists() and marker.read_text(encoding="ascii") == version:
        return
    say("Preparing Superset's own database (once; about a minute)")
    for command in (["db", "upgrade"], ["init"]):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("superset")), *command], capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"superset {' '.join(command)} failed:\n{done.stderr[-3000:]}")
    marker.write_text(version, encoding="ascii")


def bring_in(published: Path) -> str | None:
    """The user and the bundle; returns a password that was made now, None where it was given or is known already."""
    from flask import g
    from superset.app import create_app

    with create_app().app_context():
        from superset import security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        given = os.environ.get("SUPERSET_ADMIN_PASSWORD")
        made = None
        user = security_manager.find_user(ADMIN)
        if user is None:
            made = None if given else secrets.token_urlsafe(12)
            role = security_manager.find_role("Admin")
            user = security_manager.add_user(
                ADMIN, "Hourglass", "Admin", "admin@localhost", role, password=given or made
            )
        elif given:
            security_manager.reset_password(user.id, given)
        g.user = user
        ImportAssetsCommand(contents(published)).run()
        return made


def contents(published: Path) -> dict[str, str]:
    """The bundle's files by name, pointed at the published file, and a saved query for each question."""
    import yaml

    files = {path.relative_to(BUNDLE).as_posix(): path.read_text(encoding="utf-8") for path in BUNDLE.rglob("*.yaml")}
    name = "databases/hourglass.yaml"
    database: dict[str, Any] = yaml.safe_load(files[name])
    files[name] = yaml.safe_dump({**database, "sqlalchemy_uri": f"duckdb:///{published}"})
    for path in sorted(QUESTIONS.glob("*.sql")):
        title, _, sql = path.read_text(encoding="utf-8").partition("\n")
        files[f"queries/hourglass/{path.stem}.yaml"] = yaml.safe_dump({
            "label": title.removeprefix("-- "),
            "description": f"docs/questions/{path.name}",
            "schema": "kpi",
            "sql": sql.strip(),
            "uuid": str(uuid.uuid5(uuid.UUID(database["uuid"]), path.stem)),
            "version": "1.0.0",
            "database_uuid": database["uuid"],
        })  # fmt: skip
    return files


if __name__ == "__main__":
    main()
