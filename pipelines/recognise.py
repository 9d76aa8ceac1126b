"""Which export is this, and why."""

from collections.abc import Sequence


def nearest_text(candidates: Sequence[tuple[str, float, Sequence[str]]]) -> str | None:
    """A line about the nearest known export."""
    for name, share, missing in candidates:
        return f"{name} ({share:.0%} of the columns known; missing: {', '.join(missing)})"
    return None
