"""Where the records of a generic input are: CSV, JSON lines or Parquet as a relation that DuckDB reads.

Also which generic input a header is. What becomes of the records is the business of :mod:`pipelines.generic`.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines import values
from pipelines.limits import LIMITS
from pipelines.schema import INPUT_TABLES, RawTable
from pipelines.statement import Sql, compose, identifier, join, literal

_TRANSLITERATED = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "ä": "a", "ö": "o", "ß": "ss"})


def normalise_name(text: str) -> str:
    """A header as a column name: lower case ASCII words joined by one underscore."""
    lowered = values.clean(text).lower().translate(_TRANSLITERATED)
    ascii_text = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", ascii_text).strip("_")
    return f"c_{name}" if not name or name[0].isdigit() else name


@dataclass(frozen=True)
class Fit:
    """How well a header fits an input: ``share`` of the header's names that the input knows; ``missing`` required ones."""

    table: RawTable
    share: float
    missing: tuple[str, ...]


def fits(header: Sequence[str]) -> list[Fit]:
    """Every generic input that shares a name with the header, best first; those with nothing missing come first."""
    names = {normalise_name(cell) for cell in header if cell.strip()}
    found: list[Fit] = []
    for table in INPUT_TABLES:
        known = {name for column in table.own_columns for name in column.header}
        missing = tuple(column.header[0] for column in table.required if not names.intersection(column.header))
        if names & known:
            found.append(Fit(table, len(names & known) / len(names), missing))
    return sorted(
        found,
        key=lambda fit: (
            len(fit.missing) > 0,
            len(fit.missing) / len(fit.table.required) if fit.missing else 0,
            -fit.share,
        ),
    )


@dataclass(frozen=True)
class Source:
    """A relation over a file. ``row`` is the record's number, ``columns`` header -> DuckDB type, ``kind`` csv, json or parquet.

    ``first_line`` is the line of the first record in a CSV; ``rejects`` the name of the table of lines that didn't parse.
    """

    relation: Sql
    row: Sql
    columns: dict[str, str]
    kind: str
    first_line: int = 1
    rejects: str | None = None
    names: tuple[str, ...] = ()
    delimiter: str = ","

    def is_header(self) -> Sql:
        """Whether a record of a CSV is its header once more, as in exports that were put together."""
        if self.kind != "csv" or len(self.names) < 2:
            return Sql("false")
        first, *others = zip(self.columns, self.names, strict=True)
        begins = join(", ", [literal(mark + first[1]) for mark in ("", "\ufeff")])
        given = {column: compose("coalesce({c}, '')", c=identifier(column)) for column in self.columns}
        # The first test, which hardly any record passes, spares the others.
        tests = [compose("{c} in ({names})", c=given[first[0]], names=begins)]
        tests += [compose("{c} = {name}", c=given[column], name=literal(name)) for column, name in others]
        return compose("({all})", all=join(" and ", tests))

    def without(self, condition: Sql) -> "Source":
        """The records for which a condition does not hold; they keep their numbers."""
        numbered = compose("(select {row} as hourglass_given_record, * from {r})", row=self.row, r=self.relation)
        kept = compose("(select * from {numbered} where not ({condition}))", numbered=numbered, condition=condition)
        return replace(self, relation=kept, row=Sql("hourglass_given_record"))


def csv_source(location: Path, header: Sequence[str], *, delimiter: str, skip: int, number: int) -> Source:
    """A UTF-8 CSV whose first ``skip`` lines are not records. ``number`` makes the name of its table of rejects."""
    names = [f"c{index}" for index in range(len(header))]
    columns = join(", ", [compose("{name}: 'VARCHAR'", name=literal(name)) for name in names])
    # DuckDB sets its buffers aside at once, so a small file gets small ones.
    longest = min(LIMITS.record_bytes, max(location.stat().st_size + 1, 64 * 1024))
    relation = compose(
        "read_csv({path}, auto_detect=false, header=false, skip={skip}, delim={delimiter}, quote='\"', escape='\"',"
        " columns={{{columns}}}, nullstr='', store_rejects=true, rejects_table={rejects}, rejects_scan={scans},"
        " max_line_size={line_size}, buffer_size={buffer_size})",
        path=literal(str(location)),
        skip=literal(skip),
        delimiter=literal(delimiter),
        columns=columns,
        rejects=literal(f"rejects_{number}"),
        scans=literal(f"scans_{number}"),
        line_size=literal(longest),
        buffer_size=literal(longest * 2),
    )
    return Source(
        relation,
        Sql("row_number() over ()"),
        dict.fromkeys(names, "VARCHAR"),
        "csv",
        skip + 1,
        f"rejects_{number}",
        tuple(header),
        delimiter,
    )


def json_source(connection: duckdb.DuckDBPyConnection, location: Path) -> Source:
    """JSON lines (or one array of objects); every value as text. Lines that aren't objects become records without values."""
    objects = compose(
        "read_json_objects({path}, format='auto', ignore_errors=true, maximum_object_size={size})",
        path=literal(str(location)),
        size=literal(LIMITS.record_bytes),
    )
    query = (
        "select distinct unnest(json_keys(json)) as name from {objects} where json_type(json) = 'OBJECT' order by name"
    )
    names = [row[0] for row in connection.execute(compose(query, objects=objects)).fetchall()]
    columns = [f"c{index}" for index in range(len(names))]
    structure = ", ".join(_json_text(name) + ': "VARCHAR"' for name in names)
    fields = join(
        ", ",
        [
            compose("(fields).{name} as {column}", name=identifier(name), column=identifier(column))
            for name, column in zip(names, columns, strict=True)
        ]
        or [Sql("1 as nothing")],
    )
    relation = compose(
        "(select {fields} from (select json_transform(json, {structure}) as fields from {objects}))",
        fields=fields,
        structure=literal("{" + structure + "}"),
        objects=objects,
    )
    return Source(relation, Sql("row_number() over ()"), dict.fromkeys(columns, "VARCHAR"), "json", names=tuple(names))


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def parquet_source(connection: duckdb.DuckDBPyConnection, location: Path) -> Source:
    """A Parquet file with its own types."""
    relation = compose("read_parquet({path}, file_row_number=true)", path=literal(str(location)))
    described = connection.execute(compose("describe select * from {relation}", relation=relation)).fetchall()
    columns = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    return Source(relation, Sql("file_row_number + 1"), columns, "parquet", names=tuple(columns))
