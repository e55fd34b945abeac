"""The shell around the core: it loads, lets the core decide, commits, and carries out what was committed.

``incident_handler`` is the door for every event, ``clock_watcher`` turns passing time into events, ``outbox_sender``
rings through one ``lane`` a channel, ``heartbeat`` listens for silence, ``link_tokens`` signs acknowledgement links,
``token_book`` knows whose a token of the API is, ``wording`` words a page.
"""
