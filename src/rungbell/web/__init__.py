"""HTTP in: webhooks, acknowledgement links, the API, health and metrics.

Every handler turns a request into an event, hands it to the door and words the answer; no rule is decided here.
``routes`` is the one table of what can be asked, and where to begin reading.

The packages stand on each other; a lower one never imports a higher one, and those of one line do not know each other
(import-linter holds it):

* ``serving``: the server, that is the application, where it listens, TLS, how long requests take
* ``routes``: the table; below it ``openapi``, which describes what it says
* ``operating``: health, status, metrics and backup, for whoever runs rungbell
* ``communication``: who is told, in which words; ``intake``: webhooks, and what providers bring; ``learning``:
  postmortems and reviews; ``oncall``: schedules and their changes; ``people`` and their contacts
* ``acts``: what people do with an incident; ``links``: where the link of a page leads
* ``incidents``: how incidents are shown, that is listed, whole, timeline, outlook
* ``access``: who is let in, and as whom
* ``wire``: what requests say and answers are made of
* ``services``: what the handlers work with, put together by ``app``

In a package, ``answers`` and ``…_answers`` are models of what is sent, ``views`` makes them from the core's values, and
all others are handlers, named after what they are about.
"""
