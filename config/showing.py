"""What files hold, as it may stand in tables, reports, terminals and Markdown: nothing of it speaks to the terminal, forges a line or is
markup.
"""

import re

_SPEAKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but line feed and tab, what turns the direction of a text or ends a line of it, and bytes that are no UTF-8."""
_MARKUP = re.compile(r"([\\`*_\[\]|<>~])")


def shown(name: str) -> str:
    """A name as it may stand in tables, reports and terminals: control characters and bytes that are no UTF-8 as ``\\xNN``.

    A file system lets a name hold anything but ``/`` and NUL; line ends would forge lines of a report, escapes would speak to the
    terminal, and a byte that is no text can't be stored at all.
    """
    if name.isprintable():
        return name
    return "".join(
        character if character.isprintable() or character == "\u00a0" else _told(character) for character in name
    )


def inert(text: str) -> str:
    """A text of several lines as it may be printed: what would speak to a terminal or turn the text round as ``\\xNN``."""
    return _SPEAKS.sub(lambda match: _told(match[0]), text)


def plain(text: str) -> str:
    """A text as Markdown shows it as it is, in one line."""
    return _MARKUP.sub(r"\\\1", inert(" ".join(text.split())))


def _told(character: str) -> str:
    is_byte = "\udc80" <= character <= "\udcff"  # as file systems give what is no UTF-8
    return "".join(
        f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape" if is_byte else "surrogatepass")
    )
