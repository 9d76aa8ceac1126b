"""When a long form has to end before it is through: it then says how far it came, and what it found so far counts."""

import signal
import time
from types import FrameType


class Until:
    """Over after so many minutes (0: never), and as soon as somebody asks by SIGINT or SIGTERM; a second one kills as ever."""

    def __init__(self, minutes: float = 0.0) -> None:
        self.deadline = time.monotonic() + minutes * 60 if minutes else None
        self.was_asked = False

    def listen(self) -> "Until":
        """Take the signals of this process."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked)
        return self

    def _asked(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.was_asked = True
        signal.signal(number, signal.SIG_DFL)

    @property
    def is_over(self) -> bool:
        """Whether to stop now."""
        return self.was_asked or (self.deadline is not None and time.monotonic() > self.deadline)


def of(done: int, wanted: int, what: str) -> str:
    """So many of so many: ``365 nights``, or ``120 nights (of 365; stopped)``."""
    return f"{done} {what}" if done >= wanted else f"{done} {what} (of {wanted}; stopped)"
