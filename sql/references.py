"""Which tables a SELECT reads, as DuckDB's own parser sees them.

Every start of Hourglass asks this of every model, so it must cost next to nothing: the engine answers for all models in less time than it
takes to import sqlglot, which is left to those who need a tree to rewrite or to walk (restricted inputs, lineage, the portability lint).
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import duckdb

from sql.quoting import quoted_text


@lru_cache(maxsize=1024)
def tables_read(query: str) -> frozenset[str]:
    """The stored tables that a SELECT reads, as ``schema.table``; its common table expressions are not among them.

    Raises:
        ValueError: the text is not one SELECT, or names a table without its schema; the message says which.
    """
    tree = parse_select(query)
    nodes = list(_nodes(tree))
    common = {entry["key"] for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    found = set()
    for node in nodes:
        if node.get("type") != "BASE_TABLE":
            continue
        schema, table = node["schema_name"], node["table_name"]
        if schema:
            found.add(f"{schema}.{table}")
        elif table not in common:
            raise ValueError(f"table '{table}' is named without its schema")
    return frozenset(found)


def parse_select(query: str) -> dict[str, Any]:
    """The serialised tree of a text that is one SELECT. Raises ValueError."""
    # The text goes in as a literal: a parameter would make DuckDB import pandas.
    row = _parser().cursor().execute(f"select json_serialize_sql({quoted_text(query)})").fetchone()
    answer: dict[str, Any] = json.loads(row[0]) if row else {}
    if answer.get("error_type") == "parser":
        raise ValueError(answer["error_message"])
    if answer.get("error") or len(answer["statements"]) != 1:
        raise ValueError("a model is one SELECT")
    return answer


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Every node of a serialised statement, whatever it is nested in."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


@lru_cache(maxsize=1)
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
