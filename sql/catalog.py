"""The models together: order, upstream and downstream, and which column comes from which."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from sql.model import Model, ModelError, load_models

Lineage = dict[str, list[tuple[str, str]]]
"""For each column of a table, the columns ``(table, column)`` that it is computed from."""


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

    @cached_property
    def views(self) -> Mapping[str, Model]:
        """The models that have no rows of their own, by name."""
        return {name: model for name, model in self.models.items() if model.header.materialise == "view"}

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

    def upstream(self, names: Iterable[str], short_of: Collection[str] = ()) -> frozenset[str]:
        """Every table that ``names`` are computed from, directly or not, and ``names`` themselves; what only leads through ``short_of``
        is left out."""
        reached: set[str] = set()
        frontier = set(names)
        while frontier:
            reached |= frontier
            frontier = (
                {read for name in frontier & set(self.models) for read in self.models[name].references}
                - reached
                - set(short_of)
            )
        return frozenset(reached)

    def column_lineage(self, name: str, external: Mapping[str, Mapping[str, str]]) -> Lineage:
        """For each column of a model, the columns ``(table, column)`` of its direct upstream tables that it is computed from.

        ``external`` gives the columns and types of the tables that are not models. A column without an upstream (a constant, a count
        of rows) has an empty list.
        """
        from sql.lineage import trace

        return trace(self.models[name], self.models, external)
