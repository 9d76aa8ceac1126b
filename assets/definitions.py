"""What Dagster loads: ``workspace.yaml`` names this module. How it is put together stands in ``assets.build``."""

from assets.build import build_defs

__all__ = ["build_defs", "defs"]

defs = build_defs()
