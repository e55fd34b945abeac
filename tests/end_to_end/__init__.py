"""End to end: rungbell as a process, with the real programs around it."""
