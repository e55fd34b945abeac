"""What an exit code says; this is the only list.

Rules
-----
* 0: done.
* 1: the answer is no, or the command could not do it.
* 2: it was typed wrong; click says so by itself.
* 3: ``check --lint-fatal`` found warnings.
* 4: the daemon is not reached, cannot answer now, or does not let us in.
* 5: some of several failed.
* 70: a fault of rungbell's own (one line; ``RUNGBELL_TRACEBACK=1`` shows where).
* 130: interrupted.

May import: nothing.
"""

NEGATIVE, LINT, UNREACHED, PARTIAL, INTERNAL, INTERRUPTED = 1, 3, 4, 5, 70, 130
