"""The weekly review and the measurement manual: the published tables as pages that a team reads on Monday.

Here: reading what is published, saying it in English, bokmål or Swedish, and laying it out. Nothing is computed that a table does not have.
Not here: when it happens (``assets/review.py``) and the command line (``hourglass/review.py``).
"""
