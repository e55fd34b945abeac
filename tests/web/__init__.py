"""rungbell over HTTP: a real daemon on a loopback port and a store of its own."""
