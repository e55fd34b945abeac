"""Scenarios: the real door, watcher, sender and store on a clock that jumps, with providers that behave as told."""
