"""Everything of the configuration that SQL models may read, as Arrow tables in the schema ``config``."""

from datetime import date
from importlib import import_module

import pyarrow as pa

from config import settings as settings_module
from config.home import Home
from config.settings import load_settings
from config.zone import zone_days

# Each of these modules has ``tables(home) -> dict[str, pyarrow.Table]``.
CONTRIBUTORS = (
    "config.utm_standard",
    "config.links",
    "config.channels",
    "config.sources",
    "config.kpis",
    "config.plans",
    "config.decision_rules",
    "config.evidence",
    "config.bridge",
    "config.experiments",
    "config.creative",
)


def config_tables(home: Home, run_date: date) -> dict[str, pa.Table]:
    """The tables of the schema ``config`` for a home, by name, each with stable column order and types.

    ``run_date`` is the local date that the run counts as today. Raises ConfigError with file and line.
    """
    settings = load_settings(home)
    found: dict[str, pa.Table] = {
        **settings_module.tables(settings),
        "run": pa.table({"run_date": pa.array([run_date], pa.date32())}),
        "zone_days": zone_days(settings.time_zone),
    }
    for name in CONTRIBUTORS:
        found.update(import_module(name).tables(home))
    return found
