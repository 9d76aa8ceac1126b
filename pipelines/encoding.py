"""Bytes to text: the encoding is read from the bytes, never from the file's name or the machine's locale."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from pipelines import twice

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK_BYTES = 4 * 1024 * 1024
_CYRILLIC_WORD = re.compile(r"[А-Яа-яЁё]{2,}")


@dataclass(frozen=True)
class Encoding:
    """``codec`` decodes the bytes, ``label`` is what the registry shows; ``note`` says what was unsure."""

    codec: str
    label: str
    note: str | None = None


def detect(data: bytes, *, whole: bool = True) -> Encoding:
    """The encoding of ``data``; ``whole`` is false when it is only the head of a file, which may end inside a character."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            little = bom in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE)
            label = {"utf-8-sig": "UTF-8 with BOM"}.get(codec, codec.upper() + ("LE" if little else "BE") + " with BOM")
            return Encoding(codec, label)
    wide = _wide(data)
    if wide:
        return Encoding(wide, wide.upper())
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return _narrow(data)
    return Encoding("utf-8", "ASCII" if data.isascii() else "UTF-8")


def is_utf8(location: Path) -> bool:
    """Whether a whole file is UTF-8; its head may be while a byte far behind is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with location.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def recoded(location: Path, target: Path, codec: str, *, is_twice: bool = False) -> int:
    """Write a file again as UTF-8, piece by piece; broken characters become U+FFFD.

    ``is_twice``: its text had been encoded twice, which is undone line by line. Returns how many lines never were, and stay as they are.
    """
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    left, rest = 0, ""
    with location.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
        while True:
            chunk = stream.read(_CHUNK_BYTES)
            text = rest + decoder.decode(chunk, final=not chunk).replace("\0", "").replace("\ufeff", "")
            if is_twice:
                *lines, rest = text.split("\n") if chunk else [*text.split("\n"), ""]
                before = [twice.once(line) for line in lines]
                left += before.count(None)
                kept = [old if new is None else new for old, new in zip(lines, before, strict=True)]
                text = "\n".join(kept) + ("\n" if chunk and kept else "")
            out.write(text)
            if not chunk:
                return left


def _wide(data: bytes) -> str | None:
    """UTF-16 without BOM: in text of European languages nearly every second byte is zero."""
    sample = data[: 64 * 1024]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    pairs = len(sample) // 2
    if odd > 0.3 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.3 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _narrow(data: bytes) -> Encoding:
    """One byte a character, or UTF-8 with a few broken bytes; decided by what the high bytes look like."""
    repaired = data.decode("utf-8", errors="replace")
    broken = repaired.count("\ufffd")
    good = sum(1 for character in repaired if ord(character) > 127) - broken
    if good > 20 * broken:
        return Encoding("utf-8", "UTF-8", f"{broken} broken characters were replaced")
    high = sum(byte > 127 for byte in data)
    words = _CYRILLIC_WORD.findall(data.decode("cp1251", errors="replace"))
    # In Cyrillic text high bytes stand together as words; in the Nordic languages they stand alone between ASCII letters. A few that happen
    # to stand together ("æøå", bytes that are no text) make no Cyrillic words: one of four letters does, or two short ones ("апр", "яну").
    has_words = max(map(len, words), default=0) > 3 or len({word for word in words if len(word) == 3}) > 1
    if has_words and sum(map(len, words)) > 0.6 * high:
        return Encoding("cp1251", "cp1251", "encoding taken from the letters: Cyrillic")
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return Encoding("latin-1", "ISO-8859-1", "encoding taken from the letters: Western European")
    return Encoding("cp1252", "cp1252", "encoding taken from the letters: Western European")


def decode(data: bytes, encoding: Encoding) -> str:
    """The text, without BOM and without NUL characters; broken characters become U+FFFD."""
    text = data.decode(encoding.codec, errors="replace")
    return text.removeprefix("\ufeff").replace("\0", "")
