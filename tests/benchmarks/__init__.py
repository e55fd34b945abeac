"""How fast rungbell is, as ratios within one run: ``python -m tests.benchmarks``; nothing here is a test."""
