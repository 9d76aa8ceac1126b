"""What a marketing team owns: YAML and CSV that a person edits, and the code that reads it.

Here: settings, the UTM standard, channel rules, KPI definitions, plans, and where things lie on disk. Every file is validated on
load; a mistake is reported with file, line and the allowed values. Not here: anything that reads data. No room is imported from here.
"""
