"""Everything that the published file knows about one number, put together."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from config.home import Home
from config.kpis import Kpi, KpiFile, load_kpis
from config.settings import load_settings
from config.tables import config_tables
from hourglass.explain.question import Question, parse_period, settled
from hourglass.explain.trace import MeasurePart, Tracer
from hourglass.terminal import UserError
from pipelines.formats_model import load_formats
from sql.catalog import Catalog
from sql.changes import table_exists
from sql.measures import tables_behind
from sql.workbench import Workbench

DAILY_POSTS = "social_post_daily"
ALWAYS_BEHIND = {"kpi.kpi_values", "kpi.kpi_catalogue", "raw.files"}


@dataclass(frozen=True)
class Said:
    """What a publication said of the number, from its run date until the next one."""

    run_date: date
    sequence_number: int
    value: Decimal | None
    null_reason: str | None


@dataclass(frozen=True)
class CheckLine:
    """A check of a table that the number stands on, as the newest run judged it."""

    name: str
    asset: str
    member: str
    severity: str
    passed: bool
    detail: str
    checked_at: datetime


@dataclass(frozen=True)
class Value:
    """The row of ``kpi.kpi_values``."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    unit: str
    currency: str | None
    is_complete: bool
    is_estimated: bool
    null_reason: str | None


@dataclass(frozen=True)
class Answer:
    """The number, its meaning, its parts with their files, the checks behind it, and what it used to say, the newest first."""

    question: Question
    definition: Kpi
    title: str
    formula: str
    owner: str
    value: Value
    parts: tuple[MeasurePart, ...]
    checks: tuple[CheckLine, ...]
    history: tuple[Said, ...]
    published_at: datetime
    run_date: date
    remarks: tuple[str, ...]


def answer(home: Home, kpi: str, period: str, where: str | None) -> Answer:
    """Explain a number of the published file.

    Raises:
        UserError: nothing is published, or a name is unknown; with what is nearest.
        ConfigError: the configuration can't be used.
    """
    wanted = parse_period(period)
    kpis = load_kpis(home)
    if not home.published.is_file():
        raise UserError(f"nothing is published in {home.root} yet; call `hourglass run`")
    with duckdb.connect(str(home.published), read_only=True) as connection:
        if not table_exists(connection, "kpi.counted_rows"):
            raise UserError("what is published comes from an earlier version; call `hourglass run`")
        question = settled(connection, kpi, wanted, where)
        return _answer(home, connection, kpis, question)


def _answer(home: Home, connection: duckdb.DuckDBPyConnection, kpis: KpiFile, question: Question) -> Answer:
    definition = kpis.kpis.get(question.kpi)
    if definition is None:
        raise UserError(f"{question.kpi} is published, but kpis.yml no longer has it; call `hourglass run`")
    title, formula, owner = _row(
        connection, "select title_en, formula, owner from kpi.kpi_catalogue where kpi = ?", [question.kpi]
    )
    value = Value(
        *_row(
            connection,
            "select numerator, denominator, value, unit, currency, is_complete, is_estimated, null_reason from kpi.kpi_values "
            "where kpi = ? and period = ? and period_start_date = ? and dimension = ? and member = ?",
            _key(question),
        )
    )
    tracer = _tracer(home, connection, kpis, question)
    parts = tracer.part("numerator", definition.numerator, value.numerator)
    parts += tracer.part("denominator", definition.denominator, value.denominator)
    published_at, run_date = _row(connection, "select published_at, run_date from quality.publication", [])
    remarks = []
    if formula != definition.formula:
        remarks.append(f"kpis.yml now says: {definition.formula}; the next run will count so")
    return Answer(
        question=question,
        definition=definition,
        title=title,
        formula=formula,
        owner=owner,
        value=value,
        parts=tuple(parts),
        checks=_checks(connection, {source for part in parts for source in part.sources}),
        history=_history(connection, question),
        published_at=published_at,
        run_date=run_date,
        remarks=tuple(remarks),
    )


def _tracer(home: Home, connection: duckdb.DuckDBPyConnection, kpis: KpiFile, question: Question) -> Tracer:
    settings = load_settings(home)
    if question.dimension == "owner":
        bench = Workbench(raw={}, config=config_tables(home, question.period.start))
        bench.compute("core.int_link_owners")
        connection.register("link_owners", bench.connection.execute("from core.int_link_owners").to_arrow_table())
    daily = frozenset((form.source, form.kind) for form in load_formats(home).all if form.table == DAILY_POSTS)
    return Tracer(connection, question, kpis, settings.attribution.model, settings.currency, daily)


def _checks(connection: duckdb.DuckDBPyConnection, sources: set[str]) -> tuple[CheckLine, ...]:
    tables = sorted(tables_behind(Catalog(), sources) | ALWAYS_BEHIND)
    rows = connection.execute(
        "select check_name, asset, member, severity, passed, detail, checked_at from quality.check_results "
        "where list_contains(?, asset) "
        "qualify checked_at = max(checked_at) over (partition by check_name, asset) order by passed, asset, check_name, member",
        [tables],
    ).fetchall()
    return tuple(CheckLine(*row) for row in rows)


def _history(connection: duckdb.DuckDBPyConnection, question: Question) -> tuple[Said, ...]:
    rows = connection.execute(
        "select run_date, sequence_number, value, null_reason from kpi.kpi_history "
        "where kpi = ? and period = ? and period_start_date = ? and dimension = ? and member = ? order by sequence_number desc",
        _key(question),
    ).fetchall()
    return tuple(Said(*row) for row in rows)


def _key(question: Question) -> list[object]:
    return [question.kpi, question.period.kind, question.period.start, question.dimension, question.member]


def _row(connection: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    if row is None:
        raise UserError("the published file is being replaced; ask again")
    return row
