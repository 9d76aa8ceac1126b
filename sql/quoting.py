"""Names and values in SQL text where a parameter can't stand: paths, comments, settings, names that a file or another program gave."""

from pathlib import Path


def quoted_name(*parts: str) -> str:
    """A table's or column's name, each part in double quotes: ``"core"."fct_posts"``."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def quoted_text(value: str | Path) -> str:
    """A string in single quotes."""
    return "'" + str(value).replace("'", "''") + "'"
