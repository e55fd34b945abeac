"""The lint: what is no mistake, and still would hurt at three in the morning.

``check.lint`` looks at a file that is sound and notes findings, each of a kind in ``kinds``. A file may allow one on
purpose, by ``# rungbell: allow <id>`` on the line of the finding or just above it (see ``allowed``).

The families: ``order`` (rules and policies, with ``implication`` and ``language``), ``people`` (who stands on the tiers
over the next two weeks), ``steps`` (ladders and their clocks), ``news`` (telephones that no notice rings). What is told
without the lint, too, is noted where it is found; it has its kind here all the same. Templates are tried by
``texts.checking``.

May import: the rest of ``config``, ``domain``.
"""
