"""One row for each combination of a model's grain, read from the model's header."""

from checks.declared import Check, NoViolations, Severity
from sql.catalog import Catalog
from sql.model import Model


def checks(catalog: Catalog) -> list[Check]:
    """A check for every model that holds rows; views are judged through the tables that are made of them."""
    return [_unique(model) for model in catalog.order if model.header.materialise != "view"]


def _unique(model: Model) -> Check:
    columns = ", ".join(model.header.grain)
    alone = f" or {columns} is null" if len(model.header.grain) == 1 else ""
    return NoViolations(
        name="grain",
        asset=model.name,
        severity=Severity.BLOCK,
        description=f"One row for each {columns}" + (", which is never NULL." if alone else "."),
        violations=f"select {columns}, count(*) as rows_with_it from {model.name} group by {columns} having count(*) > 1{alone}",
        says="{rows_with_it} rows for " + ", ".join(f"{name} {{{name}}}" for name in model.header.grain),
        population=f"select count(*) from {model.name}",
    )
