"""The known exports as data."""

from dataclasses import dataclass

from config.home import Home


@dataclass(frozen=True)
class Formats:
    """All known exports."""

    key: str


def load_formats(home: Home) -> Formats:
    """Read them."""
    return Formats("0")
