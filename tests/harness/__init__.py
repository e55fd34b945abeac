"""The harness: runs rungbell and the programs around it as real processes on loopback."""
