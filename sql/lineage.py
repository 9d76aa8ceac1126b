"""Which column comes from which: a model's SELECT walked scope by scope, in the tree of DuckDB's own parser.

Every first night of a home asks this of every model. sqlglot's tree would have to be parsed and qualified first, which takes longer than a
small night computes; what the engine parses needs no more than to know which name stands for which column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sql.model import Model, ModelError
from sql.references import parse_select

Node = dict[str, Any]
Lines = frozenset[tuple[str, str]]
Columns = dict[str, Lines]
"""The columns of something that can be read from, in order, each with the columns ``(table, column)`` of stored tables behind it."""

NOTHING: Lines = frozenset()


def trace(
    model: Model, models: Mapping[str, Model], external: Mapping[str, Mapping[str, str]]
) -> dict[str, list[tuple[str, str]]]:
    """For each column of a model, the columns ``(table, column)`` of its direct upstream tables that it is computed from.

    ``models`` are all models by name; ``external`` gives the columns and types of the tables that are not models. Raises ModelError.
    """
    stored: dict[str, Columns] = {}
    for reference in model.references:
        upstream = models.get(reference)
        names = upstream.header.columns if upstream else external.get(reference, {})
        stored[reference] = {name: frozenset({(reference, name)}) for name in names}
    try:
        tree = parse_select(model.body)
    except ValueError as error:
        raise ModelError(f"{model.path}: no lineage: {error}") from None
    found = _query(tree["statements"][0]["node"], _Known(stored), ())
    return {column: sorted(found.get(column, NOTHING)) for column in model.header.columns}


@dataclass(frozen=True)
class _Known:
    """What a query may read: the stored tables, and the common table expressions above it."""

    stored: Mapping[str, Columns]
    common: Mapping[str, Columns] = field(default_factory=dict)

    def read(self, schema: str, table: str) -> Columns:
        """The columns of a table; without a schema it is a common table expression. Nothing where it is not known."""
        return self.stored.get(f"{schema}.{table}", {}) if schema else self.common.get(table, {})

    def with_common(self, name: str, columns: Columns) -> "_Known":
        """The same and one more common table expression."""
        return _Known(self.stored, {**self.common, name: columns})


@dataclass
class _Scope:
    """The names that the expressions of one SELECT may use."""

    known: _Known
    outer: tuple["_Scope", ...] = ()
    sources: dict[str, Columns] = field(default_factory=dict)
    functions: dict[str, Lines] = field(default_factory=dict)
    """Table functions by alias: whatever they give comes from what they are given."""
    aliases: Columns = field(default_factory=dict)
    """Columns of this SELECT itself, which later ones may name."""

    def column(self, names: Sequence[str]) -> Lines:
        """What stands behind ``column``, ``table.column`` or ``schema.table.column``, or behind a field of such a column."""
        for scope in (self, *self.outer):
            found = scope._own(names)
            if found is not None:
                return found
        return NOTHING

    def _own(self, names: Sequence[str]) -> Lines | None:
        for place, name in enumerate(names[:-1]):
            if name in self.sources and names[place + 1] in self.sources[name]:
                return self.sources[name][names[place + 1]]
            if name in self.functions:
                return self.functions[name]
        holding = [columns[names[0]] for columns in self.sources.values() if names[0] in columns]
        if holding:
            return frozenset().union(*holding)
        if names[0] in self.functions:
            return self.functions[names[0]]
        return self.aliases.get(names[0])


def _query(node: Node, known: _Known, outer: tuple[_Scope, ...]) -> Columns:
    """The columns that a query gives."""
    known = _with_common(node, known, outer)
    if node["type"] == "SELECT_NODE":
        return _select(node, _scope(node, known, outer))
    if node["type"] == "RECURSIVE_CTE_NODE":
        columns = _query(node["left"], known, outer)
        while True:
            step = _query(node["right"], known.with_common(node["cte_name"], columns), outer)
            merged = _side_by_side([columns, step])
            if merged == columns:
                return columns
            columns = merged
    return _side_by_side([_query(part, known, outer) for part in _parts(node)])


def _with_common(node: Node, known: _Known, outer: tuple[_Scope, ...]) -> _Known:
    for entry in node.get("cte_map", {}).get("map", ()):
        columns = _query(entry["value"]["query"]["node"], known, outer)
        known = known.with_common(entry["key"], _renamed(columns, entry["value"].get("aliases", ())))
    return known


def _parts(node: Node) -> list[Node]:
    """The queries of a set operation."""
    return node.get("children") or [node[side] for side in ("left", "right") if side in node]


def _side_by_side(parts: Sequence[Columns]) -> Columns:
    """The columns of a union: named as in the first part, and from all parts by position."""
    return {
        name: frozenset().union(*lines)
        for name, *lines in zip(parts[0], *(part.values() for part in parts), strict=False)
    }


def _renamed(columns: Columns, names: Sequence[str]) -> Columns:
    given = list(columns)
    return dict(zip([*names, *given[len(names) :]], columns.values(), strict=False))


def _scope(node: Node, known: _Known, outer: tuple[_Scope, ...]) -> _Scope:
    scope = _Scope(known, outer)
    _read(node["from_table"], scope)
    return scope


def _read(table: Node, scope: _Scope) -> None:
    """Put what stands in a FROM into the scope, from left to right, so that lateral ones see what is before them."""
    kind, names = table["type"], table.get("column_name_alias", ())
    if kind == "JOIN":
        _read(table["left"], scope)
        _read(table["right"], scope)
    elif kind == "BASE_TABLE":
        columns = scope.known.read(table["schema_name"], table["table_name"])
        scope.sources[table["alias"] or table["table_name"]] = _renamed(columns, names)
    elif kind == "SUBQUERY":
        columns = _query(table["subquery"]["node"], scope.known, (scope, *scope.outer))
        scope.sources[table["alias"]] = _renamed(columns, names)
    elif kind == "EXPRESSION_LIST":
        rows = [[_lines(value, scope) for value in row] for row in table["values"]]
        columns = {f"col{place}": frozenset().union(*cells) for place, cells in enumerate(zip(*rows, strict=False))}
        scope.sources[table["alias"]] = _renamed(columns, names)
    elif kind == "TABLE_FUNCTION":
        given = _lines(table["function"], scope)
        scope.functions[table["alias"] or table["function"]["function_name"]] = given
        scope.sources[f"{table['alias']}()"] = dict.fromkeys(names, given)


def _select(node: Node, scope: _Scope) -> Columns:
    found: Columns = {}
    for item in node["select_list"]:
        if item["class"] == "STAR":
            found.update(_star(item, scope))
            continue
        lines = _lines(item, scope)
        name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
        found[name if name and name not in found else f"column {len(found)}"] = lines
        if item["alias"]:
            scope.aliases[name] = lines
    return found


def _star(item: Node, scope: _Scope) -> Columns:
    replaced = {entry["key"]: _lines(entry["value"], scope) for entry in item.get("replace_list", ())}
    left_out = set(item.get("exclude_list", ()))
    found: Columns = {}
    for name, columns in scope.sources.items():
        if item["relation_name"] in ("", name):
            for column, lines in columns.items():
                if column not in left_out:
                    found[column] = replaced.get(column, lines | found.get(column, NOTHING))
    return found


def _lines(expression: object, scope: _Scope, bound: frozenset[str] = frozenset()) -> Lines:
    """What stands behind all columns that an expression names; ``bound`` are the parameters of the lambdas around it."""
    if isinstance(expression, list):
        return _together(_lines(item, scope, bound) for item in expression)
    if not isinstance(expression, dict):
        return NOTHING
    kind = expression.get("class")
    if kind == "COLUMN_REF":
        names = expression["column_names"]
        return NOTHING if names[0] in bound else scope.column(names)
    if kind == "LAMBDA":
        parameters = _names(expression["lhs"])
        return _lines(expression["expr"], scope, bound | parameters)
    if kind == "SUBQUERY":
        inner = _within(expression["subquery"]["node"], scope.known, (scope, *scope.outer))
        return inner | _lines(expression.get("child"), scope, bound)
    return _together(_lines(part, scope, bound) for part in expression.values() if isinstance(part, dict | list))


def _within(node: Node, known: _Known, outer: tuple[_Scope, ...]) -> Lines:
    """What stands behind all columns that a subquery names: which rows it takes decides on its value as well."""
    known = _with_common(node, known, outer)
    if node["type"] != "SELECT_NODE":
        return _together(_within(part, known, outer) for part in _parts(node))
    scope = _scope(node, known, outer)
    selected = _together(_select(node, scope).values())
    rest = [part for name, part in node.items() if name not in ("cte_map", "select_list", "from_table")]
    return selected | _lines(rest, scope) | _conditions(node["from_table"], scope)


def _conditions(table: Node, scope: _Scope) -> Lines:
    if table["type"] != "JOIN":
        return NOTHING
    return _lines(table["condition"], scope) | _conditions(table["left"], scope) | _conditions(table["right"], scope)


def _names(expression: Node) -> frozenset[str]:
    """The parameters of a lambda: one name, or a row of them."""
    if expression.get("class") == "COLUMN_REF":
        return frozenset(expression["column_names"])
    return frozenset().union(*(_names(child) for child in expression.get("children", ())))


def _together(parts: Iterable[Lines]) -> Lines:
    return frozenset().union(*parts)
