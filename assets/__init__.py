"""What Dagster sees: assets, checks, jobs, schedules, sensors and resources, all of it wiring.

Here: how the rooms are joined into a graph, run, watched and published. Not here: how a file is read (pipelines), what a number means
(sql, config), what must be true (checks).
"""
