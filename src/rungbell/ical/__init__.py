"""iCalendar (RFC 5545): calendars that say who is on call are read, and who is on call is written as one.

    bytes → ``content`` (lines, components) → ``expansion`` (what happens when; by the libraries of the extra)
    → ``events`` (values) → ``people`` (whose shift it is) → ``domain.shifts``
    ``domain.rota`` → ``feed`` (text)

Reading runs in a process of its own (``reader``, ``child``), for a calendar comes from elsewhere, and one that repeats
every second for ever must cost neither the daemon's time nor its memory.

May import: ``domain`` and the standard library; only ``expansion`` imports icalendar and recurring-ical-events.
"""
