"""Names that several assets share: asset keys from table names, tags and kinds."""

import re

import dagster as dg

INBOX = dg.AssetKey(["inbox"])
PUBLISHED = dg.AssetKey(["published", "hourglass"])
REVIEW = dg.AssetKey(["published", "review"])
CHECK_RESULTS = dg.AssetKey(["quality", "check_results"])
CHECK_VIOLATIONS = dg.AssetKey(["quality", "check_violations"])


def asset_key(table: str) -> dg.AssetKey:
    """``core.fct_sessions`` as Dagster's key ``core/fct_sessions``."""
    return dg.AssetKey(table.split("."))


def table_name(key: dg.AssetKey) -> str:
    """The inverse of :func:`asset_key`."""
    return ".".join(key.path)


def owner(name: str) -> str:
    """An owner as Dagster wants it: an e-mail address as it is, else a team."""
    return name if "@" in name else f"team:{re.sub(r'[^A-Za-z0-9_-]', '-', name)}"
