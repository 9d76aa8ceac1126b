"""The jobs: one, the whole way from the inbox to the published file."""

import dagster as dg

nightly = dg.define_asset_job(
    name="nightly",
    selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
    description=(
        "Files in, one checked DuckDB file out. Reads what is new in the inbox, brings every model up to date, checks, and publishes "
        "unless a blocking check failed. In the launchpad, resources: options: offers a full refresh and a range of days."
    ),
    config={"resources": {"options": {"config": {"full_refresh": False, "since": "", "until": ""}}}},
    tags={"hourglass/job": "nightly"},
)
