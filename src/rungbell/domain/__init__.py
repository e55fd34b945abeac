"""The core: values and pure functions that hold every rule of the playbook.

Nothing here does I/O, reads a clock, draws a random number or writes a log line; ``now`` is an argument. The rest of
rungbell carries out what this package decides.
"""
