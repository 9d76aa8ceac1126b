"""Files to raw tables: the inbox, the readers of inputs and exports, the load. Runs without Dagster."""
