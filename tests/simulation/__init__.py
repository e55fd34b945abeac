"""The micro simulation: rungbell's own parts in a small world of chance, judged by a second reading of the rules.

Where what is in it
-------------------
* What happens how often: ``chance``. Who does it: ``sources`` (messages), ``staff`` and ``playbook`` (people), ``fate``
  (the rest); ``acts`` draws, one table from names to functions.
* Configurations: ``shops``, of ``ladders``, ``duty``, ``maintenance`` and ``owed``; ``books`` makes rungbell's own of
  them.
* rungbell in it: ``replica`` on a ``machine`` and a ``loop``, over ``database`` (``grouped``: behind its own writer).
* In one world of ten the playbook is lived: policies have obligations, and people command, merge, tell others (whom,
  stands in ``circles``) and look back.
  ``without`` lives the same once more where policies only page: what rings must be the same.
* In one of ten with a single process there are ``storms``: more groups fire, and new incidents go on in ``umbrellas``.
* The second reading: ``reading`` and the modules it names. The ``judge`` holds the store against it after every commit,
  the ``ledger`` what is not about incidents, and ``invariants`` are what must hold whatever the reading says.

How something new comes in
--------------------------
* An act of people: its name and weight in ``chance.ACTS``; a row of ``staff.PERSONAL`` if it is about one incident,
  else a method and a row of the table in ``acts``. It may be raced by another replica: ``staff.RIVALS``.
* What the event must do: a row of the tables of ``reading`` and a function beside those in ``people``, ``leading``,
  ``living`` or ``looking_back``, from the words of the requirements and never from rungbell's code.
* A fact of incidents: ``record.Facts`` and ``facts_from``; the comparison after each commit then covers it. Whether the
  next cycle keeps it stands in ``messages.begin_cycle``.
* A clock: ``timetable.dues``, what it does in ``clockwork.clock_due``, and for the purpose of its pages
  ``invariants.ANSWERS``. Whatever an acknowledgement withdraws: ``ringing.ENDED_BY_ACKNOWLEDGEMENT``.
* A part that looks all the time: a name in ``chance.NEEDS`` and a loop in ``Replica._loops``, in some worlds only, for
  every look costs; what wakes it next belongs into ``World._interesting``, or time is skipped over it.
* A text to others: its kind in ``telling``, with what sends it or lays it out; what is on record of it in ``letters``.
* Rows of other tables: ``Ledger.written``.
* Something owed: ``owed.Owed``, when it is due in ``owing``, and how often it is said there too.
* What should be hit: ``hits.EXPECTED``, of which the table of decisions gives the events; what can never be hit stands
  in ``hits.WHY_UNREACHABLE``. And plant a bug in ``test_planted``: what finds nothing proves nothing.
"""
