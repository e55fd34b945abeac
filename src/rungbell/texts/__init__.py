"""The words of what is told to the team, to clients and to executives: templates that a folder may override.

``Texts(folder).write(kind, facts)`` gives the text of a kind from an incident's facts (``domain.communication.facts``).
Each kind has a built-in template, ``templates/<kind>.txt``; a file of the same name in the folder replaces it. It
begins with a line ``Subject: …``; an empty line follows, then the body.

Rules
-----
* A text is never lost: where a template fails, ``fallback`` writes the facts down without one, and the log says what is
  wrong, with file and line.
* Templates are a part of jinja (``language``) that is checked before anything of it runs: it names facts and nothing
  else, it cannot loop over anything but the lines of a fact, and so it always ends, soon and small.
* jinja2 is imported when the first text is written.

May import: ``domain``, ``config.mistakes``, structlog, jinja2 (lazily) and the standard library.
"""

from rungbell.texts.texts import Texts, Worded

__all__ = ["Texts", "Worded"]
