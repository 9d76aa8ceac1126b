"""The columns of a generic input as SQL over its source: typed, checked, and never guessed.

A text that SQL takes as it stands (``1234.50``, ``2026-12-31``) is cast; where a column holds others (``1 234,50``, ``31.12.2026``) its
distinct texts are read by the value readers beforehand and joined in as a look-up.
"""

from collections.abc import Iterable, Sequence

from pipelines import privacy, values
from pipelines.schema import LINEAGE, Column, RawTable
from pipelines.sources import Source, normalise_name
from pipelines.statement import Sql, compose, identifier, join, literal

_MISSING = join(", ", [literal(text) for text in sorted(values.MISSING)])
_NATIVE = {
    "count": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"),
    "flag": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "DATE"),
}
_NUMBERS = (*_NATIVE["count"], "FLOAT", "DOUBLE")
AS_GIVEN = ("text", "url", "json", "id")


def in_order(known: Sequence[str], names: Iterable[str]) -> list[str]:
    """Extra columns in the order of the raw table: those that it has, then new ones by name."""
    return [*known, *sorted(set(names) - set(known))]


class TypedColumns:
    """Which column of a source is which column of an input, and the SQL that reads it.

    ``mapped`` is target column -> source column, ``extras`` source column -> its name in raw, ``lookups`` target column -> the table of its
    distinct texts with ``value`` and ``problem``.
    """

    def __init__(self, source: Source, table: RawTable, zone: str | None) -> None:
        self.source = source
        self.table = table
        self.zone = zone
        self.lookups: dict[str, Sql] = {}
        by_name: dict[str, str] = {}
        for column, name in zip(source.columns, source.names, strict=True):
            by_name.setdefault(normalise_name(name), column)
        self.mapped: dict[str, str] = {}
        for target in table.own_columns:
            found = next((by_name[name] for name in target.header if name in by_name), None)
            if found:
                self.mapped[target.name] = found
        taken = set(self.mapped.values())
        self.extras = self._extra_names([column for column in source.columns if column not in taken])

    def explain(self) -> str:
        """In words: how each column of the source is read."""
        names = dict(zip(self.source.columns, self.source.names, strict=True))
        lines = [f"  {names[column]} -> {target}" for target, column in self.mapped.items()]
        lines += [f"  {names[column]} -> kept as {name}" for column, name in self.extras.items()]
        return "\n".join(lines)

    def _extra_names(self, columns: list[str]) -> dict[str, str]:
        used = {column.name for column in (*self.table.own_columns, *LINEAGE)}
        given = dict(zip(self.source.columns, self.source.names, strict=True))
        extras: dict[str, str] = {}
        for column in columns:
            base = name = normalise_name(given[column])
            number = 2
            while name in used:
                name, number = f"{base}_{number}", number + 1
            used.add(name)
            extras[column] = name
        return extras

    def records(self) -> Sql:
        """The source with ``hourglass_record`` and the looked-up values beside it."""
        base = compose(
            "(select {row} as hourglass_record, * from {relation}) as source",
            row=self.source.row,
            relation=self.source.relation,
        )
        joins = [
            compose(
                " left join {table} on {table}.text = {column}",
                table=table,
                column=self.column(self.mapped[name]),
            )
            for name, table in self.lookups.items()
        ]
        return Sql(base + "".join(joins))

    def column(self, name: str) -> Sql:
        """A column of the source as it is."""
        return identifier("source", name)

    def as_text(self, column: str) -> Sql:
        """A column of the source as text."""
        reference = self.column(column)
        return reference if self.source.columns[column] == "VARCHAR" else compose("cast({c} as varchar)", c=reference)

    def text(self, column: str) -> Sql:
        """A column of the source as text without addresses; NULL where it is blank."""
        return compose("nullif({text}, '')", text=privacy.mask_expression(self.as_text(column)))

    def value(self, column: Column) -> Sql:
        """The typed value of a target column; NULL where it is missing or can't be read."""
        name = self.mapped.get(column.name)
        if name is None:
            return compose("cast(null as {type})", type=Sql(column.type))
        if column.kind == "email":
            return privacy.hash_expression(self.as_text(name))
        if column.kind == "id":
            return compose("nullif(trim({text}), '')", text=privacy.mask_expression(self.as_text(name)))
        if column.unit in ("text", "url", "json"):
            return self.text(name)
        if column.name in self.lookups:
            return compose("{table}.value", table=self.lookups[column.name])
        if self.is_native(column):
            return self._native(column, name, self.source.columns[name])
        return self._cast(column, self.as_text(name))

    def is_native(self, column: Column) -> bool:
        """Whether the source's own type tells the value of a mapped column, so that there are no texts to be read."""
        source_type = self.source.columns[self.mapped[column.name]]
        if column.kind in _NATIVE:
            return source_type in _NATIVE[column.kind]
        return source_type in _NUMBERS or source_type.startswith("DECIMAL")

    def _native(self, column: Column, name: str, source_type: str) -> Sql:
        reference = self.column(name)
        if column.kind != "timestamp":
            return compose("try_cast({c} as {type})", c=reference, type=Sql(column.type))
        if source_type == "TIMESTAMP WITH TIME ZONE":
            return compose("timezone('UTC', {c})", c=reference)
        if source_type == "TIMESTAMP":
            return self._in_zone(reference)
        return self._in_zone(compose("cast({c} as timestamp)", c=reference))

    def _in_zone(self, naive: Sql) -> Sql:
        if self.zone is None or self.zone == "UTC":
            return naive
        return compose("timezone('UTC', timezone({zone}, {c}))", zone=literal(self.zone), c=naive)

    def _cast(self, column: Column, text: Sql) -> Sql:
        bare = compose("trim({text})", text=text)
        if column.kind == "timestamp":
            # A cast to TIMESTAMP drops an offset without a word, so texts with one go through TIMESTAMPTZ.
            return compose(
                "case when regexp_matches({c}, ':\\d\\d(\\.\\d+)? ?([Zz]|UTC|[+-]\\d\\d(:?\\d\\d)?)$')"
                " then timezone('UTC', try_cast(replace({c}, ' UTC', 'Z') as timestamptz))"
                " when regexp_matches({c}, '^\\d\\d\\d\\d-') then {naive} end",
                c=bare,
                naive=self._in_zone(compose("try_cast({c} as timestamp)", c=bare)),
            )
        if column.kind == "date":
            return compose(
                "case when regexp_full_match({c}, '\\d{{4}}-\\d{{2}}') then try_cast({c} || '-01' as date)"
                " when regexp_matches({c}, '^\\d{{4}}-\\d{{2}}-\\d{{2}}') then try_cast(left({c}, 10) as date) end",
                c=bare,
            )
        if column.kind == "count":
            # 1.000 may be a thousand; it is left to the value readers.
            return compose(
                "case when regexp_full_match({c}, '[+-]?\\d+(\\.0{{1,2}})?') then try_cast({c} as bigint) end", c=bare
            )
        if column.kind == "flag":
            return compose("try_cast({c} as boolean)", c=bare)
        return compose(
            "case when regexp_full_match({c}, '[+-]?\\d*\\.?\\d+(e[+-]?\\d+|E-\\d+)?') then try_cast({c} as {type}) end",
            c=bare,
            type=Sql(column.type),
        )

    def given(self, column: Column) -> Sql:
        """Whether the record says anything for a target column."""
        name = self.mapped.get(column.name)
        if name is None:
            return Sql("false")
        reference = self.column(name)
        if self.source.columns[name] != "VARCHAR":
            return compose("{c} is not null", c=reference)
        if column.unit in AS_GIVEN:
            return compose("nullif(trim({c}), '') is not null", c=reference)
        return compose("coalesce(lower(trim({c})), '') not in ({missing})", c=reference, missing=_MISSING)

    def checked(self) -> list[Column]:
        """The target columns on which a record can fail."""
        return [
            column
            for column in self.table.own_columns
            if column.required or (column.name in self.mapped and column.unit not in AS_GIVEN)
        ]

    def fault(self, column: Column) -> Sql:
        """Whether a record fails on a column: a required one without a value, or any one that can't be read."""
        if column.required:
            return compose("({value}) is null", value=self.value(column))
        return compose("({value}) is null and {given}", value=self.value(column), given=self.given(column))

    def bad_record(self) -> Sql:
        """Whether a record fails on a required column."""
        faults = [self.fault(column) for column in self.checked() if column.required]
        return join(" or ", [compose("({fault})", fault=fault) for fault in faults] or [Sql("false")])
