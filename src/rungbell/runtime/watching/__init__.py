"""Loops that look: at clocks, shifts, silence, the store, the daemon itself, and at what may be forgotten."""
