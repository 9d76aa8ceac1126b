"""The list of erased people: ingestion leaves their records out and hides their names, whatever file they come in again.

The list lies in ``<home>/erased`` and not in the warehouse, which may be made anew from the inbox at any time. It holds keyed hashes
under a key of its own, so that it outlives a change of the key that e-mail addresses are hashed with. Here is what the list says of a
single name or text; :mod:`pipelines.leave_out` holds whole files against it.
"""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.home import Home

from pipelines.schema import NAMES
from pipelines.secret import load_secret, normalised_address

KEY_VARIABLE = "HOURGLASS_ERASURE_KEY"
ERASED_ADDRESS = "erased"
"""Stands where the hash of an erased person's address would stand, until the record is left out."""
UNFINISHED = "unfinished"
"""The file beside the list that stands there while an erasure is under way, and after one that was cut short."""
_WHY = "Without it people who were erased would be loaded again."
ERASED_RECORD = "(the record of a person who was erased)"
_LEAST_CHARACTERS = 6
_LEAST_DIGITS = 9
_LONGEST_NAME = 200
_PIECE = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s")


def is_distinctive(value: str) -> bool:
    """Whether a name can be told from other words and numbers in a text: ``42`` or ``kari`` cannot."""
    if value.isdigit():
        return len(value) >= _LEAST_DIGITS
    return len(value) >= _LEAST_CHARACTERS and any(character.isdigit() or character in "@-_" for character in value)


@dataclass(frozen=True)
class Entry:
    """One erased name: its kind (:data:`pipelines.schema.NAMES`, ``RECORDS``), the keyed hash, its length in characters.

    ``in_texts`` says whether it is looked for in texts too; ``erased_on`` is an ISO date, UTC.
    """

    kind: str
    digest: str
    length: int
    in_texts: bool
    erased_on: str


class SuppressionError(Exception):
    """The list can't be used, so nothing may be loaded."""


class Suppression:
    """The list of one home, as it stood when it was read."""

    def __init__(self, key: bytes, entries: Iterable[Entry] = ()) -> None:
        self.key = key
        self.entries = tuple(entries)
        self._by_kind: dict[str, set[str]] = {}
        for entry in self.entries:
            self._by_kind.setdefault(entry.kind, set()).add(entry.digest)
        self._in_texts = {entry.digest for entry in self.entries if entry.in_texts and entry.kind in NAMES}
        self._lengths = {entry.length for entry in self.entries if entry.in_texts and entry.kind in NAMES}

    @classmethod
    def of(cls, home: Home) -> "Suppression":
        """The home's list; empty, and without a key, where nobody was erased. Raises PermissionError, SuppressionError."""
        path = list_path(home)
        if not path.exists():
            return cls(b"")
        return cls(key := load_key(home), _read(path, key))

    def __bool__(self) -> bool:
        return bool(self.entries)

    def digests(self, kind: str) -> list[str]:
        """The hashes of one kind, in order."""
        return sorted(self._by_kind.get(kind, ()))

    def lengths(self, kind: str) -> list[int]:
        """The lengths of the names of one kind."""
        return sorted({entry.length for entry in self.entries if entry.kind == kind})

    def has(self, kind: str, value: str) -> bool:
        """Whether a name is on the list."""
        return kind in self._by_kind and digest(self.key, kind, value) in self._by_kind[kind]

    def has_address(self, address: str) -> bool:
        """Whether an e-mail address is on the list."""
        return self.has("email", normalised_address(address))

    def hide(self, text: str) -> str:
        """The text with ``erased-`` and eight digits for every name of an erased person that stands in it."""
        if not self._in_texts or not text:
            return text
        pieces = [match.span() for match in _PIECE.finditer(text)]
        found: list[tuple[int, int, str]] = []
        longest = min(max(self._lengths), _LONGEST_NAME)
        for place, (start, _) in enumerate(pieces):
            for _, end in pieces[place:]:
                if end - start > longest:
                    break
                name = text[start:end]
                if end - start in self._lengths and (stand_in := self._stand_in(name)):
                    found.append((start, end, stand_in))
        for start, end, stand_in in _outermost(found):
            text = text[:start] + stand_in + text[end:]
        return text

    def stand_in(self, kind: str, value: str) -> str:
        """What stands in texts where a name stood."""
        return "erased-" + digest(self.key, kind, normalised_address(value) if kind == "email" else value)[:8]

    def _stand_in(self, name: str) -> str | None:
        if _SPACE.search(name):
            return None
        for kind in NAMES:
            found = digest(self.key, kind, normalised_address(name) if kind == "email" else name)
            if found in self._in_texts:
                return "erased-" + found[:8]
        return None

    def with_names(self, names: Iterable[tuple[str, str]]) -> "Suppression":
        """The list with further names as (kind, value), addresses in clear; those that are on it stay as they are."""
        known = {(entry.kind, entry.digest) for entry in self.entries}
        today = datetime.now(UTC).date().isoformat()
        new = []
        for kind, value in sorted(set(names)):
            plain = normalised_address(value) if kind == "email" else value
            found = digest(self.key, kind, plain)
            if (kind, found) not in known:
                known.add((kind, found))
                new.append(Entry(kind, found, len(plain), is_distinctive(plain), today))
        return Suppression(self.key, (*self.entries, *new))


def digest(key: bytes, kind: str, value: str) -> str:
    """64 hex digits for a name of a kind."""
    return hmac.new(key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def list_path(home: Home) -> Path:
    """Where the list lies."""
    return home.erased / "people.jsonl"


def load_key(home: Home) -> bytes:
    """The list's own key: from ``HOURGLASS_ERASURE_KEY``, else from ``<home>/erased/key``, made on first use. Raises PermissionError."""
    return load_secret(KEY_VARIABLE, home.erased / "key")


def save(home: Home, suppression: Suppression) -> None:
    """Write the list whole, durably, for the home's owner only."""
    home.erased.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = list_path(home)
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps({"key": _key_check(suppression.key)}) + "\n")
        stream.writelines(json.dumps(asdict(entry)) + "\n" for entry in suppression.entries)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def _read(path: Path, key: bytes) -> list[Entry]:
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        made_with = json.loads(lines[0])["key"]
        entries = [Entry(**json.loads(line)) for line in lines[1:] if line.strip()]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise SuppressionError(
            f"{path} can't be read ({type(error).__name__}); put back a copy of it. {_WHY}"
        ) from None
    if made_with != _key_check(key):
        raise SuppressionError(
            f"{path} was made under another key; put back {KEY_VARIABLE} or {path.with_name('key')}. {_WHY}"
        )
    return entries


def _key_check(key: bytes) -> str:
    """Tells whether a key is the one that a list was made with."""
    return digest(key, "key", "check")[:16]


def _outermost(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Of matches that overlap the longest, from the last to the first."""
    kept: list[tuple[int, int, str]] = []
    for start, end, stand_in in sorted(found, key=lambda match: match[0] - match[1]):
        if all(end <= other_start or start >= other_end for other_start, other_end, _ in kept):
            kept.append((start, end, stand_in))
    return sorted(kept, reverse=True)
