"""Every check of the project, in the order in which it runs."""

from collections.abc import Sequence

from checks import anomalies, currencies, freshness, grain, raw_contracts, reconciliation, utm_coverage
from checks.declared import Check
from checks.raw_contracts import RawContract
from sql.catalog import Catalog


def all_checks(catalog: Catalog, contracts: Sequence[RawContract]) -> list[Check]:
    """All checks for these models and raw tables."""
    return [
        *raw_contracts.checks(contracts),
        *freshness.checks(),
        *grain.checks(catalog),
        *reconciliation.checks(),
        *currencies.checks(),
        *utm_coverage.checks(),
        *anomalies.checks(),
    ]
