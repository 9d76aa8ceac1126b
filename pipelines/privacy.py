"""E-mail addresses leave here as a keyed hash; nothing else in the project ever sees one in clear.

The hash is HMAC-SHA256 with a key of the installation: the same address gives the same hash in every file, and without
the key nobody can test whether an address is in the data.
"""

import hashlib
import hmac
import os
import re
from pathlib import Path

import duckdb
from config.home import Home

from pipelines.secret import load_secret, normalised_address
from pipelines.statement import Sql, compose, join, literal
from pipelines.suppression import ERASED_ADDRESS, Suppression

KEY_VARIABLE = "HOURGLASS_KEY"
OLD_KEY_VARIABLE = "HOURGLASS_OLD_KEY"
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
    return load_secret(KEY_VARIABLE, key_path(home))


def key_path(home: Home) -> Path:
    """Where the key lies unless the environment gives it."""
    return home.root / "key"


def old_key_path(home: Home) -> Path:
    """Where the key before lies while the addresses are hashed anew."""
    return home.root / "key.old"


def load_old_key(home: Home) -> bytes | None:
    """The key before, while it is being changed: from ``HOURGLASS_OLD_KEY``, else from ``<home>/key.old``. Raises PermissionError."""
    if not os.environ.get(OLD_KEY_VARIABLE) and not old_key_path(home).exists():
        return None
    return load_secret(OLD_KEY_VARIABLE, old_key_path(home))


def key_check(key: bytes) -> str:
    """Sixteen digits by which a key is known again; they say nothing about it."""
    return hmac.new(key, b"hourglass key check", hashlib.sha256).hexdigest()[:16]


def hash_email(address: str, key: bytes) -> str:
    """64 hex digits; the address is trimmed and lower-cased first."""
    return hmac.new(key, normalised_address(address).encode(), hashlib.sha256).hexdigest()


def address_in_text(email_hash: str) -> str:
    """What stands in texts for an address with this hash."""
    return "email-" + email_hash[:16]


class Mask:
    """Replaces every e-mail address in a text by ``email-`` and 16 digits of its hash, under the key of one installation.

    Of people who were erased nothing is left, not even the hash. ``old_key`` is given while the key is being changed: erased people who
    are known only by the hash under it are then known by their address, which ``learned`` collects.
    """

    def __init__(self, key: bytes, suppression: Suppression | None = None, old_key: bytes | None = None) -> None:
        self._key = key
        self.suppression = suppression or Suppression(b"")
        self.old_key = old_key
        self.learned: set[str] = set()

    def __call__(self, text: str) -> str:
        """The text without addresses."""
        return _ADDRESS.sub(self._masked, text) if "@" in text or "%40" in text else text

    def hash_of(self, text: str) -> str | None:
        """The whole hash of the first address in a cell, as :func:`hash_email` gives it; None where there is none."""
        for piece in _BETWEEN_ADDRESSES.split(text.removeprefix("'")):
            before, _, after = piece.removeprefix("mailto:").partition("@")
            if before and after:
                return self.hash(f"{before}@{after}")
        return None

    def _masked(self, match: re.Match[str]) -> str:
        address = match.group(0).replace("%40", "@")
        if self._is_erased(address):
            return self.suppression.stand_in("email", address)
        return address_in_text(hash_email(address, self._key))

    def hash(self, address: str) -> str:
        """The whole hash of an address, :data:`ERASED_ADDRESS` for an erased person's."""
        return ERASED_ADDRESS if self._is_erased(address) else hash_email(address, self._key)

    def _is_erased(self, address: str) -> bool:
        if self.suppression.has_address(address):
            return True
        if self.old_key is None or not self.suppression.has("email_hash", hash_email(address, self.old_key)):
            return False
        self.learned.add(normalised_address(address))
        return True


def masker(key: bytes, suppression: Suppression | None = None, old_key: bytes | None = None) -> Mask:
    """The mask of an installation's key and of its list of erased people."""
    return Mask(key, suppression, old_key)


def install(connection: duckdb.DuckDBPyConnection, key: bytes, mask: Mask | None = None) -> None:
    """Make the keys and the functions of the mask known to a connection. Needed by the expressions below."""
    mask = mask or masker(key)
    for name, secret in (("email", key), ("erased", mask.suppression.key)):
        block = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
        for side, byte in (("inner", 0x36), ("outer", 0x5C)):
            padded = bytes(value ^ byte for value in block).hex()
            variable = Sql(f"{name}_{side}_pad")
            connection.execute(compose("set variable {name} = unhex({padded})", name=variable, padded=literal(padded)))
    digests = join(", ", [literal(found) for found in mask.suppression.digests("email")])
    connection.execute(compose("set variable erased_addresses = [{digests}]::varchar[]", digests=digests))
    changing = Sql("true" if mask.old_key else "false")
    connection.execute(compose("set variable is_key_changing = {changing}", changing=changing))
    connection.create_function("mask_addresses", lambda text: mask(text), ["VARCHAR"], "VARCHAR")
    connection.create_function("hash_address", lambda text: mask.hash(text), ["VARCHAR"], "VARCHAR")


def keyed_hash(key: str, value: Sql) -> Sql:
    """SQL for HMAC-SHA256 of a text under one of the two keys that :func:`install` made known: ``email`` or ``erased``."""
    return compose(
        "sha256(getvariable({outer}) || unhex(sha256(getvariable({inner}) || encode({value}))))",
        outer=literal(f"{key}_outer_pad"),
        inner=literal(f"{key}_inner_pad"),
        value=value,
    )


def hash_expression(column: Sql) -> Sql:
    """SQL for :func:`hash_email` over a column; NULL where the column is blank, :data:`ERASED_ADDRESS` for an erased person's."""
    bare = compose(r"trim({column}, e' \t\r\n')", column=column)
    address = compose("lower({bare})", bare=bare)
    return compose(
        "case when {bare} <> '' then"
        " case when getvariable('is_key_changing') then hash_address({address})"
        " when len(getvariable('erased_addresses')) > 0 and list_contains(getvariable('erased_addresses'), {erased})"
        " then {stand_in} else {hashed} end end",
        bare=bare,
        address=address,
        erased=keyed_hash("erased", compose("'email:' || {address}", address=address)),
        stand_in=literal(ERASED_ADDRESS),
        hashed=keyed_hash("email", address),
    )


def mask_expression(column: Sql) -> Sql:
    """SQL for the masker over a column; the Python function is called only where an ``@`` may be."""
    return compose(
        "case when contains({column}, '@') or contains({column}, '%40') then mask_addresses({column}) else {column} end",
        column=column,
    )
