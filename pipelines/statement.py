"""SQL text put together from parts that are quoted by construction.

A name or a value that comes from a file reaches SQL only through :func:`identifier` or :func:`literal`. Templates use
``{part}``; a part that is not a :class:`Sql` is refused, so that a plain string can't slip in.
"""

from collections.abc import Iterable
from string import Formatter


class Sql(str):
    """SQL text that is safe to put into a statement."""


def identifier(*names: str) -> Sql:
    """Quoted name, for example ``"raw"."leads"``."""
    return Sql(".".join('"' + name.replace('"', '""') + '"' for name in names))


def literal(value: str | int | None) -> Sql:
    """Quoted string, number or NULL. A NUL character can't stand in SQL text and is left out."""
    if value is None:
        return Sql("NULL")
    if isinstance(value, int):
        return Sql(str(value))
    return Sql("'" + value.replace("'", "''").replace("\0", "") + "'")


def join(separator: str, parts: Iterable[Sql]) -> Sql:
    """The parts with a separator between them."""
    return Sql(separator.join(parts))


def compose(template: str, **parts: Sql) -> Sql:
    """Fill ``{name}`` in a template that is written in the code. Raises TypeError for a part that is not Sql."""
    pieces: list[str] = []
    for text, name, _format, _conversion in Formatter().parse(template):
        pieces.append(text)
        if name is not None:
            part = parts[name]
            if not isinstance(part, Sql):
                raise TypeError(f"part {name!r} of a statement must be quoted first")
            pieces.append(part)
    return Sql("".join(pieces))
