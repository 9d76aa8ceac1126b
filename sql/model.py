"""One model file: its header, its SELECT, and what it reads.

A model is ``sql/<schema>/<table>.sql``: a leading block comment that holds YAML (:class:`Header`), then a single SELECT in DuckDB's
dialect. Tables are always named with their schema. How a table is materialised is the loader's business, never the SELECT's.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from config.yaml_file import ConfigError, parse_yaml, validate
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sql.changes import in_units
from sql.references import tables_read

if TYPE_CHECKING:
    from sqlglot import exp

FOLDER = Path(__file__).parent
SCHEMAS = ("staging", "core", "attribution", "kpi", "quality")
PUBLISHED_SCHEMAS = ("core", "attribution", "kpi", "quality")
SUMMED_UNITS = ("count", "seconds", "money", "ratio", "number")

Unit = Literal[
    "id", "text", "url", "share", "count", "seconds", "money", "currency", "flag", "date", "timestamp", "ratio", "percent",
    "json", "rank", "number",
]  # fmt: skip


class ModelError(Exception):
    """A model file that can't be used; the text names the file and the fault."""


class Column(BaseModel):
    """What one column means. ``sum`` says over what it may be added up; it is required where adding up would suggest itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Unit
    description: str = Field(min_length=3)
    sum: Literal["always", "never", "by_currency", "not_over_time"] | None = None

    @model_validator(mode="after")
    def additivity_is_said(self) -> "Column":
        """Raises ValueError where a column that invites adding up does not say whether it may be."""
        if self.unit in SUMMED_UNITS and self.sum is None:
            raise ValueError(f"'sum' given for a column in {self.unit}: always, never, by_currency or not_over_time")
        return self

    @property
    def comment(self) -> str:
        """The column's COMMENT: description, unit, and what may be summed."""
        additivity = {
            "always": "may be summed",
            "never": "must not be summed",
            "by_currency": "may be summed within one currency",
            "not_over_time": "must not be summed over time",
        }
        parts = [f"unit: {self.unit}"] + ([additivity[self.sum]] if self.sum else [])
        return f"{self.description.rstrip()} ({'; '.join(parts)})"


class Header(BaseModel):
    """The YAML on top of a model file.

    ``unit``, ``restrict`` and ``changed`` belong to incremental models. ``unit`` names the columns whose rows are computed and replaced
    together. ``restrict`` says how an input is cut down to the affected units: by which of its columns (in the order of ``unit``), by a
    predicate that may read ``units``, or by a SELECT from ``units`` that stands in for it; an input behind views is reached through them.
    ``changed`` gives, for an upstream table, the query that turns its changed rows (the table ``changed``: old and new versions) into
    affected units; a view in that query is read over the changed rows. An upstream table that is not named there rebuilds the whole model
    when it changes; one whose query ends with ``where 1 = 0`` is a dictionary, whose rows come and go but change only with the rules that
    it is made by: then the whole model is rebuilt. ``day`` names the column that holds a row's day, for runs over a range of days.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field(min_length=10)
    grain: list[str] = Field(min_length=1)
    materialise: Literal["table", "view", "incremental"]
    unit: list[str] = Field(default_factory=list)
    restrict: dict[str, list[str] | str] = Field(default_factory=dict)
    changed: dict[str, str] = Field(default_factory=dict)
    day: str | None = None
    owner: str = "data-engineering"
    source: str | None = None
    columns: dict[str, Column] = Field(min_length=1)

    @property
    def dictionaries(self) -> list[str]:
        """The upstream tables of which no changed row touches a row of this model."""
        return sorted(name for name, query in self.changed.items() if query.rstrip().endswith("where 1 = 0"))

    @model_validator(mode="after")
    def parts_fit(self) -> "Header":
        """Raises ValueError where the parts of the header contradict each other."""
        incremental = self.materialise == "incremental"
        if incremental and not (self.unit and self.changed):
            raise ValueError("'unit' and 'changed' given for an incremental model")
        if not incremental and (self.unit or self.changed or self.restrict):
            raise ValueError("'unit', 'restrict' and 'changed' only for incremental models")
        for part, names in (("grain", self.grain), ("unit", self.unit), ("day", [self.day] if self.day else [])):
            unknown = [name for name in names if name not in self.columns]
            if unknown:
                raise ValueError(f"columns of the model in '{part}', not {', '.join(unknown)}")
        return self


@dataclass(frozen=True)
class Model:
    """A parsed model file."""

    name: str
    path: Path
    header: Header
    body: str

    @property
    def schema(self) -> str:
        """The part of the name before the dot."""
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        """The part of the name after the dot."""
        return self.name.split(".")[1]

    @property
    def is_published(self) -> bool:
        """Whether the table is part of the published file; intermediate tables (``int_``) are not."""
        return self.schema in PUBLISHED_SCHEMAS and not self.table.startswith("int_")

    @cached_property
    def expression(self) -> "exp.Query":
        """The SELECT as a tree to walk or rewrite. Raises ModelError."""
        import sqlglot
        from sqlglot import exp

        try:
            statements = [s for s in sqlglot.parse(self.body, dialect="duckdb") if s is not None]
        except sqlglot.ParseError as error:
            raise ModelError(f"{self.path}: {error}") from None
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise ModelError(f"{self.path}: a model is one SELECT")
        return statements[0]

    @cached_property
    def references(self) -> frozenset[str]:
        """Every table that the SELECT reads, as ``schema.table``; common table expressions are not among them. Raises ModelError."""
        try:
            return tables_read(self.body) - {self.name}
        except ValueError as error:
            raise ModelError(f"{self.path}: {error}") from None

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever what the model computes could: the SELECT and the parts of the header that steer it."""
        header = self.header
        steer = repr((header.materialise, header.unit, header.restrict, header.changed, list(header.columns)))
        return hashlib.sha256(f"{self.body}\n{steer}".encode()).hexdigest()

    def restricted(self, views: Mapping[str, "Model"]) -> str:
        """The SELECT with every input of ``restrict`` cut down to the rows of the affected units (temporary table ``units``).

        A view is no border: where it reads an input that is cut, its own SELECT takes its place, so that nothing is computed for rows
        that are not wanted. ``views`` are the project's views by name.
        """
        tree = self.expression.copy()
        self._cut(tree, views)
        return tree.sql(dialect="duckdb")

    def _cut(self, tree: "exp.Expr", views: Mapping[str, "Model"]) -> bool:
        """Put cut inputs in the place of tables of ``restrict``, and the SELECTs of views above them; whether there were any."""
        import sqlglot
        from sqlglot import exp

        found = False
        for table in list(tree.find_all(exp.Table)):
            name = _qualified(table)
            rule = self.header.restrict.get(name)
            if rule is not None:
                inside: exp.Expr = sqlglot.parse_one(self._restricting(name, rule), dialect="duckdb")
            elif name in views:
                inside = views[name].expression.copy()
                if not self._cut(inside, views):
                    continue
            else:
                continue
            found = True
            table.replace(exp.Subquery(this=inside, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name))))
        return found

    def _restricting(self, name: str, rule: list[str] | str) -> str:
        if isinstance(rule, list):
            return f"select * from {name} where {_matches(rule, self.header.unit)}"
        return rule if rule.startswith("select ") else f"select * from {name} where {rule}"

    def affected(self, name: str, views: Mapping[str, "Model"]) -> str:
        """The query of ``changed`` for an upstream table; a view in it is read over the changed rows in place of the table."""
        query = self.header.changed[name]
        if not any(view in query for view in views):
            return query
        import sqlglot

        tree = sqlglot.parse_one(query, dialect="duckdb")
        _over_changed(tree, name, views, inside_view=False)
        return tree.sql(dialect="duckdb")


def _over_changed(tree: "exp.Expr", name: str, views: Mapping[str, Model], *, inside_view: bool) -> bool:
    """Put the SELECTs of views in their place, with ``changed`` for the table below them; whether that table was there.

    Of a union in a view only the side that reads the table is left: the rows of the others have not changed.
    """
    from sqlglot import exp

    found = False
    for table in list(tree.find_all(exp.Table)):
        qualified, alias = _qualified(table), exp.TableAlias(this=exp.to_identifier(table.alias_or_name))
        if inside_view and qualified == name:
            table.replace(exp.Table(this=exp.to_identifier("changed"), alias=alias))
            found = True
        elif qualified in views:
            inside = views[qualified].expression.copy()
            if _over_changed(inside, name, views, inside_view=True):
                _leave_changed_sides(inside)
                table.replace(exp.Subquery(this=inside, alias=alias))
                found = True
    return found


def _leave_changed_sides(view: "exp.Expr") -> None:
    from sqlglot import exp

    common = {expression.alias: expression.this for expression in view.find_all(exp.CTE)}

    def reads_changed(part: exp.Expr) -> bool:
        names = [_qualified(table) for table in part.find_all(exp.Table)]
        return "changed" in names or any(reads_changed(common[name]) for name in names if name in common)

    for union in list(view.find_all(exp.Union)):
        for side, other in ((union.left, union.right), (union.right, union.left)):
            if not reads_changed(side):
                union.replace(other)
                break


def parse_model(path: Path, schema: str) -> Model:
    """Read one model file. Raises ModelError or, for a fault in the header, ConfigError with file and line."""
    return _parsed(path, schema, path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def _parsed(path: Path, schema: str, text: str) -> Model:
    """The same text is parsed once a process, whatever asks for a catalog; a model holds nothing that anybody changes."""
    if not text.startswith("/*") or "*/" not in text:
        raise ModelError(f"{path}:1: a model starts with its header, /* YAML */")
    yaml_text, body = text[2:].split("*/", 1)
    header = validate(parse_yaml(yaml_text, str(path)), Header)
    return Model(f"{schema}.{path.stem}", path, header, body.strip().rstrip(";"))


def load_models(folder: Path = FOLDER) -> Mapping[str, Model]:
    """Every model under a folder of schemas, by name. Raises ModelError or ConfigError for the first file that is wrong."""
    models = [parse_model(path, schema) for schema in SCHEMAS for path in sorted((folder / schema).glob("*.sql"))]
    return {model.name: model for model in models}


def _qualified(table: "exp.Table") -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


def _matches(columns: list[str], unit: list[str]) -> str:
    if len(columns) != len(unit):
        raise ConfigError(f"'restrict' names {len(columns)} columns for a unit of {len(unit)}")
    return in_units(columns, unit)
