"""The kill harness: ends rungbell with SIGKILL under load, again and again, and counts what got lost."""
