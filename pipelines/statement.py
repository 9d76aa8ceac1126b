"""SQL text put together from parts that are quoted by construction.

A name or a value that comes from a file reaches SQL only through :func:`identifier` or :func:`literal`. Templates use
``{part}``; a part that is not a :class:`Sql` is refused, so that a plain string can't slip in.
"""

from collections.abc import Iterable
from pathlib import Path
from string import Formatter

# A row group of DuckDB's tables has room for 122,880 rows. The writer of Parquet ends a group once it has the size that is asked for, up
# to 2,047 rows later; a group that does not fit would become a whole one and a scrap, which the next checkpoint merges by writing the
# table a second time.
_ROW_GROUP = 122_880 - 2_048


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


def copy_to_parquet(query: Sql, target: Path) -> Sql:
    """The statement that writes a query's rows to a file which DuckDB and dlt load group by group."""
    return compose(
        "copy ({query}) to {target} (format parquet, compression lz4, row_group_size {rows})",
        query=query,
        target=literal(str(target)),
        rows=literal(_ROW_GROUP),
    )
