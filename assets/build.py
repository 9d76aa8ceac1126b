"""How the definitions are put together; ``assets.definitions`` holds those that Dagster loads.

Building them parses the model files and nothing heavier: dlt, pandas and Great Expectations are imported inside the steps that use them.
"""

from collections.abc import Mapping

import dagster as dg

from assets.checks import build_check_steps, result_specs
from assets.jobs import nightly
from assets.models import build_model_assets
from assets.published import build_published_asset
from assets.raw import INBOX_SPEC, build_raw_assets, contracts
from assets.resources import Progress, RunOptions, Warehouse
from assets.review import review
from assets.schedules import nightly_schedule
from assets.sensors import alert_sensor, inbox_sensor
from checks.catalogue import all_checks
from sql.catalog import Catalog


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """The definitions, with other resources where ``overrides`` names them.

    Args:
        overrides: resource by key (``warehouse``, ``options``, ``progress``); tests and the command line put their own in place.

    Raises:
        KeyError: an override for a resource that does not exist.
        ModelError, ConfigError: a model file is wrong.
    """
    resources: dict[str, object] = {
        "warehouse": Warehouse(),
        "options": RunOptions.configure_at_launch(),
        "progress": Progress(),
    }
    unknown = sorted(set(overrides or {}) - set(resources))
    if unknown:
        raise KeyError(f"no resource is called {', '.join(unknown)}; there are {', '.join(resources)}")
    catalog = Catalog()
    checks = all_checks(catalog, contracts())
    return dg.Definitions(
        assets=[
            INBOX_SPEC,
            build_raw_assets(),
            build_model_assets(catalog),
            *result_specs(checks),
            build_published_asset(catalog, checks),
            review,
        ],
        asset_checks=build_check_steps(checks),
        jobs=[nightly],
        schedules=[nightly_schedule],
        sensors=[inbox_sensor, alert_sensor],
        resources={**resources, **(overrides or {})},
        executor=dg.in_process_executor,
    )
