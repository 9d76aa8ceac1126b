"""How the commands speak: one console for results, one for complaints, and one error that is a clear message."""

import errno
import os
import sys
from functools import lru_cache
from typing import Any

from rich.console import Console
from rich.text import Text

from config.showing import inert

WIDTH_WITHOUT_TERMINAL = 240


class UserError(Exception):
    """Something that the user can mend; the text says what and how. Shown without a traceback."""


class PatientConsole(Console):
    """A console that falls silent when nobody reads it any more: `hourglass run | head` must not stop the run.

    What it prints may come from files: escapes in it do not reach the terminal, and no ``:word:`` becomes a picture.
    """

    def __init__(self, **options: Any) -> None:
        """``options`` as of a rich Console."""
        super().__init__(highlight=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """As rich makes a text, without what would speak to the terminal."""
        return super().render_str(inert(text), **options)

    def on_broken_pipe(self) -> None:
        """Go on without a reader."""
        self.quiet = True


@lru_cache(maxsize=1)
def console() -> Console:
    """Standard output; plain and wide where it is no terminal, so that logs and pipes stay readable."""
    # A copy of the descriptor: Dagster may point the original elsewhere while a step runs.
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") if _has_descriptor() else sys.stdout
    is_terminal = stream.isatty()
    return PatientConsole(file=stream, soft_wrap=not is_terminal, width=None if is_terminal else WIDTH_WITHOUT_TERMINAL)


def complain(text: str) -> None:
    """One message on standard error."""
    PatientConsole(stderr=True, soft_wrap=True).print(f"[bold red]hourglass:[/] {_escape(text)}")


def no_room(error: BaseException | None) -> str | None:
    """Why the disk takes nothing more, if that is what an error comes from: it is full, or can only be read."""
    while error is not None:
        text = str(error)
        is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        # SQLite calls what it can't enlarge its shared memory for a fault of the disk, and only its code says more.
        if is_full or "disk is full" in text or getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_SHMSIZE":
            return f"The disk is full: {text}"
        if (isinstance(error, OSError) and error.errno == errno.EROFS) or "readonly database" in text:
            return f"Read-only file system: {text}"
        error = error.__cause__ or error.__context__
    return None


def size(count: int | None) -> str:
    """Bytes as people read them, in powers of 1000."""
    value = float(count or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def _has_descriptor() -> bool:
    try:
        sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return False
    return True


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
