"""The models: one SELECT a table, and the small loader that orders, runs and publishes them.

Here: model files under ``staging``, ``core``, ``attribution``, ``kpi`` and ``quality``; headers, dependencies and column lineage read from
the SQL; full and incremental materialisation; the published file. Not here: reading files, Dagster, and what must be true of the rows.
"""
