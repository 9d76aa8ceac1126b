"""A warehouse in memory with the few columns that the checks read."""

from datetime import date

import duckdb
import pytest

from checks.suite import run_checks
from config.settings import Settings

RUN_DATE = date(2026, 11, 16)


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        for schema in ("raw", "staging", "core", "attribution", "kpi", "quality"):
            connection.execute(f"create schema {schema}")
        yield connection


@pytest.fixture
def judge(warehouse):
    """Runs one check out of a list, by name and asset, against the warehouse."""

    def run(checks, name, asset, settings=None):
        (check,) = [check for check in checks if (check.name, check.asset) == (name, asset)]
        (result,) = run_checks(warehouse, [check], settings=settings or Settings(), run_date=RUN_DATE)
        return result

    return run
