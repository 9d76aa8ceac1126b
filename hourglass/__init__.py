"""The command line and the simulator: how a person meets Hourglass.

Here: commands, what they print, and the made-up brand. Not here: anything that computes a number; the commands run the assets.
"""
