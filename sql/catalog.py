"""The models together: order, upstream and downstream, and which column comes from which."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from sql.model import Model, ModelError, load_models

Lineage = dict[str, list[tuple[str, str]]]


class Catalog:
    """All models of a project. External tables (``raw``, ``config``) are known by name only."""

    def __init__(self, models: Mapping[str, Model] | None = None) -> None:
        """``models`` by name; left out, those that come with the project. Raises ModelError where models don't fit together."""
        self.models: Mapping[str, Model] = load_models() if models is None else models
        for model in self.models.values():
            missing = [
                name
                for name in model.references
                if name not in self.models and name.split(".")[0] not in ("raw", "config")
            ]
            if missing:
                raise ModelError(f"{model.path}: reads {', '.join(sorted(missing))}, which no model makes")

    @cached_property
    def order(self) -> tuple[Model, ...]:
        """The models so that each comes after what it reads; by name where the order is free."""
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for name in sorted(self.models):
            sorter.add(name, *sorted(ref for ref in self.models[name].references if ref in self.models))
        try:
            return tuple(self.models[name] for name in sorter.static_order())
        except CycleError as error:
            raise ModelError(f"models read each other in a circle: {' -> '.join(error.args[1])}") from None

    @cached_property
    def raw_tables(self) -> frozenset[str]:
        """Every table of the schema ``raw`` that some model reads."""
        return frozenset(ref for model in self.models.values() for ref in model.references if ref.startswith("raw."))

    def stored_upstream(self, name: str) -> frozenset[str]:
        """The tables with rows of their own (raw, config, materialised models) that a model reads, seen through views."""
        found: set[str] = set()
        for reference in self.models[name].references:
            model = self.models.get(reference)
            if model is not None and model.header.materialise == "view":
                found |= self.stored_upstream(reference)
            else:
                found.add(reference)
        return frozenset(found)

    def downstream(self, names: Iterable[str]) -> frozenset[str]:
        """Every model that reads one of ``names``, directly or not; without ``names`` themselves unless they read each other."""
        reached: set[str] = set()
        frontier = set(names)
        while frontier:
            frontier = {m.name for m in self.order if m.references & frontier} - reached
            reached |= frontier
        return frozenset(reached)

    def column_lineage(self, name: str, external: Mapping[str, Mapping[str, str]]) -> Lineage:
        """For each column of a model, the columns ``(table, column)`` of its direct upstream tables that it is computed from.

        ``external`` gives the columns and types of the tables that are not models. A column without an upstream (a constant, a count
        of rows) has an empty list.
        """
        model = self.models[name]
        schema: dict[str, object] = {}
        for reference in sorted(model.references):
            space, table = reference.split(".")
            upstream = self.models.get(reference)
            columns = (
                dict.fromkeys(upstream.header.columns, "varchar") if upstream else dict(external.get(reference, {}))
            )
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
