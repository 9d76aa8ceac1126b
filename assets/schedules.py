"""When the nightly job runs by itself."""

import dagster as dg

from assets.jobs import nightly

NIGHTLY_CRON = "0 2 * * *"
NIGHTLY_ZONE = "Europe/Oslo"

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly,
    cron_schedule=NIGHTLY_CRON,
    execution_timezone=NIGHTLY_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=(
        "The whole graph every night at 02:00 in Oslo. In the night when the clock goes from 02:00 to 03:00 it runs at 03:00; in the "
        "night when 02:00 comes twice it runs once."
    ),
)
