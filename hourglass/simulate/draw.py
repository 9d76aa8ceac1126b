"""Pseudo-random numbers that depend only on seed, row and purpose: the same everywhere, in any order, on any thread count.

SQL side: macros over DuckDB's `hash`. Python side: a small generator over BLAKE2b for tables of a few thousand rows.
Only additions, multiplications, divisions and comparisons follow, which IEEE 754 fixes; no logarithm, no power of a
fraction, whose last digit differs between machines.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

import duckdb

T = TypeVar("T")

_MACROS: Final = (
    # uniform in [0, 1)
    "create or replace macro unit(number, purpose) as"
    " (hash(number, purpose, {seed}::bigint) >> 11)::double / 9007199254740992.0",
    # whole number in [0, size)
    "create or replace macro pick(number, purpose, size) as"
    " (hash(number, purpose, {seed}::bigint) % (size)::ubigint)::bigint",
    # sixteen hexadecimal digits; the first eight are a bijection of the number (below 2^32), so they never collide
    "create or replace macro code(number, purpose) as"
    " lpad(lower(to_hex(((number) * 2654435761 + ({seed} % 1000003) * 7919 + (purpose) * 2246822519)"
    " % 4294967296)), 8, '0')"
    " || lpad(lower(to_hex(hash(number, purpose, {seed}::bigint) % 4294967296)), 8, '0')",
)


def create_macros(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Create the macros `unit`, `pick` and `code` for one seed in the connection's database."""
    for macro in _MACROS:
        connection.execute(macro.replace("{seed}", str(seed)))


class Draw:
    """Named draws for small tables: `Draw(seed).unit("post", 17, "reach")` is the same number for ever."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(16, "big", signed=True)

    def unit(self, *what: object) -> float:
        """Return a number in [0, 1)."""
        return (self._bits(what) >> 11) / 9007199254740992.0

    def below(self, size: int, *what: object) -> int:
        """Return a whole number in [0, size)."""
        return self._bits(what) % size

    def between(self, low: float, high: float, *what: object) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit(*what)

    def choose(self, options: Sequence[T], *what: object) -> T:
        """Return one of the options."""
        return options[self.below(len(options), *what)]

    def count(self, expected: float, *what: object) -> int:
        """Round an expected count up or down, so that the mean is kept even for small numbers."""
        whole = int(expected)
        return whole + (1 if self.unit(*what) < expected - whole else 0)

    def _bits(self, what: tuple[object, ...]) -> int:
        text = "\x1f".join(str(part) for part in what).encode()
        return int.from_bytes(hashlib.blake2b(text, key=self._key, digest_size=8).digest(), "big")
