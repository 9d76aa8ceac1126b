"""What must be true of the tables, and how it is judged.

One module a kind of truth, each giving checks as data; ``suite`` runs them through Great Expectations, ``store`` keeps what they found.
Not here: how a check stops publishing (assets), how rows are made (pipelines, sql).
"""
