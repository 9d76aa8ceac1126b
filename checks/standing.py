"""Results that stand: a check is not asked again where nothing that it depends on has changed since its newest run.

A result depends on the check itself, on the settings that its SQL names, on the rows and columns of the tables that it reads, and on the
software that judges. Where part of that can't be told (a table of which nobody keeps the version) the check is asked every time.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from checks.declared import Agreement, Check, CheckResult, NoViolations, Share, named_parameters
from checks.store import kept_results
from sql.changes import table_versions


class Standing:
    """The results of each check's newest run, and what each depended on."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        checks: Sequence[Check],
        values: Mapping[str, object],
        *,
        anew: bool,
    ) -> None:
        """``values``: what the SQL of a check may name. ``anew``: let no result of these checks stand."""
        self._values = values
        self._versions = table_versions(connection)
        kept = () if anew else kept_results(connection, checks)
        self._kept = {(result.check.asset, result.check.name): result for result in kept}

    def state(self, check: Check) -> str | None:
        """A digest of everything that the check's result depends on; None where that can't be told."""
        versions = [self._versions.get(table) for table in check.tables]
        if None in versions:
            return None
        values = {name: str(self._values[name]) for name in sorted(_named(check))}
        return hashlib.sha256(json.dumps([repr(check), values, versions, _software()]).encode()).hexdigest()

    def result(self, check: Check, state: str | None) -> CheckResult | None:
        """The result of the check's newest run, if it stands."""
        kept = self._kept.get((check.asset, check.name))
        return kept if kept is not None and kept.state == state else None


def _named(check: Check) -> set[str]:
    """The parameters that a check's result depends on."""
    if isinstance(check, NoViolations):
        return named_parameters(check.violations, check.population)
    if isinstance(check, Share):
        return named_parameters(check.measure) | {check.target, check.floor, check.minimum}
    return named_parameters(check.measure) if isinstance(check, Agreement) else set()


@lru_cache(maxsize=1)
def _software() -> str:
    judges = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("suite.py", "judge.py"))
    return hashlib.sha256(judges + version("great-expectations").encode()).hexdigest()
