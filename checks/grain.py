"""One row for each combination of a model's grain, read from the model's header."""

from checks.declared import Check, NoViolations, Severity
from sql.catalog import Catalog
from sql.model import Model


def checks(catalog: Catalog) -> list[Check]:
    """A check for every published model; views and intermediate tables are judged through the tables that are made of them."""
    return [_unique(model) for model in catalog.order if model.is_published and model.header.materialise != "view"]


def _unique(model: Model) -> Check:
    header = model.header
    columns = ", ".join(header.grain)
    alone = f" or {columns} is null" if len(header.grain) == 1 else ""
    # Two rows of one grain are of one unit only if the grain holds the unit; else every row must be looked at.
    unit = tuple(header.unit) if set(header.unit) <= set(header.grain) else ()
    return NoViolations(
        name="grain",
        asset=model.name,
        severity=Severity.BLOCK,
        description=f"One row for each {columns}" + (", which is never NULL." if alone else "."),
        violations=f"select {columns}, count(*) as rows_with_it from {{rows}} group by {columns} having count(*) > 1{alone}",
        population="select count(*) from {rows}",
        says="{rows_with_it} rows for " + ", ".join(f"{name} {{{name}}}" for name in header.grain),
        unit=unit,
        is_settled_by_publication=True,
    )
