"""``hourglass rotate-key``: hashes the e-mail addresses with another key, by reading the whole inbox again."""

import os

from assets.lock import LockHeldError, RunLock
from config.home import Home
from config.settings import load_settings
from hourglass.run import execute
from hourglass.terminal import UserError, complain, console
from pipelines import privacy
from pipelines.secret import write_secret
from sql.rewrite import rewrite

STARTED_BY = "hourglass rotate-key"


def rotate_key(home: Home) -> int:
    """Change the key and bring everything in line; returns the exit status of the full refresh.

    Where the environment gives the key, it gives the new one already, and the old one as ``HOURGLASS_OLD_KEY``. Killed half-way, it is
    called again and goes on with the same new key.

    Raises:
        UserError: a run is under way, or the old key is not known.
        ConfigError: the settings can't be used.
    """
    settings = load_settings(home)
    home.create()
    try:
        with RunLock(home.lock).held(run_id="", started_by=STARTED_BY):
            _put_new_key(home)
            console().print("reading the whole inbox again with the new key")
            outcome = execute(home, {"full_refresh": True, "since": "", "until": ""}, verbose=False)
            for text in (*outcome.faults, *outcome.blocking):
                complain(text)
            if outcome.faults and not outcome.blocking:
                return outcome.status
            rewrite(
                home.warehouse,
                home.temporary,
                memory_limit=settings.engine.memory_limit,
                threads=settings.engine.threads,
            )
            privacy.old_key_path(home).unlink(missing_ok=True)
    except LockHeldError as error:
        raise UserError(
            f"a run is under way: {error.by or 'holder unknown'}. Wait for it, then call rotate-key again."
        ) from None
    console().print("the addresses are hashed with the new key; the old one is not needed any more")
    return outcome.status


def _put_new_key(home: Home) -> None:
    """Lay the new key in the place of the old one, unless the environment gives both or an earlier call did so."""
    if os.environ.get(privacy.KEY_VARIABLE):
        if not os.environ.get(privacy.OLD_KEY_VARIABLE):
            raise UserError(
                f"{privacy.KEY_VARIABLE} gives the key: set it to the new one and {privacy.OLD_KEY_VARIABLE} to the old one, then call"
                " rotate-key again"
            )
        return
    path, old = privacy.key_path(home), privacy.old_key_path(home)
    if old.exists() and path.exists():
        return
    privacy.load_key(home)
    if not old.exists():
        path.rename(old)
    write_secret(path)
