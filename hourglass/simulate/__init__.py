"""The simulator: an inbox of a made-up Nordic brand in the platforms' own formats, and beside it the known answers.

It needs nothing but DuckDB and the standard library, and neither reads nor imports any other part of Hourglass, so that
what it calls true does not rest on the code that it is there to test.
"""
