"""Which column comes from which: a model's SELECT walked with sqlglot, scope by scope."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from sql.model import Model, ModelError


def trace(
    model: Model, models: Mapping[str, Model], external: Mapping[str, Mapping[str, str]]
) -> dict[str, list[tuple[str, str]]]:
    """For each column of a model, the columns ``(table, column)`` of its direct upstream tables that it is computed from.

    ``models`` are all models by name; ``external`` gives the columns and types of the tables that are not models. Raises ModelError.
    """
    schema: dict[str, object] = {}
    for reference in sorted(model.references):
        space, table = reference.split(".")
        upstream = models.get(reference)
        columns = dict.fromkeys(upstream.header.columns, "varchar") if upstream else dict(external.get(reference, {}))
        by_table = schema.setdefault(space, {})
        assert isinstance(by_table, dict)
        by_table[table] = columns
    try:
        tree = qualify(model.expression.copy(), schema=schema, dialect="duckdb", validate_qualify_columns=False)
    except SqlglotError as error:
        raise ModelError(f"{model.path}: no lineage: {error}") from None
    scope = build_scope(tree)
    found = _Lines().of(scope) if scope is not None else {}
    return {column: sorted(found.get(column, ())) for column in model.header.columns}


class _Lines:
    """Where the columns of a query's scopes come from, each scope worked out once."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, set[tuple[str, str]]]] = {}

    def of(self, scope: Scope) -> dict[str, set[tuple[str, str]]]:
        """For each output column of a scope, the columns of stored tables behind it."""
        if id(scope) not in self._known:
            self._known[id(scope)] = {}  # ends the walk in a recursive query
            self._known[id(scope)] = self._union(scope) if scope.set_operation_scopes else self._select(scope)
        return self._known[id(scope)]

    def _union(self, scope: Scope) -> dict[str, set[tuple[str, str]]]:
        left, *others = [self.of(part) for part in scope.set_operation_scopes]
        merged = {name: set(lines) for name, lines in left.items()}
        for other in others:
            for name, lines in zip(merged, other.values(), strict=False):
                merged[name] |= lines
        return merged

    def _select(self, scope: Scope) -> dict[str, set[tuple[str, str]]]:
        if not isinstance(scope.expression, exp.Query):  # a table function: what it is given
            return {}
        return {
            projection.alias_or_name: {
                line for column in projection.find_all(exp.Column) for line in self._column(scope, column)
            }
            for projection in scope.expression.selects
        }

    def _column(self, scope: Scope, column: exp.Column) -> set[tuple[str, str]]:
        for candidate in (scope, *scope.subquery_scopes):
            source = candidate.sources.get(column.table)
            if isinstance(source, exp.Table):
                return {(f"{source.db}.{source.name}", column.name)} if source.db else set()
            if isinstance(source, Scope):
                if isinstance(source.expression, exp.Query):
                    return self.of(source).get(column.name, set())
                given = [inner for inner in source.expression.find_all(exp.Column) if inner.table != column.table]
                return {line for inner in given for line in self._column(scope, inner)}
        return set()
