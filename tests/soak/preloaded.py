"""What a night imports, imported once: processes of nights are forked from one that has done so (see killing.py)."""

import dlt
import great_expectations
import pandas

import assets.build
import assets.instance
import checks.suite
import hourglass.run
import pipelines.ingest
import sql.materialise
import sql.publish
import tests.soak.killing

__all__ = ["assets", "checks", "dlt", "great_expectations", "hourglass", "pandas", "pipelines", "sql", "tests"]
