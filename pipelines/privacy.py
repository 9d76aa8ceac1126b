"""E-mail addresses leave here as a keyed hash; nothing else in the project ever sees one in clear.

The hash is HMAC-SHA256 with a key of the installation: the same address gives the same hash in every file, and without
the key nobody can test whether an address is in the data.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

import duckdb
from config.home import Home

from pipelines.statement import Sql, compose, literal

KEY_VARIABLE = "HOURGLASS_KEY"
TRIMMED = " \t\r\n"
_BLOCK = 64
_BETWEEN_ADDRESSES = re.compile(r"[\s,;<>\"()]+")
# The address itself, also with its @ percent-encoded as in a URL.
_ADDRESS = re.compile(
    r"[A-Za-z0-9._%+\-æøåäöüéÆØÅÄÖÜÉ]+(?:@|%40)[A-Za-z0-9æøåäöüÆØÅÄÖÜ\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-zÆØÅæøå]{2,}"
)


def load_key(home: Home) -> bytes:
    """The installation's key: from the environment variable ``HOURGLASS_KEY``, else from ``<home>/key``, made on first use.

    Raises:
        PermissionError: others may read the key file.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return given.encode()
    path = home.root / "key"
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} may be read by others; run: chmod 600 {path}")
    return path.read_bytes().strip()


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(32) + "\n")


def hash_email(address: str, key: bytes) -> str:
    """64 hex digits; the address is trimmed and lower-cased first."""
    return hmac.new(key, address.strip(TRIMMED).lower().encode(), hashlib.sha256).hexdigest()


class Mask:
    """Replaces every e-mail address in a text by ``email-`` and 16 digits of its hash, under the key of one installation."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, text: str) -> str:
        """The text without addresses."""
        return _ADDRESS.sub(self._masked, text) if "@" in text or "%40" in text else text

    def hash_of(self, text: str) -> str | None:
        """The whole hash of the first address in a cell, as :func:`hash_email` gives it; None where there is none."""
        for piece in _BETWEEN_ADDRESSES.split(text.removeprefix("'")):
            before, _, after = piece.removeprefix("mailto:").partition("@")
            if before and after:
                return hash_email(f"{before}@{after}", self._key)
        return None

    def _masked(self, match: re.Match[str]) -> str:
        return "email-" + hash_email(match.group(0).replace("%40", "@"), self._key)[:16]


def masker(key: bytes) -> Mask:
    """The mask of an installation's key."""
    return Mask(key)


def install(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Make the key and the function ``mask_addresses(text)`` known to a connection. Needed by the two expressions below."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    for name, byte in (("inner_pad", 0x36), ("outer_pad", 0x5C)):
        padded = bytes(value ^ byte for value in block).hex()
        connection.execute(compose("set variable {name} = unhex({padded})", name=Sql(name), padded=literal(padded)))
    mask = masker(key)
    connection.create_function("mask_addresses", lambda text: mask(text), ["VARCHAR"], "VARCHAR")


def hash_expression(column: Sql) -> Sql:
    """SQL for :func:`hash_email` over a column; NULL where the column is blank."""
    address = compose(r"encode(lower(trim({column}, e' \t\r\n')))", column=column)
    return compose(
        r"case when trim({column}, e' \t\r\n') <> '' then"
        " sha256(getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || {address}))) end",
        column=column,
        address=address,
    )


def mask_expression(column: Sql) -> Sql:
    """SQL for the masker over a column; the Python function is called only where an ``@`` may be."""
    return compose(
        "case when contains({column}, '@') or contains({column}, '%40') then mask_addresses({column}) else {column} end",
        column=column,
    )
