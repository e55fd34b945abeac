"""The shell around the core: it loads, lets the core decide, commits, and carries out what was committed.

``incident_handler`` is the door for every event. Below it stand the ``lanes`` by which pages leave at once and what was
said before (``known_messages``, ``answered_before``); above it the ``books`` that count now, the ``wording`` of what
leaves, and the loops that are started once: ``watching``, ``sending``, ``hearing``, ``calendars``, ``alertmanager``.
"""
