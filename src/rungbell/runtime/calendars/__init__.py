"""Calendars that say who is on call: fetched, kept as the last good copy, read again and laid over the roster."""
