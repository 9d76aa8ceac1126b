"""Text that was encoded twice: UTF-8 that a program read as Western European and wrote as UTF-8 again, so that `å` became `Ã¥`.

Undone where it can be proved: every text with letters beyond ASCII is valid UTF-8 when it is taken back to bytes, which text that was
never damaged is not. Where only some of them are, nothing is touched, and it is said.
"""

import re
from collections.abc import Sequence


def _letter(byte: int) -> str:
    """What a byte was read as; Windows leaves five of them to the control characters of ISO-8859-1."""
    return bytes([byte]).decode("cp1252", errors="ignore") or chr(byte)


_BYTES = {ord(_letter(byte)): byte for byte in range(0x80, 0x100)}
# A program of the web reads the control characters themselves.
_CONTROLS = r"\x80-\x9f"
_FOLLOWING = "".join(re.escape(_letter(byte)) for byte in range(0x80, 0xC0)) + _CONTROLS
_LEADING = "".join(_letter(byte) for byte in range(0xC2, 0xF5))
_TWICE = re.compile(f"[{_LEADING}][{_FOLLOWING}]")
# A capital letter before a quotation mark or dots may be just that (`MANHÃ…`); before a fraction or the sign of the yen it isn't.
_PROOF = re.compile(f"[{_LEADING}][\xa0-\xbf{_CONTROLS}]")

UNDONE = "the text had been encoded twice (å stood as Ã¥), and was decoded once more"


def is_suspect(text: str) -> bool:
    """Whether anything in a text may have been encoded twice."""
    return _TWICE.search(text) is not None


def undone(texts: Sequence[str]) -> list[str] | None:
    """The texts as they were before; None where that can't be proved for all of them together."""
    if not any(_PROOF.search(text) for text in texts):
        return None
    found = [once(text) for text in texts]
    return None if None in found else [text for text in found if text is not None]


def once(text: str) -> str | None:
    """One text as it was before; itself where it is ASCII, None where it never was UTF-8."""
    if text.isascii():
        return text
    try:
        return bytes(_BYTES.get(ord(character), ord(character)) for character in text).decode("utf-8")
    except ValueError:
        return None


def warning(texts: Sequence[str], first_line: int = 1) -> str | None:
    """What to say of texts, a line each, that can't be decoded once more as a whole; None where nothing in them asks for it."""
    lines = [
        line for line, text in enumerate(texts, start=first_line) if _PROOF.search(text) and once(text) is not None
    ]
    if not lines:
        return None
    return f"warning: {len(lines)} lines look as if they had been encoded twice (Ã¥ for å), such as line {lines[0]}; they stay"
