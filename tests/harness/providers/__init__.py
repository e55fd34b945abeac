"""Providers that are played on loopback: each takes what the real one takes, and refuses what that refuses."""
