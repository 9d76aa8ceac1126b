"""The weekly review and the measurement manual: written once the file is out, from the tables that it was made of."""

from typing import Any

import dagster as dg

from assets.keys import PUBLISHED, REVIEW, owner
from assets.models import AFTER_THE_NIGHT
from assets.resources import IO_RETRIES, Progress, Warehouse, faults

DESCRIPTION = """The team's Monday: `reports/<week>.<language>.html`, the same shorter as Markdown, and the measurement manual.

The week is the newest one that is over and complete. Languages, plan and the number of weeks that stay are in `settings.yml`."""


@dg.asset(
    key=REVIEW,
    deps=[PUBLISHED],
    group_name="published",
    description=DESCRIPTION,
    owners=[owner("marketing")],
    kinds={"html", "file"},
    freshness_policy=AFTER_THE_NIGHT,
    retry_policy=IO_RETRIES,
)
def review(context: dg.AssetExecutionContext, warehouse: Warehouse, progress: Progress) -> dg.MaterializeResult[Any]:
    """Write the pages of the newest complete week."""
    with faults():
        from config.settings import load_settings
        from review.manual import write_manual
        from review.write import write_review

        settings = load_settings(warehouse.home)
        manuals = write_manual(warehouse.home, settings)
        connection = warehouse.open(context)
        written = write_review(connection, warehouse.home, settings, today=warehouse.run_date(), clear=True)
        if written is None:
            text = "No week is complete yet: the review waits for the first one."
            return dg.MaterializeResult(
                metadata={"preview": dg.MetadataValue.md(text), "files": len(manuals), "weeks": 0}
            )
        progress.tell(context, f"review of the week from {written.week}: {written.paths[0]}")
        return dg.MaterializeResult(
            metadata={
                "preview": dg.MetadataValue.md(written.preview),
                "week": str(written.week),
                "path": dg.MetadataValue.path(str(written.paths[0])),
                "files": len(written.paths) + len(manuals),
                "weeks": 1,
            }
        )
