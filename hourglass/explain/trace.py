"""From a measure in a period to the files that it was added up from.

Everything is read from the published file. What a file gave is the sum over its rows; where the rows do not add up to what was published
(a model was changed and the measure's amount in :mod:`hourglass.explain.facts` was not) no share is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb

from config.kpis import KpiFile, Measure, signed
from hourglass.explain.facts import AMOUNTS, RATES, ROWS_OF, WITHOUT_SHARES, Amount
from hourglass.explain.question import WHOLE, Question

COUNTED = "counted"
VISITS = "visits"
CONVERSIONS = "conversions"
BEFORE = "before"
EXCHANGE_RATES = "rates"
ROLES: Mapping[str, str] = {
    COUNTED: "holds the rows that are counted",
    VISITS: "holds the visits that take the credit",
    CONVERSIONS: "holds what the visits came to",
    BEFORE: "holds the posts' figures before, which are taken off",
    EXCHANGE_RATES: "rates of the day",
}


@dataclass(frozen=True)
class FilePart:
    """A file behind a measure: how many of its rows count, what they add up to, and their share of the measure, 0 to 1."""

    path: str
    role: str
    rows: int | None = None
    amount: Decimal | None = None
    share: Decimal | None = None


@dataclass(frozen=True)
class MeasurePart:
    """A measure within a numerator or denominator; ``value`` is None where the published file can't tell it apart from its neighbours."""

    measure: str
    part: str
    description: str
    sources: tuple[str, ...]
    kind: str
    value: Decimal | None
    files: tuple[FilePart, ...] = ()
    remark: str | None = None


@dataclass
class Tracer:
    """What all measures of one question share. ``total`` of a part is what was published of it."""

    connection: duckdb.DuckDBPyConnection
    question: Question
    kpis: KpiFile
    attribution_model: str
    currency: str
    daily_exports: frozenset[tuple[str, str]] = field(default=frozenset())

    def part(self, name: str, measures: list[str], total: Decimal | None) -> list[MeasurePart]:
        """The measures of a numerator or denominator, those with a minus taken off, with their values and files."""
        dimension = self.question.dimension
        found = [
            (measure, sign, self.kpis.measures[measure])
            for measure, sign in signed(measures)
            if dimension == WHOLE
            or dimension in self.kpis.measures[measure].dims
            or not self.kpis.measures[measure].dims
        ]
        sums: dict[str, Decimal] = {}
        for measure, _, shape in found:
            if self._is_never_added_up(shape):
                continue
            amount = AMOUNTS.get(measure)
            if amount is not None and amount.sums and self._cuts(amount):
                sums[measure] = self._sum(amount) or Decimal(0)
        told = sum((sign * sums[measure] for measure, sign, _ in found if measure in sums), Decimal(0))
        untold = [(measure, sign) for measure, sign, _ in found if measure not in sums]
        agrees = untold != [] or total is None or told == total
        if len(untold) == 1 and total is not None:
            measure, sign = untold[0]
            sums[measure] = sign * (total - told)
        together = None
        if len(untold) > 1 and total is not None and len({sign for _, sign in untold}) == 1:
            rest = untold[0][1] * (total - told)
            together = f"{' and '.join(measure for measure, _ in untold)} are {rest.normalize():,f} together"
        return [
            self._measure(
                name, measure, shape, sums.get(measure), agrees=agrees, told=None if measure in sums else together
            )
            for measure, _, shape in found
        ]

    def _is_never_added_up(self, measure: Measure) -> bool:
        """Whether it counts what may be the same on two days or of two accounts, and more than one of these is asked for."""
        return measure.kind == "unique" and (self.question.period.kind != "day" or self.question.dimension == WHOLE)

    def _one_of_them(self) -> str:
        """How to ask for a day and account instead."""
        question = self.question
        found = self.connection.execute(
            "select period_start_date, dimension, member from kpi.kpi_values where kpi = ? and period = 'day' and dimension <> 'all' "
            "and period_start_date between ? and ? and (dimension = ? or ? = 'all') and (member = ? or ? = 'all') "
            "order by value is null, period_start_date, dimension, member limit 1",
            [question.kpi, question.period.start, question.period.end, *([question.dimension] * 2), *([question.member] * 2)],
        ).fetchone()  # fmt: skip
        return f"; ask for one: --period {found[0]} --where '{found[1]}={found[2]}'" if found else ""

    def _cuts(self, amount: Amount) -> bool:
        """Whether the rows can be restricted to the member that is asked for."""
        return self.question.dimension == WHOLE or self.question.dimension in amount.fact.members

    def _measure(
        self, part: str, name: str, measure: Measure, value: Decimal | None, *, agrees: bool, told: str | None
    ) -> MeasurePart:
        """``told`` is what is known of its value together with others."""
        amount, remark, files = AMOUNTS.get(name), None, []
        if amount is not None:
            files = self._counted(amount, value if agrees else None, is_stock=measure.kind == "start")
            files += self._beside(amount)
            if not self._cuts(amount):
                remark = f"the published rows do not tell the {self.question.dimension}: the files are those of the whole, without shares"
            elif not amount.sums:
                remark = f"no file has a share of it: {amount.why}"
        elif measure.measure:
            files, remark = self._of_largest(name, measure, value)
        elif measure.kpi:
            files, remark = self._of_weeks(measure)
        else:
            for source in measure.source:
                if source in ROWS_OF:
                    files += self._counted(ROWS_OF[source], None, is_stock=False)
            why = WITHOUT_SHARES.get(name, "it is worked out over rows of this and other periods")
            remark = f"no file has a share of it: {why}; the files are those of the period"
        if self._is_never_added_up(measure):
            files = [replace(file, amount=None, share=None) for file in files]
            remark = "no file has a share of it: what is the same on two days or of two accounts counts once, so it is never added up"
            remark += self._one_of_them()
        elif not agrees:
            remark = "the rows of the published file do not add up to the published sum: shares are left out"
        remark = "; ".join(filter(None, (told, remark))) or None
        return MeasurePart(name, part, measure.of, tuple(measure.source), measure.kind, value, tuple(files), remark)

    def _of_largest(self, name: str, measure: Measure, value: Decimal | None) -> tuple[list[FilePart], str]:
        """The files of the member that is largest, with their shares of it, and which one that is."""
        amount, over = AMOUNTS[str(measure.measure)], str(measure.over)
        left_out = list(self.kpis.measures[name].leave_out)
        largest = self._rows(
            amount,
            "select member, cast(sum(amount) as decimal(28, 9)) from ({counted}) where not list_contains($left_out, member) "
            "group by member order by 2 desc, 1 limit 1",
            columns=f"{amount.fact.members[over]} as member",
            left_out=left_out,
        )
        if not largest:
            return [], f"no {over} has any"
        member, total = largest[0]
        tracer = replace(self, question=replace(self.question, dimension=over, member=member))
        agrees = value is None or total == value
        files = tracer._counted(amount, total if agrees else None, is_stock=False) + tracer._beside(amount)
        more = "" if agrees else "; its rows do not add up to the published sum: shares are left out"
        return files, f"the largest {over} is {member}: the files are those of its {measure.measure}{more}"

    def _of_weeks(self, measure: Measure) -> tuple[list[FilePart], str]:
        """The files behind a KPI in the period and the weeks before it, with the rows of numerator and denominator together; and the
        weeks' values, of which each counts as much as the others."""
        kpi, weeks = str(measure.kpi), measure.weeks or 1
        period = self.question.period
        last = period.end + timedelta(days=1)
        monday = last - timedelta(days=last.weekday()) - timedelta(weeks=weeks)
        longer = replace(period, start=monday, end=monday + timedelta(weeks=weeks, days=-1))
        tracer = replace(self, question=replace(self.question, period=longer))
        definition = self.kpis.kpis[kpi]
        rows: dict[str, int] = {}
        for name, _ in signed([*definition.numerator, *definition.denominator]):
            for file in tracer._counted(AMOUNTS[name], None, is_stock=False):
                rows[file.path] = rows.get(file.path, 0) + (file.rows or 0)
        values = self.connection.execute(
            "select period_start_date, value from kpi.kpi_values where kpi = ? and period = 'week' and dimension = ? and member = ? "
            "and period_start_date between ? and ? order by 1",
            [kpi, self.question.dimension, self.question.member, longer.start, longer.end],
        ).fetchall()
        told = ", ".join(f"{start:%G-W%V} {value:,.2f}" for start, value in values if value is not None)
        remark = (
            f"no file has a share of it: it is the {measure.kind} of the {kpi} of {weeks} weeks, each a ratio and each counting 1 / {weeks}"
            f" ({told or 'none known'}); the files are those of these weeks"
        )
        return [FilePart(path, COUNTED, count) for path, count in sorted(rows.items())], remark

    def _sum(self, amount: Amount) -> Decimal | None:
        rows = self._rows(amount, "select cast(sum(amount) as decimal(28, 9)) from ({counted})")
        return rows[0][0] if rows else None

    def _counted(self, amount: Amount, value: Decimal | None, *, is_stock: bool) -> list[FilePart]:
        """The files of the rows; a stock is that of the period's first day."""
        rows = self._rows(
            amount,
            "select file, count(distinct id) filter (where id <> '1') + count(*) filter (where id = '1'), "
            "cast(sum(amount) as decimal(28, 9)) from ({counted}) group by file order by 3 desc nulls last, 1",
            last=self.question.period.start if is_stock else self.question.period.end,
        )
        parts = []
        for path, count, total in rows:
            given = total if amount.sums and self._cuts(amount) else None
            share = given / value if given is not None and value else None
            parts.append(FilePart(path, COUNTED, count, given, share))
        return parts

    def _beside(self, amount: Amount) -> list[FilePart]:
        """Files that decide about the rows without holding them."""
        found: list[FilePart] = []
        if amount.by_touch or (amount.fact.currency is not None and self.question.dimension != WHOLE):
            found += self._files(
                amount,
                VISITS,
                "select sessions.source_file, count(distinct sessions.session_id) from ({counted}) as counted "
                "join core.fct_sessions as sessions on sessions.session_id = counted.session_id group by 1 order by 2 desc, 1",
                columns="credits.session_id",
                only="credits",
            )
        if amount.by_conversion:
            found += self._files(
                amount,
                CONVERSIONS,
                "select conversions.source_file, count(*) from ({counted}) as counted "
                "join core.fct_conversions as conversions on conversions.session_id = counted.session_id group by 1 order by 2 desc, 1",
                columns="sessions.session_id",
                only="sessions",
            )
        if "fct_posts_daily" in amount.fact.rows:
            found += self._before(amount)
        if amount.is_money and amount.fact.currency is not None:
            foreign = self._rows(
                amount,
                "select count(*) from ({counted}) where currency <> $reporting",
                columns=f"{amount.fact.currency} as currency",
                reporting=self.currency,
            )
            if foreign and foreign[0][0]:
                found += self._covering(list(RATES))
        return found

    def _files(self, amount: Amount, role: str, query: str, *, columns: str, only: str) -> list[FilePart]:
        if f" as {only}" not in amount.fact.rows:
            return []
        return [FilePart(path, role, rows) for path, rows in self._rows(amount, query, columns=columns)]

    def _before(self, amount: Amount) -> list[FilePart]:
        """The newest earlier state of the posts: a figure since publishing counts by how much it has grown."""
        rows = self._rows(
            amount,
            "select before.source_file, count(*) from ("
            "  select earlier.platform, earlier.post_id, arg_max(earlier.source_file, earlier.date) as source_file"
            "  from ({counted}) as counted join core.fct_posts_daily as earlier on earlier.platform = counted.platform "
            "  and earlier.post_id = counted.post_id and not earlier.is_paid and earlier.date < $start"
            "  where counted.file not in ("
            "    select file_path from quality.files where list_contains($daily, concat(source, '/', export_kind)))"
            "  group by all) as before group by 1 order by 2 desc, 1",
            columns="days.platform, days.post_id",
            start=self.question.period.start,
            daily=[f"{source}/{kind}" for source, kind in sorted(self.daily_exports)],
        )
        return [FilePart(path, BEFORE, count) for path, count in rows]

    def _covering(self, exports: list[str]) -> list[FilePart]:
        """The files of rates that cover the period."""
        rows = self.connection.execute(
            "select file_path from quality.files where list_contains($exports, export_kind) "
            "and status in ('loaded', 'partly_loaded') and coalesce(period_from_date <= $last, true) and "
            "coalesce(period_to_date >= $first, true) order by file_path",
            {"exports": exports, "first": self.question.period.start, "last": self.question.period.end},
        ).fetchall()
        return [FilePart(path, EXCHANGE_RATES) for (path,) in rows]

    def _rows(self, amount: Amount, query: str, *, columns: str = "", **values: object) -> list[tuple[Any, ...]]:
        """Run a query over the rows that count: ``{counted}`` in it has their file, amount and id, and ``columns``."""
        fact, question = amount.fact, self.question
        more = f", {columns}" if columns else ""
        where = f"{fact.date} between $first and $last" if not amount.is_running else f"{fact.date} <= $last"
        if question.dimension in fact.members:
            where += f" and {fact.members[question.dimension]} = $member"
            values["member"] = question.member
        counted = (
            f"select {fact.file} as file, {amount.expression} as amount, cast({fact.id} as varchar) as id{more} "
            f"from {fact.rows} where {where}"
        )
        if "$model" in fact.rows:
            values["model"] = self.attribution_model
        if "social_ad_platforms" in amount.parameters:
            values["social_ad_platforms"] = self.kpis.social_ad_platforms
        values = {
            "last": question.period.end,
            **({} if amount.is_running else {"first": question.period.start}),
            **values,
        }
        counted = f"select * from ({counted}) where amount is not null"
        return self.connection.execute(query.replace("{counted}", counted), values).fetchall()
